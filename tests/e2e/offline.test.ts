import { createHash } from 'node:crypto';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ensureChrome, QUIET } from '../../scripts/chrome.mjs';
import { DIST } from '../../scripts/paths.mjs';
import { readBuild, serve } from '../../scripts/server.mjs';
import { newContext } from './browser.ts';
import { waitForStatus } from './look.ts';
import { visitorsFiles } from './visitors-files.ts';

/** The page without a network, and a new version in the place of an old one. Without WebGPU: wasm starts faster. */

let browser: Browser;
let context: BrowserContext;
let close: () => Promise<void>;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: await ensureChrome(),
    args: ['--disable-features=WebGPU', ...QUIET],
  });
});
afterAll(() => browser.close());
afterEach(async () => {
  await context.close();
  await close();
});

const ready = (page: Page) => waitForStatus(page, 'Ready');

/** How many files the page has kept of each version. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const counts: number[] = [];
    for (const name of await caches.keys()) counts.push((await (await caches.open(name)).keys()).length);
    return counts;
  });

describe('N3: a second visit without a network', () => {
  test('opens the page, and the bundled model trains', async () => {
    const files = readBuild(DIST) as Map<string, Buffer>;
    const server = await serve({ files, prefix: '/some/place' });
    close = server.close;
    context = await newContext(browser);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await page.goto(`${server.url}#steps=3`);
    await ready(page);
    await expect.poll(() => kept(page)).toEqual([visitorsFiles(files).length]);

    // It can be installed; that a window of its own kind forbids it is no fault of the page.
    const protocol = await context.newCDPSession(page);
    const { installabilityErrors } = await protocol.send('Page.getInstallabilityErrors');
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
    expect((await protocol.send('Page.getAppManifest')).errors).toEqual([]);

    await server.close();
    close = async () => {};
    await context.setOffline(true);
    await page.reload();
    await ready(page);
    const guide = await context.newPage();
    await guide.goto(`${server.url}guide/guide.html`);
    await guide.getByRole('heading', { level: 1 }).waitFor();
    await guide.close();
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await waitForStatus(page, 'Finished');
    expect(await page.getByLabel('Step', { exact: true }).first().textContent()).toBe('3/3');
    expect(complaints).toEqual([]);
  });
});

/** The same build with other words in its first page, and the service worker that belongs to it. */
function nextVersion(files: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');
  const page = files.get('/index.html')!;
  const next = Buffer.from(page.toString().replace('<title>Lowrank', '<title>Next'));
  const worker = files.get('/service-worker.js')!.toString();
  const [, version] = /version:[`"']([0-9a-f]{16})[`"']/.exec(worker)!;
  const nextWorker = worker.replace(hashOf(page), hashOf(next)).replaceAll(version, '0123456789abcdef');
  return new Map(files).set('/index.html', next).set('/service-worker.js', Buffer.from(nextWorker));
}

describe('a new version', () => {
  test('comes whole or not at all, and takes the old one’s place at a reload', async () => {
    const old = readBuild(DIST) as Map<string, Buffer>;
    const next = nextVersion(old);
    const first = await serve({ files: old });
    const port = Number(new URL(first.origin).port);
    context = await newContext(browser);
    const page = await context.newPage();
    await page.goto(first.url);
    await ready(page);
    const whole = visitorsFiles(old).length;
    await expect.poll(() => kept(page)).toEqual([whole]);
    /** Asks for a new version. @returns whether one waits to take over, once nothing is being installed any more */
    const update = () =>
      page.evaluate(async () => {
        const registration = (await navigator.serviceWorker.getRegistration())!;
        await registration.update();
        const coming = registration.installing;
        if (coming?.state === 'installing')
          await new Promise((done) => coming.addEventListener('statechange', done));
        return registration.waiting !== null;
      });

    // Half of it is on the host: its service worker, but not yet its first page.
    await first.close();
    const asked: string[] = [];
    const half = await serve({
      files: new Map(next).set('/index.html', old.get('/index.html')!),
      port,
      intercept({ url = '' }) {
        asked.push(url);
        return false;
      },
    });
    await page.reload();
    // Until it has looked for the new first page, and has not found it.
    await expect
      .poll(async () => [await update(), asked.includes('/service-worker.js'), asked.includes('/index.html')])
      .toEqual([false, true, true]);
    expect(await page.title()).toBe('Lowrank');
    await half.close();

    const second = await serve({ files: next, port });
    close = second.close;
    // The browser looks for new versions by itself as well: one that it began before may still fail.
    await expect.poll(update).toBe(true);
    // Everything that the open page asks for still comes from the old version.
    expect(await page.evaluate(async () => (await fetch('./')).text())).toContain('<title>Lowrank');
    expect(await kept(page)).toEqual([whole, whole]);
    await page.reload();
    await expect.poll(() => page.title()).toBe('Next');
    await ready(page);
    await expect.poll(() => kept(page)).toEqual([whole]);
  });
});
