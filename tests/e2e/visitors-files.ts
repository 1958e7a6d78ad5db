/** Paths of a build that a visitor of the page needs. */
export const visitorsFiles = (files: ReadonlyMap<string, unknown>): string[] =>
  [...files.keys()].filter((path) => !/headless|build\.json|service-worker|_headers/.test(path));
