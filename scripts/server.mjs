import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { headersFor } from './security-headers.mjs';

/** Bytes of every file of a folder by URL path, e.g. `/assets/x.js`. */
export function readFolder(/** @type {string} */ folder) {
  const files = new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.set(`/${path.slice(folder.length + 1).replaceAll('\\', '/')}`, readFileSync(path));
  }
  return files;
}

/**
 * A static server over files in memory: a build that is replaced while it runs cannot mix old and new files.
 *
 * @param {object} options
 * @param {Map<string, Buffer>} options.files By URL path.
 * @param {number} [options.port] 0: any free one.
 * @param {string} [options.host]
 * @param {string} [options.prefix] Sub-path that the build is served under, e.g. `/lowrank`.
 * @param {Record<string, string | undefined>} [options.headers] Added to every response; undefined takes one away.
 * @param {string} [options.mirror] Origin of a mirror of the hub that the run worker may reach.
 * @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => boolean} [options.intercept]
 *   Asked first; true where it answers.
 * @returns {Promise<{ origin: string, url: string, close: () => Promise<void> }>}
 */
export async function serve({
  files,
  port = 0,
  host = '127.0.0.1',
  prefix = '',
  headers = {},
  mirror,
  intercept,
}) {
  const tags = new Map();
  const server = createServer((request, response) => {
    if (intercept?.(request, response)) return;
    let path = pathOf(request.url);
    if (path === null) {
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end('Bad request');
      return;
    }
    if (prefix && !path.startsWith(`${prefix}/`)) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found');
      return;
    }
    path = path.slice(prefix.length);
    if (path.endsWith('/')) path += 'index.html';
    const body = files.get(path);
    if (!body || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(body ? 405 : 404, {
        'Content-Type': 'text/plain',
        'X-Content-Type-Options': 'nosniff',
      });
      response.end(body ? 'Not allowed' : 'Not found');
      return;
    }
    if (!tags.has(path))
      tags.set(path, `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`);
    const all = Object.fromEntries(
      Object.entries({
        ...headersFor(path, mirror),
        ETag: tags.get(path),
        'Accept-Ranges': 'bytes',
        ...headers,
      }).filter(([, value]) => value !== undefined),
    );
    if (request.headers['if-none-match'] === tags.get(path)) {
      response.writeHead(304, all).end();
      return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const begin = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Math.min(Number(range[2]) + 1, body.length) : body.length;
    if (begin >= end && body.length > 0) {
      response.writeHead(416, { 'Content-Range': `bytes */${body.length}` }).end();
      return;
    }
    response.writeHead(range ? 206 : 200, {
      ...all,
      'Content-Length': end - begin,
      ...(range ? { 'Content-Range': `bytes ${begin}-${end - 1}/${body.length}` } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body.subarray(begin, end));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(undefined));
  });
  const address = server.address();
  const origin = `http://${host === '127.0.0.1' ? 'localhost' : host}:${typeof address === 'object' && address ? address.port : port}`;
  return {
    origin,
    url: `${origin}${prefix}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** The path that a request names, or null where it names none: any page may ask for anything. */
function pathOf(/** @type {string | undefined} */ asked) {
  try {
    return decodeURIComponent(new URL(asked ?? '/', 'http://localhost').pathname);
  } catch {
    return null;
  }
}

/** Files of the build, all of one build even where another command replaces it meanwhile. */
export function readBuild(/** @type {string} */ folder) {
  for (let attempt = 0; ; attempt++) {
    try {
      const before = readFileSync(join(folder, 'build.json'), 'utf8');
      const files = readFolder(folder);
      if (
        files.get('/build.json')?.toString() === before &&
        readFileSync(join(folder, 'build.json'), 'utf8') === before
      ) {
        return files;
      }
    } catch (error) {
      if (attempt > 20) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}
