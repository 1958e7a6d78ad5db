import { isPageCache } from './build-files.ts';
import type { Wish } from './events.ts';

/** The page's side of the service worker. */

/** Set in this tab while it is reloaded so that the service worker serves it; gone again once that worked. */
const TRIED = 'lowrank-policy-reload';

function container(): ServiceWorkerContainer | null {
  return import.meta.env.DEV ? null : (globalThis.navigator?.serviceWorker ?? null);
}

async function register(): Promise<ServiceWorkerRegistration | null> {
  try {
    await container()?.register(new URL('service-worker.js', document.baseURI));
    return (await container()?.ready) ?? null;
  } catch {
    // Forbidden here (private mode, a setting): the page works without.
    return null;
  }
}

/**
 * Whether a worker from this address is held to the page's policy. Asked before one is started: where the host sends
 * no policy with it, or none that isolates the page so that workers may share memory, the service worker must, and the
 * page is loaded once more through that.
 */
export async function policyInPlace(workerUrl: string): Promise<boolean> {
  if (import.meta.env.DEV) return true;
  const sent = await fetch(workerUrl, { method: 'HEAD' }).catch(() => null);
  const tried = remembered();
  const held = sent?.headers.has('Content-Security-Policy') ?? false;
  if (held && globalThis.crossOriginIsolated) {
    if (tried) sessionStorage.removeItem(TRIED);
    return true;
  }
  if (tried === null || tried || !(await register())) return held;
  sessionStorage.setItem(TRIED, 'yes');
  location.reload();
  return new Promise(() => {});
}

/** Null where this tab can remember nothing: then a reload could go on for ever. */
function remembered(): boolean | null {
  try {
    return sessionStorage.getItem(TRIED) !== null;
  } catch {
    return null;
  }
}

/** Keeps the page's own files in the browser, so that it opens without a network. */
export async function keepPageFiles(): Promise<void> {
  const registration = await register();
  registration?.active?.postMessage('keep' satisfies Wish);
}

/** Drops what `keepPageFiles` kept, and the service worker with the last page that it serves. */
export async function dropPageFiles(): Promise<void> {
  // Where service workers are forbidden there is none.
  const registration = await container()
    ?.getRegistration()
    .catch(() => null);
  if (!registration) return;
  for (const name of await caches.keys())
    if (isPageCache(name, registration.scope)) await caches.delete(name);
  await registration.unregister();
}
