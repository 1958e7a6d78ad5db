import { headersFor } from '../security-headers.mjs';

/**
 * The file `_headers`, which Netlify and Cloudflare Pages read from a deployed folder. One rule a file, since no
 * address may match two: those hosts would join two policies into one that allows what both allow.
 * @param {string[]} paths of files in the build, without a leading slash
 */
export function hostHeaders(paths) {
  const rule = (/** @type {string} */ address, /** @type {string} */ path) => {
    const lines = Object.entries(headersFor(`/${path}`))
      // The host knows the types itself.
      .filter(([name]) => name !== 'Content-Type')
      .map(([name, value]) => `  ${name}: ${value}`);
    return [address, ...lines, ''].join('\n');
  };
  return [rule('/', 'index.html'), ...paths.map((path) => rule(`/${path}`, path))].join('\n');
}
