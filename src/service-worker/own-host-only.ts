/**
 * First thing in the service worker. Its file comes from the host as it is, so where the host sends no policy nothing
 * holds it; and what it does not have, no code in it can use. It gives up every means to reach another host: `fetch`
 * is left for ours alone. A worker cannot get a fresh set of globals, as a page can from a blank frame.
 */

type Scope = typeof globalThis & Record<string, { prototype: Record<string, unknown> } | undefined>;
const scope = globalThis as unknown as Scope;

const theirFetch = scope.fetch.bind(scope);

/** @throws TypeError for another host, as a policy's refusal */
function ownFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  if (new URL(request.url).origin !== scope.location.origin)
    return Promise.reject(new TypeError(`The service worker reaches its own host alone, not ${request.url}`));
  return theirFetch(request);
}

/** A name may stand on the scope and on what it inherits from: each of them would do. */
function* holders(of: object | null | undefined, name: string): Generator<object> {
  for (let at = of; at; at = Object.getPrototypeOf(at) as object | null)
    if (Object.hasOwn(at, name)) yield at;
}

function replace(of: object | undefined, name: string, value: unknown): void {
  for (const holder of holders(of, name))
    Object.defineProperty(holder, name, { value, writable: false, configurable: false });
}

function giveUp(of: object | undefined, names: readonly string[]): void {
  for (const name of names) replace(of, name, undefined);
}

replace(scope, 'fetch', ownFetch);
giveUp(scope, [
  'EventSource',
  'FontFace',
  'importScripts',
  'WebSocket',
  'WebSocketStream',
  'WebTransport',
  'XMLHttpRequest',
]);
// These fetch, or open an address, by themselves.
giveUp(scope.Cache?.prototype, ['add', 'addAll']);
giveUp(scope.Clients?.prototype, ['openWindow']);
giveUp(scope.WindowClient?.prototype, ['navigate']);
giveUp(scope.BackgroundFetchManager?.prototype, ['fetch']);
