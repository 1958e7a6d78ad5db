/**
 * Response headers of a deployed page, in one place: `npm start`, the headless commands and the tests serve with
 * these, the build writes them into `_headers` and into the service worker, and docs/hosting.md explains them.
 *
 * A worker obeys the policy of its own file, not that of the page. So each file says for itself how far it may
 * reach: only the run worker, which fetches models, reaches the hub; the page and the service worker reach the
 * page's own host; the data worker, which reads the person's file and renders strangers' templates, reaches nothing, nor
 * do the workers that compute.
 * The page may open a model's page on the hub in another tab, where the person reads its licence: it fetches nothing.
 */

/** The hub and the hosts that it sends downloads to. */
const HUB_HOSTS = ['https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co'];

/** @typedef {'page' | 'hub' | 'nothing'} Reach */

/** @returns {Reach} */
function reachOf(/** @type {string} */ path) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^run-worker\b.*\.js$/.test(name)) return 'hub';
  return /^(data|thread)-worker\b.*\.js$/.test(name) ? 'nothing' : 'page';
}

/** Hosts beside our own. A mirror of the hub comes on top: it may send downloads on to the hub's own hosts. */
const hostsFor = (/** @type {Reach} */ reach, /** @type {string | undefined} */ mirror) =>
  reach === 'hub' ? [...new Set([...HUB_HOSTS, ...(mirror ? [mirror] : [])])] : [];

/**
 * Content-Security-Policy of a file of the build.
 *
 * @param {string} path
 * @param {object} [options]
 * @param {string} [options.mirror] Origin of a mirror of the hub, for one run of a command.
 * @param {boolean} [options.meta] As an HTML element can state it: without what counts in a header only.
 */
export function contentSecurityPolicy(path, { mirror, meta = false } = {}) {
  const reach = reachOf(path);
  const connect = reach === 'nothing' ? ["'none'"] : ["'self'", ...hostsFor(reach, mirror)];
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    // The widget library writes style elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    `connect-src ${connect.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    ...(meta ? [] : ["frame-ancestors 'none'"]),
  ].join('; ');
}

/**
 * What Chromium holds every connection to, navigation, WebRTC and name look-ups included, of which a
 * Content-Security-Policy knows nothing. The hub's downloads are redirects.
 */
function connectionAllowlist(/** @type {string} */ path, /** @type {string | undefined} */ mirror) {
  const reach = reachOf(path);
  const links = /(^|\/)index\.html$/.test(path) ? [HUB_HOSTS[0]] : [];
  const hosts = [...hostsFor(reach, mirror), ...links].map((host) => `"${host}"`);
  // The data worker's own imports come from our host.
  return `(${['response-origin', ...hosts].join(' ')})${reach === 'hub' ? ';redirects=allow' : ''}`;
}

const EVERYWHERE = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  'X-DNS-Prefetch-Control': 'off',
  // Another tab that opened this one, or was opened by it, gets no handle on it; other sites cannot embed its files.
  'Cross-Origin-Opener-Policy': 'same-origin',
  // With the line above the page is cross-origin isolated, so that workers may share memory and compute together.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * Headers that protect the person, of the file at this path.
 * @param {string} path
 * @param {string} [mirror]
 * @returns {Record<string, string>}
 */
export function securityHeaders(path, mirror) {
  return {
    'Content-Security-Policy': contentSecurityPolicy(path, { mirror }),
    'Connection-Allowlist': connectionAllowlist(path, mirror),
    ...EVERYWHERE,
  };
}

const TYPES = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  jinja: 'text/plain; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
  map: 'application/json; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
  woff2: 'font/woff2',
};

/**
 * All headers of the file at this path of the build. Names with a content hash never change, so they may be kept.
 * @param {string} path
 * @param {string} [mirror]
 * @returns {Record<string, string>}
 */
export function headersFor(path, mirror) {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  return {
    ...securityHeaders(path, mirror),
    'Content-Type': TYPES[/** @type {keyof typeof TYPES} */ (extension)] ?? 'application/octet-stream',
    'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}
