import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ROOT } from '../paths.mjs';
import { headersFor, securityHeaders } from '../security-headers.mjs';

/** Files that no visitor of the page needs: the commands' own page, and what is about the build. */
const LEFT_OUT = /^(headless\.html|build\.json|_headers|service-worker\.js|.*\.map|assets\/headless-.*)$/;

/** Paths of a build's files, with `/` between folders. */
export function filesOf(/** @type {string} */ folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .map((path) => path.replaceAll(sep, '/'))
    .sort();
}

/**
 * What the service worker must know of a build: its files, their hashes and headers.
 * @param {string} folder
 * @returns {import('../../src/service-worker/build-files.ts').BuildFiles}
 */
function buildFiles(folder) {
  /** @type {Record<string, string>[]} */
  const headers = [];
  const setOf = (/** @type {Record<string, string>} */ one) => {
    const text = JSON.stringify(one);
    const found = headers.findIndex((other) => JSON.stringify(other) === text);
    return found >= 0 ? found : headers.push(one) - 1;
  };
  const files = filesOf(folder)
    .filter((path) => !LEFT_OUT.test(path))
    .map((path) => ({
      path,
      integrity: `sha256-${createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('base64')}`,
      type: headersFor(`/${path}`)['Content-Type'],
      headers: setOf(securityHeaders(`/${path}`)),
    }));
  const version = createHash('sha256').update(JSON.stringify({ headers, files })).digest('hex').slice(0, 16);
  return { version, headers, files };
}

/**
 * Writes `service-worker.js` into a finished build.
 * @param {string} folder
 * @param {import('vite').Logger} logger
 */
export async function writeServiceWorker(folder, logger) {
  const vite = await import('vite');
  const result = await vite.build({
    root: ROOT,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    customLogger: logger,
    define: { BUILD: JSON.stringify(buildFiles(folder)) },
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: {
        input: 'src/service-worker/service-worker.ts',
        output: { format: 'iife', codeSplitting: false },
      },
    },
  });
  const [built] = Array.isArray(result) ? result : [result];
  if (!('output' in built)) throw new Error('the service worker was not built');
  writeFileSync(join(folder, 'service-worker.js'), built.output[0].code);
}
