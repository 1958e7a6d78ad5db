import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { ensureBuild } from '../build.mjs';
import { ensureChrome, HARDWARE_GPU, QUIET, SANDBOX, SOFTWARE_GPU } from '../chrome.mjs';
import { DIST } from '../paths.mjs';
import { readBuild, serve } from '../server.mjs';
import { Failure, STATUS } from './failure.mjs';

/** True where the machine may have a GPU: there, Chromium is asked for it first. */
export function mayHaveGpu() {
  if (process.platform !== 'linux') return true;
  const has = (/** @type {string} */ folder, /** @type {RegExp} */ pattern) => {
    try {
      return readdirSync(folder).some((name) => pattern.test(name));
    } catch {
      return false;
    }
  };
  return has('/dev/dri', /^renderD/) || has('/dev', /^nvidia\d/) || has('/dev', /^dxg$/);
}

/**
 * The built page's worker in a headless browser.
 *
 * @param {object} options
 * @param {'auto' | 'webgpu' | 'wasm'} options.device
 * @param {(event: import('../../src/worker/api.ts').RunEvent) => void} options.onEvent
 * @param {(line: string) => void} options.say
 */
export async function openHeadless({ device, onEvent, say }) {
  await ensureBuild(say);
  const executablePath = await ensureChrome(say);
  const { chromium } = await import('playwright');

  /** @type {Map<string, Buffer>} */
  const received = new Map();
  // Bytes that the page sends back, under a path that only this command knows.
  const secret = `/${randomUUID()}`;
  const server = await serve({
    files: readBuild(DIST),
    intercept(request, response) {
      if (request.method !== 'PUT' || !request.url?.startsWith(`${secret}/`)) return false;
      const name = decodeURIComponent(request.url.slice(secret.length + 1));
      /** @type {Buffer[]} */
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        received.set(name, Buffer.concat(parts));
        response.writeHead(204).end();
      });
      return true;
    },
  });

  const launch = async (/** @type {string[]} */ gpu) => {
    const extra = (process.env.LOWRANK_CHROME_FLAGS ?? '').split(' ').filter(Boolean);
    const browser = await chromium.launch({
      executablePath,
      // A signal is for us to act on: the run is ended in order, then the browser.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      args: [...SANDBOX, ...gpu, ...QUIET, ...extra],
    });
    const page = await browser.newPage({ serviceWorkers: 'block' });
    page.on('console', (message) => {
      if (process.env.LOWRANK_DEBUG) say(`[page] ${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => {
      if (process.env.LOWRANK_DEBUG) say(`[page] ${error.stack}`);
    });
    await page.exposeFunction('lowrankEvent', onEvent);
    await page.goto(`${server.url}headless.html`);
    const bridge = await page.evaluateHandle(() => window.lowrank);
    return { browser, page, bridge };
  };

  const wantsGpu = device !== 'wasm';
  let open = await launch(wantsGpu ? (mayHaveGpu() ? HARDWARE_GPU : SOFTWARE_GPU) : []);
  let adapter = wantsGpu ? await open.bridge.evaluate((lowrank) => lowrank.adapter()) : null;
  if (wantsGpu && !adapter && mayHaveGpu()) {
    await open.browser.close();
    open = await launch(SOFTWARE_GPU);
    adapter = await open.bridge.evaluate((lowrank) => lowrank.adapter());
  }
  const close = async () => {
    await open.browser.close().catch(() => {});
    await server.close();
  };
  if (device === 'webgpu' && !adapter) {
    await close();
    throw new Failure(
      STATUS.noAdapter,
      'This browser gives no WebGPU adapter: update the graphics driver, or run with --device wasm.',
    );
  }
  return {
    page: open.page,
    bridge: open.bridge,
    close,
    /** Path under which the page sends bytes, and what came. */
    inbox: { path: (/** @type {string} */ name) => `${secret}/${name}`, received },
    disconnected: new Promise((_, reject) => {
      open.browser.on('disconnected', () =>
        reject(new Failure(STATUS.other, 'The browser ended before the run did.')),
      );
    }),
  };
}

/** @typedef {Awaited<ReturnType<typeof openHeadless>>} Headless */
