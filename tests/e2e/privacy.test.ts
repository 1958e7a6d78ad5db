import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureChrome, QUIET } from '../../scripts/chrome.mjs';
import { DIST } from '../../scripts/paths.mjs';
import { securityHeaders } from '../../scripts/security-headers.mjs';
import { readBuild, serve } from '../../scripts/server.mjs';
import { newContext } from './browser.ts';
import { DEPARTURES, openSink, type Sink, sendEverywhere } from './channels.ts';
import { temporaryFolder } from './command-line.ts';
import { waitForStatus } from './look.ts';

/** Fault P1: a canary in the data, and code in the page and in each worker that tries to send it out. */

const CANARY = 'canary-5f0c9d1e';
const folder = temporaryFolder();
const dataset = join(folder, 'secret.jsonl');
const row = { prompt: `What is ${CANARY}?`, completion: `A ${CANARY} is a bird.` };
writeFileSync(dataset, `${JSON.stringify(row)}\n`.repeat(8));

let browser: Browser;
let context: BrowserContext;
let sink: Sink;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: await ensureChrome(),
    args: ['--disable-features=WebGPU', ...QUIET.filter((flag) => flag !== '--no-pings')],
  });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  sink = await openSink();
  context = await newContext(browser);
});
afterEach(async () => {
  await context.close();
  await sink.close();
  for (const close of closing.splice(0)) await close();
});

const heard = () => [...sink.heard].sort().join(' ');
const errand = () => ({ to: sink.to, canary: CANARY });

async function depart(page: Page): Promise<void> {
  for (const depart of Object.values(DEPARTURES)) {
    await page.evaluate(depart, errand()).catch(() => undefined);
    await page.waitForTimeout(500);
  }
}

test('without a policy every channel gets through, so the listeners hear', async () => {
  const page = '<!doctype html><title>Open</title>';
  const code = 'void 0';
  const server = await serve({
    files: new Map([
      ['/index.html', Buffer.from(page)],
      ['/worker.js', Buffer.from(code)],
    ]),
    headers: without(),
  });
  closing.push(server.close);
  const tab = await context.newPage();
  await tab.goto(server.url);
  const [worker] = await Promise.all([
    tab.waitForEvent('worker'),
    tab.evaluate(() => void new Worker('worker.js')),
  ]);
  await worker.evaluate(sendEverywhere, errand());
  await expect.poll(heard).toBe('blob-worker cache eventsource fetch font inherited-fetch websocket xhr');
  sink.heard.length = 0;
  await depart(tab);
  await expect.poll(heard).toBe('form navigation popup');
  sink.heard.length = 0;
  await tab.goto(server.url);
  await tab.evaluate(sendEverywhere, errand());
  await expect
    .poll(heard)
    .toBe(
      'background beacon blob-worker cache eventsource fetch font frame frame-within image module object ping prefetch preload script style video webrtc websocket xhr',
    );
});

/** Takes our headers away, as a host that cannot send any. */
function without(): Record<string, undefined> {
  return Object.fromEntries(Object.keys(securityHeaders('/')).map((name) => [name, undefined]));
}

describe.each([
  { host: 'a host that sends headers', headers: {} },
  { host: 'a host that sends none', headers: without() },
])('on $host', ({ headers }) => {
  test('P1: the canary leaves neither page nor workers', async () => {
    /** What our own server is asked for. */
    const asked: string[] = [];
    const server = await serve({
      files: readBuild(DIST),
      headers,
      intercept({ method, url }) {
        asked.push(`${method} ${url}`);
        return false;
      },
    });
    closing.push(server.close);
    const page = await context.newPage();
    await page.goto(`${server.url}#steps=2`);
    await waitForStatus(page, 'Ready');
    // Isolated by the host or by the service worker, so that threads share their memory.
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const threads = Math.min(16, availableParallelism());
    if (threads > 1) expect(await page.locator('header').textContent()).toContain(`${threads} threads`);
    await page.getByLabel('Dataset', { exact: true }).first().setInputFiles(dataset);
    await expect.poll(() => page.locator('main').textContent()).toContain('8 rows');
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await waitForStatus(page, 'Finished');

    // Run worker and data worker; a thread waits in WebAssembly and runs no script, and its file may reach nothing.
    const workers = page.workers().filter((worker) => !worker.url().includes('thread-worker'));
    expect(workers.map((worker) => worker.url().replace(/.*\/([a-z]+-worker).*/, '$1')).sort()).toEqual([
      'data-worker',
      'run-worker',
    ]);
    const serviceWorkers = context.serviceWorkers();
    expect(serviceWorkers).toHaveLength(1);
    for (const scope of [...workers, ...serviceWorkers]) {
      await scope.evaluate(sendEverywhere, errand());
      expect(heard(), scope.url()).toBe('');
    }
    await page.evaluate(sendEverywhere, errand());
    expect(heard(), 'the page').toBe('');
    await depart(page);
    expect(heard(), 'leaving the page').toBe('');

    // Our own host was asked for files, and told nothing.
    const told = asked.filter((line) => !/^(GET|HEAD) \//.test(line) || line.includes(CANARY));
    expect(told).toEqual([]);
  });
});
