/** One file of the build: where it lies in the page's folder, what it must hash to, which set of headers it gets. */
export interface BuildFile {
  path: string;
  /** As in a subresource integrity: `sha256-…`. */
  integrity: string;
  type: string;
  headers: number;
}

/** Written by the build (scripts/build/service-worker.mjs). */
export interface BuildFiles {
  version: string;
  headers: Record<string, string>[];
  files: BuildFile[];
}

const PREFIX = 'lowrank-page';

/** The cache of one version. Pages of other folders on this host have theirs. */
export function cacheName(scope: string, version: string): string {
  return `${PREFIX} ${scope} ${version}`;
}

/** Whether it is a cache of this page, of any version. */
export function isPageCache(name: string, scope: string): boolean {
  return name.startsWith(`${PREFIX} ${scope} `);
}

/** The file that an address asks for, or null: that is another's business. */
export function fileAt(files: ReadonlyMap<string, BuildFile>, scope: string, url: string): BuildFile | null {
  const address = url.replace(/[?#].*$/, '');
  if (!address.startsWith(scope)) return null;
  return files.get(address.slice(scope.length) || 'index.html') ?? null;
}
