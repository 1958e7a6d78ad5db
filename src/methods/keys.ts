/** Under which the values of a site's parameter are kept. */
export function parameterKey(path: string, name: string): string {
  return `${path}.${name}`;
}
