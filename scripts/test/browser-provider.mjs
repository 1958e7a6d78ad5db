import { defineBrowserProvider } from '@vitest/browser';
import { openFirefox, openWebKit } from '../browsers/open.mjs';

const OPEN = { firefox: openFirefox, webkit: openWebKit };

/**
 * Vitest's browser mode in a stock Firefox or WebKit. The page that Vitest serves does the rest, so the browser need
 * only be opened at its address: no test of this project asks it for clicks or pictures.
 * @param {keyof typeof OPEN} browser
 * @param {{ webgpu?: boolean }} [options] `webgpu`: with WebGPU in software, which only Firefox has.
 */
export const stock = (browser, options = {}) =>
  defineBrowserProvider({
    name: 'stock',
    supportedBrowser: Object.keys(OPEN),
    providerFactory() {
      /** @type {{ close: () => Promise<void> }[]} */
      const opened = [];
      return {
        name: 'stock',
        supportsParallelism: false,
        getCommandsContext: () => ({}),
        async openPage(_session, url) {
          opened.push(await OPEN[browser](url, options));
        },
        async close() {
          await Promise.all(opened.splice(0).map((one) => one.close()));
        },
      };
    },
  });
