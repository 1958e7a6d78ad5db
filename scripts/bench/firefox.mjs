import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedFirefox } from '../browsers/find.mjs';
import { QUIET, softwareVulkan, WEBGPU } from '../browsers/firefox.mjs';

const POLL_MS = 500;
/** It looks so often whether work on the GPU is done. */
const WAIT_MS = 100;

/**
 * Runs the built benchmark in a stock Firefox without a window, by its own compiler of shaders, and on Mesa's software
 * Vulkan where the machine has no GPU.
 *
 * @param {string} url Of bench.html.
 * @param {import('../../src/bench/results.ts').BenchOptions} options
 * @param {{ hasGpu: boolean, say: (line: string) => void, signal: AbortSignal }} io
 * @returns {Promise<import('../../src/bench/results.ts').BenchResult | null>} null: it has no adapter.
 */
export async function runFirefox(url, options, { hasGpu, say, signal }) {
  const { default: puppeteer } = await import('puppeteer-core');
  const profile = mkdtempSync(join(tmpdir(), 'lowrank-firefox-'));
  /** @type {import('puppeteer-core').Browser | undefined} */
  let browser;
  try {
    browser = await puppeteer.launch({
      ...{ browser: 'firefox', executablePath: installedFirefox(), headless: true },
      userDataDir: profile,
      env: { ...process.env, ...(hasGpu ? {} : softwareVulkan()) },
      extraPrefsFirefox: { ...QUIET, ...WEBGPU },
    });
    const page = await browser.newPage();
    await page.goto(url);
    if (!(await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter())))) return null;
    await page.evaluate(
      (given) => {
        /** @type {{ lines: string[], result: unknown, error: string }} */
        const state = { lines: [], result: null, error: '' };
        Object.assign(window, { benchState: state });
        window.benchSay = async (line) => void state.lines.push(line);
        // It tells neither.
        window.benchHeapBytes = async () => null;
        window.benchMainThreadMs = async () => null;
        window.bench(given).then(
          (result) => Object.assign(state, { result }),
          (error) => Object.assign(state, { error: `${error?.message ?? error}` }),
        );
      },
      { ...options, waitMs: WAIT_MS },
    );
    for (;;) {
      signal.throwIfAborted();
      const { lines, result, error } = await page.evaluate(() => {
        const { benchState: state } = /** @type {any} */ (window);
        return { ...state, lines: state.lines.splice(0) };
      });
      lines.forEach(say);
      if (error) throw new Error(error);
      if (result) return result;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    await browser?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
