import './own-host-only.ts';
import { type BuildFile, type BuildFiles, cacheName, fileAt, isPageCache } from './build-files.ts';
import type { FetchEvent, ServiceWorkerScope, Wish } from './events.ts';

/**
 * Serves the page's own files, with the page's policy on each: on a host that sends no headers this is what holds
 * the workers to it. Files of one build only: each is checked by its hash, whether it comes from the network or is
 * put into the cache, and the cache is that version's. Everything else (the hub, other pages here) passes by.
 *
 * The first version keeps nothing until the page asks. A later one first fetches all its files where the one before
 * kept its own, then waits until that one's last page is closed or reloaded.
 */

declare const BUILD: BuildFiles;
const worker = globalThis as unknown as ServiceWorkerScope;

const { scope } = worker.registration;
const { version, headers: HEADERS, files } = BUILD;
const NAME = cacheName(scope, version);
const FILES: ReadonlyMap<string, BuildFile> = new Map(files.map((file) => [file.path, file]));

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(dropOldCaches()));
worker.addEventListener('message', (event) => {
  const wish = event.data as Wish;
  if (wish === 'keep') event.waitUntil(keepAll());
  if (wish === 'replace') event.waitUntil(worker.skipWaiting());
});
worker.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const file = method === 'GET' || method === 'HEAD' ? fileAt(FILES, scope, url) : null;
  if (file) event.respondWith(answer(event, file));
});

async function install(): Promise<void> {
  const earlier = (await caches.keys()).some((name) => isPageCache(name, scope));
  if (earlier) await keepAll();
}

async function dropOldCaches(): Promise<void> {
  for (const name of await caches.keys())
    if (isPageCache(name, scope) && name !== NAME) await caches.delete(name);
}

async function keepAll(): Promise<void> {
  const cache = await caches.open(NAME);
  const fetchInto = async (file: BuildFile) => {
    if (!(await cache.match(scope + file.path))) await cache.put(scope + file.path, await fetched(file));
  };
  await Promise.all(files.map(fetchInto));
}

async function answer(event: FetchEvent, file: BuildFile): Promise<Response> {
  const { request } = event;
  // The old version's last page is being reloaded: the waiting one takes over, and the page comes from there.
  if (request.mode === 'navigate' && worker.registration.waiting && (await alone())) {
    worker.registration.waiting.postMessage('replace' satisfies Wish);
    return new Response(NEXT, { headers: { ...headersOf(file), Refresh: '1' } });
  }
  const kept = await caches.match(scope + file.path, { cacheName: NAME });
  const { body } = kept ?? (await fetched(file));
  return new Response(request.method === 'HEAD' ? null : body, { headers: headersOf(file) });
}

/**
 * Shown for the second that one version takes to make way for the other. A browser changes them once the old one has
 * nothing to do: a page that asked it again at once was seen to wait for minutes in Chromium.
 */
const NEXT =
  '<!doctype html><meta name="color-scheme" content="light dark"><title>Lowrank</title><p>Opening the new version …';

async function alone(): Promise<boolean> {
  return (await worker.clients.matchAll({ type: 'window' })).length < 2;
}

/** From the network or the browser's own cache, and of this build for certain. */
async function fetched({ path, integrity }: BuildFile): Promise<Response> {
  const options: RequestInit = { integrity, credentials: 'same-origin' };
  try {
    return await fetch(scope + path, options);
  } catch {
    // The browser's own cache held another version.
    return await fetch(scope + path, { ...options, cache: 'reload' });
  }
}

function headersOf({ headers, type }: BuildFile): Record<string, string> {
  return { ...HEADERS[headers], 'Content-Type': type };
}
