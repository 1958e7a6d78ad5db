import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { MODELS_FOLDER } from '../../src/weights/download-cache.ts';
import { HISTORY_DATABASE } from '../../src/worker/storage/history-store.ts';
import { KERNEL_DATABASE } from '../../src/worker/storage/kernel-store.ts';
import { type OpenPage, openPage } from './browser.ts';
import { temporaryFolder } from './command-line.ts';
import { waitForStatus, waitForStep } from './look.ts';

/** What the page keeps in the browser, an end to it, and a page that keeps nothing. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const dataset = join(folder, 'mine.jsonl');
const row = (at: number) => JSON.stringify({ prompt: `Say ${at}.`, completion: `It is ${at}.` });
writeFileSync(dataset, `${Array.from({ length: 16 }, (_, at) => row(at)).join('\n')}\n`);

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const ready = (page: Page) => waitForStatus(page, 'Ready');

async function trainTo(page: Page, step: number): Promise<void> {
  await page.getByLabel('Dataset', { exact: true }).first().setInputFiles(dataset);
  await expect.poll(() => page.locator('main').textContent()).toContain('16 rows');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  // The step of a run before still stands there until then.
  await waitForStatus(page, 'Training');
  await waitForStep(page, step);
}

async function stopRun(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await waitForStatus(page, 'Finished');
}

/** Names of everything that this address holds in the browser. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const files: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name);
    return {
      files: files.sort(),
      databases: (await indexedDB.databases()).map(({ name }) => name).sort(),
      caches: (await caches.keys()).length,
      serviceWorkers: (await navigator.serviceWorker.getRegistrations()).length,
      words: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
    };
  });

const NOTHING = { files: [], databases: [], caches: 0, serviceWorkers: 0, words: [] };

test('what is kept can be erased, and then nothing is there; a page that keeps nothing leaves nothing', async () => {
  open = await openPage({ gpu: false, hash: '#steps=400&checkpoint-every=2' });
  const { page } = open;
  page.on('dialog', (dialog) => void dialog.accept());
  await ready(page);
  await trainTo(page, 2);
  await stopRun(page);
  await trainTo(page, 4);
  await page.reload();
  await ready(page);
  const note = page.getByRole('region', { name: 'Saved run' });
  await expect.poll(() => note.count()).toBe(1);
  // A model from the hub and kernels chosen on a GPU, which this test has no time to come by honestly.
  await page.evaluate(
    async ([models, database]) => {
      const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(models, {
        create: true,
      });
      const file = await directory.getFileHandle(encodeURIComponent('hub/some/model/abc/config.json'), {
        create: true,
      });
      const stream = await file.createWritable();
      await stream.write('0123456789');
      await stream.close();
      await new Promise((done) => {
        const request = indexedDB.open(database, 1);
        request.onupgradeneeded = () => request.result.createObjectStore('kernels');
        request.onsuccess = () => done(request.result.close());
      });
      localStorage.setItem('lowrank-theme', 'dark');
      localStorage.setItem('another-page', 'stays');
    },
    [MODELS_FOLDER, KERNEL_DATABASE],
  );
  await expect.poll(() => kept(page).then((all) => all.caches)).toBe(1);
  expect(await kept(page)).toMatchObject({
    files: ['models', 'run'],
    databases: [HISTORY_DATABASE, KERNEL_DATABASE],
    serviceWorkers: 1,
  });

  await page.getByRole('button', { name: 'Nothing leaves this tab' }).click();
  const panel = page.getByRole('dialog', { name: 'Nothing leaves this tab' });
  await expect
    .poll(() => panel.textContent())
    .toMatch(
      /unfinished run “mine” with its data \(\d.*1 past run with curve and adapter \(\d.*1 model from the hub \(10 B\), which kernels/,
    );
  expect(await panel.textContent()).toContain('The browser enforces it');
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  // The choice alone erases nothing unasked.
  const choice = panel.getByRole('checkbox', { name: /^Keep nothing on disk/ });
  await choice.check();
  expect(await panel.textContent()).toMatch(
    /Erase the unfinished run “mine” \(\d.*\), 1 past run \(\d.*\) and 1 model \(10 B\) too\?/,
  );
  await panel.getByRole('button', { name: 'Keep it' }).click();
  await expect.poll(() => panel.getByRole('status').textContent()).toMatch(/what was kept stays/);
  expect(await panel.textContent()).toContain('1 model from the hub (10 B)');
  expect(await kept(page)).toMatchObject({
    files: ['models', 'run'],
    databases: [HISTORY_DATABASE, KERNEL_DATABASE],
  });
  await choice.uncheck();
  await expect.poll(() => panel.getByRole('status').textContent()).toMatch(/kept again/);
  await expect.poll(() => kept(page).then((all) => all.caches)).toBe(1);

  await panel.getByRole('button', { name: 'Erase everything' }).click();
  await panel.getByRole('button', { name: 'Erase for good' }).click();
  await expect.poll(() => panel.getByRole('status').textContent()).toMatch(/^Erased/);
  expect(await panel.textContent()).toContain('Kept on this device: nothing.');
  expect(await kept(page)).toEqual({ ...NOTHING, words: ['another-page'] });
  expect(await note.count()).toBe(0);

  await choice.check();
  await expect.poll(() => panel.getByRole('status').textContent()).toMatch(/^Nothing is kept from now on/);
  await page.keyboard.press('Escape');
  await expect.poll(() => panel.count()).toBe(0);
  const onlyTheChoice = { ...NOTHING, words: ['another-page', 'lowrank-keep'] };
  await trainTo(page, 4);
  expect(await kept(page)).toEqual(onlyTheChoice);
  // A run that ended is listed as long as the tab is open, and written nowhere.
  await stopRun(page);
  await page.getByRole('tab', { name: 'Runs' }).click();
  await expect.poll(() => page.getByRole('tabpanel', { name: 'Runs' }).getByRole('listitem').count()).toBe(1);
  expect(await kept(page)).toEqual(onlyTheChoice);
  // A new visit keeps to it.
  await page.reload();
  await ready(page);
  await trainTo(page, 3);
  expect(await kept(page)).toEqual(onlyTheChoice);
  expect(open.complaints).toEqual([]);
  expect(open.foreign).toEqual([]);
});

test('L5: site data that were wiped under an open page cost the saved run alone: the next visit starts clean', async () => {
  open = await openPage({ gpu: false, hash: '#steps=400&checkpoint-every=2' });
  const { page } = open;
  page.on('dialog', (dialog) => void dialog.accept());
  await ready(page);
  await expect.poll(() => kept(page).then((all) => all.caches)).toBe(1);
  await trainTo(page, 4);
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('Storage.clearDataForOrigin', {
    origin: new URL(page.url()).origin,
    storageTypes: 'all',
  });
  // The run itself goes on, and says that it is not kept.
  await expect.poll(() => page.locator('main').textContent()).toContain('cannot be kept in this browser');
  await page.reload();
  await ready(page);
  expect((await kept(page)).files).not.toContain('run');
  expect(await page.getByRole('region', { name: 'Saved run' }).count()).toBe(0);
  await trainTo(page, 2);
});
