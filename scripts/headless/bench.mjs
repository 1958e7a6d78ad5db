import { join } from 'node:path';
import { benchBuild } from '../bench/build.mjs';
import { runDawn } from '../bench/dawn.mjs';
import { runFirefox } from '../bench/firefox.mjs';
import { benchTable } from '../bench/table.mjs';
import { ensureChrome, HARDWARE_GPU, QUIET, SOFTWARE_GPU, sandboxed } from '../chrome.mjs';
import { readFolder, serve } from '../server.mjs';
import { mayHaveGpu } from './browser.mjs';
import { Failure, STATUS } from './failure.mjs';
import { oneOf } from './inputs.mjs';
import { heapBytes, mainThreadClock } from './watch-page.mjs';

/**
 * `bench` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function bench(values, { say, signal }) {
  const runtime = oneOf(
    'runtime',
    values.runtime ?? 'chrome',
    /** @type {const} */ (['chrome', 'firefox', 'dawn']),
  );
  const only = oneOf(
    'only',
    values.only ?? 'all',
    /** @type {const} */ (['all', 'kernels', 'steps', 'peers', 'tiles', 'processor', 'methods']),
  );
  if (only === 'processor') {
    const { benchProcessor, processorTable } = await import('../bench/processor.mjs');
    const result = await benchProcessor({ quick: values.quick ?? false }, say, signal);
    return { json: result, text: processorTable(result) };
  }
  if (only === 'methods') {
    const { benchMethods, methodsTable } = await import('../bench/methods.mjs');
    const result = await benchMethods({ quick: values.quick ?? false }, say, signal);
    return { json: result, text: methodsTable(result) };
  }
  // Sizes that take no time, for tests of the command.
  const tiny = process.env.LOWRANK_BENCH_TINY === '1';
  // The GPU's matrix units, an experiment of some browsers, which Chromium also wants `--enable-unsafe-webgpu` for.
  const matrices = process.env.LOWRANK_MATRICES === '1';
  const options = { only, quick: (values.quick ?? false) || tiny, tiny, matrices };
  const runs = { chrome: inChrome, firefox: inFirefox, dawn: inDawn };
  const result = await runs[runtime](options, say, signal);
  return { json: result, text: benchTable(result) };
}

/** @typedef {import('../../src/bench/results.ts').BenchOptions} BenchOptions */

/**
 * @param {BenchOptions} options
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 */
async function inDawn(options, say, signal) {
  const bundle = join(await benchBuild('node', say), 'bench.mjs');
  signal.throwIfAborted();
  const run = await runDawn(bundle, options, { hasGpu: mayHaveGpu(), say, signal });
  if (run.status !== 0) throw new Failure(run.status, run.lastLine);
  return JSON.parse(run.output);
}

/**
 * @param {BenchOptions} options
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 */
async function inFirefox(options, say, signal) {
  const folder = await benchBuild('page', say);
  signal.throwIfAborted();
  const server = await serve({ files: readFolder(folder) });
  try {
    const result = await runFirefox(`${server.url}bench.html`, options, {
      hasGpu: mayHaveGpu(),
      say,
      signal,
    });
    if (result) return result;
    throw new Failure(STATUS.noAdapter, 'Firefox offers no WebGPU adapter here: update the graphics driver.');
  } finally {
    await server.close();
  }
}

/**
 * @param {BenchOptions} options
 * @param {(line: string) => void} say
 * @param {AbortSignal} signal
 */
async function inChrome(options, say, signal) {
  const folder = await benchBuild('page', say);
  signal.throwIfAborted();
  const executablePath = await ensureChrome(say);
  const { chromium } = await import('playwright');
  const server = await serve({ files: readFolder(folder) });
  /** @type {import('playwright').Browser | undefined} */
  let browser;
  try {
    for (const gpu of mayHaveGpu() ? [HARDWARE_GPU, SOFTWARE_GPU] : [SOFTWARE_GPU]) {
      const extra = (process.env.LOWRANK_CHROME_FLAGS ?? '').split(' ').filter(Boolean);
      browser = await sandboxed(
        (chromiumSandbox) =>
          chromium.launch({ executablePath, chromiumSandbox, args: [...gpu, ...QUIET, ...extra] }),
        say,
      );
      signal.throwIfAborted();
      signal.addEventListener('abort', () => browser?.close(), { once: true });
      const page = await browser.newPage();
      page.on('console', (message) => {
        if (process.env.LOWRANK_DEBUG) say(`[page] ${message.type()}: ${message.text()}`);
      });
      await page.exposeFunction('benchSay', say);
      const watched = browser;
      await page.exposeFunction('benchHeapBytes', () => heapBytes(watched, { collect: true }));
      await page.exposeFunction('benchMainThreadMs', await mainThreadClock(page));
      await page.goto(`${server.url}bench.html`);
      const found = await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()));
      if (!found) {
        await browser.close();
        continue;
      }
      return await page.evaluate((given) => window.bench(given), options);
    }
    throw new Failure(
      STATUS.noAdapter,
      'This browser offers no WebGPU adapter: update the graphics driver, or run with --runtime dawn.',
    );
  } finally {
    await browser?.close();
    await server.close();
  }
}
