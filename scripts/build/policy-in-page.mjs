import { contentSecurityPolicy } from '../security-headers.mjs';

/**
 * Puts the page's policy into the page itself as well: on a host that sends no headers it holds from the first byte,
 * before the service worker is there. Only in builds: the development server's own scripts are inline.
 */
export function policyInPage() {
  return {
    name: 'lowrank:policy',
    apply: 'build',
    transformIndexHtml(/** @type {string} */ _html, /** @type {{ path: string }} */ { path }) {
      const attrs = {
        'http-equiv': 'Content-Security-Policy',
        content: contentSecurityPolicy(path, { meta: true }),
      };
      return [{ tag: 'meta', attrs, injectTo: 'head-prepend' }];
    },
  };
}
