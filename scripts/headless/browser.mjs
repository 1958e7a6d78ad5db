import { randomUUID } from 'node:crypto';
import { createWriteStream, readdirSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ensureBuild } from '../build.mjs';
import { ensureChrome, HARDWARE_GPU, QUIET, SOFTWARE_GPU, sandboxed } from '../chrome.mjs';
import { DIST } from '../paths.mjs';
import { readBuild, serve } from '../server.mjs';
import { Failure, STATUS } from './failure.mjs';
import { KEPT_ORIGIN, takeProfile } from './profile.mjs';

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
 * @param {(event: import('../../src/worker/api/api.ts').RunEvent) => void} options.onEvent
 * @param {(name: string, bytes: Buffer) => boolean} [options.onBytes] Takes what the page sends, or answers false.
 * @param {(line: string) => void} options.say
 * @param {string | null} [options.keep] Origin of the hub that a model comes from: the page may reach it, and its
 *   profile outlives the command.
 */
export async function openHeadless({ device, onEvent, onBytes, say, keep = null }) {
  await ensureBuild(say);
  const executablePath = await ensureChrome(say);
  const { chromium } = await import('playwright');

  /** @type {Map<string, Buffer>} */
  const received = new Map();
  /** The first thing that could not be written down here. @type {NodeJS.ErrnoException | null} */
  let failed = null;
  /** Where large ones go: name → path of a temporary file. @type {Map<string, string>} */
  const files = new Map();
  // Bytes that the page sends back, under a path that only this command knows.
  const secret = `/${randomUUID()}`;
  const build = readBuild(DIST);
  const server = await serve({
    files: build,
    mirror: keep ?? undefined,
    // A kept profile must not remember the policy of another run, with another mirror in it.
    headers: { 'Cache-Control': 'no-store' },
    intercept(request, response) {
      if (request.method !== 'PUT' || !request.url?.startsWith(`${secret}/`)) return false;
      const name = decodeURIComponent(request.url.slice(secret.length + 1));
      const place = files.get(name);
      const taken = place
        ? saveStream(request, place)
        : collect(request, (bytes) => {
            if (!onBytes?.(name, bytes)) received.set(name, bytes);
          });
      taken.then(
        () => response.writeHead(204).end(),
        (error) => {
          failed ??= error;
          response.writeHead(507).end(String(error));
        },
      );
      return true;
    },
  });

  const profile = keep ? takeProfile() : null;
  const launch = async (/** @type {string[]} */ gpu) => {
    const extra = (process.env.LOWRANK_CHROME_FLAGS ?? '').split(' ').filter(Boolean);
    const { browser, page } = await sandboxed((chromiumSandbox) => {
      const settings = {
        executablePath,
        chromiumSandbox,
        // A signal is for us to act on: the run is ended in order, then the browser.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        args: [...gpu, ...QUIET, ...extra],
      };
      return profile
        ? openKept(chromium, profile.folder, settings, server.origin)
        : openFresh(chromium, settings);
    }, say);
    page.on('console', (message) => {
      if (process.env.LOWRANK_DEBUG) say(`[page] ${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => {
      if (process.env.LOWRANK_DEBUG) say(`[page] ${error.stack}`);
    });
    await page.exposeFunction('lowrankEvent', onEvent);
    await page.goto(`${profile ? KEPT_ORIGIN : server.origin}/headless.html`);
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
    profile?.release();
    await server.close();
  };
  if (device === 'webgpu' && !adapter) {
    await close();
    throw new Failure(
      STATUS.noAdapter,
      'This browser offers no WebGPU adapter: update the graphics driver, or run with --device wasm.',
    );
  }
  return {
    page: open.page,
    bridge: open.bridge,
    close,
    /** Path under which the page sends bytes, and what came; `files` names those that go to the disk at once. */
    inbox: {
      path: (/** @type {string} */ name) => `${secret}/${name}`,
      received,
      files,
      /** What the page sent and could not be written down. */
      failed: () => failed,
    },
    disconnected: new Promise((_, reject) => {
      open.browser.onEnd(() => reject(new Failure(STATUS.other, 'The browser ended before the run.')));
      open.page.on('crash', () =>
        reject(
          new Failure(
            STATUS.other,
            'The browser’s page crashed, most likely because it ran out of memory. What was written before is safe; a run with checkpoints continues with --resume. Use a smaller batch, shorter rows, or fewer bits for the base model.',
          ),
        ),
      );
    }),
  };
}

/** @typedef {import('playwright').BrowserType} BrowserType */
/** @typedef {{ close: () => Promise<void>, onEnd: (listener: () => void) => void }} OpenBrowser */

/**
 * @param {BrowserType} chromium
 * @param {import('playwright').LaunchOptions} settings
 * @returns {Promise<{ browser: OpenBrowser, page: import('playwright').Page }>}
 */
async function openFresh(chromium, settings) {
  const browser = await chromium.launch(settings);
  const page = await browser.newPage({ serviceWorkers: 'block' });
  const onEnd = (/** @type {() => void} */ listener) => void browser.on('disconnected', listener);
  return { browser: { close: () => browser.close(), onEnd }, page };
}

/**
 * The same in a kept profile. Its origin is a name of its own that leads to our server, whatever port that has.
 * @param {BrowserType} chromium
 * @param {string} folder
 * @param {import('playwright').LaunchOptions} settings
 * @param {string} origin
 * @returns {ReturnType<typeof openFresh>}
 */
async function openKept(chromium, folder, settings, origin) {
  const { hostname } = new URL(KEPT_ORIGIN);
  const { port } = new URL(origin);
  const context = await chromium.launchPersistentContext(folder, {
    ...settings,
    args: [...(settings.args ?? []), `--host-resolver-rules=MAP ${hostname}:80 127.0.0.1:${port}`],
    serviceWorkers: 'block',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const onEnd = (/** @type {() => void} */ listener) => void context.on('close', listener);
  return { browser: { close: () => context.close(), onEnd }, page };
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {(bytes: Buffer) => void} done
 */
async function collect(request, done) {
  /** @type {Buffer[]} */
  const parts = [];
  for await (const part of request) parts.push(part);
  done(Buffer.concat(parts));
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {string} path
 */
function saveStream(request, path) {
  return pipeline(request, createWriteStream(path));
}

/** @typedef {Awaited<ReturnType<typeof openHeadless>>} Headless */
