import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type OpenPage, openPage } from '../e2e/browser.ts';
import { projectFile, temporaryFolder } from '../e2e/command-line.ts';

/** What happens to a run on the page: its tab is closed, the graphics card is lost, a second tab trains too. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dataset = join(folder, 'mine.jsonl');
const lines = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').trimEnd().split('\n');
writeFileSync(dataset, `${lines.slice(0, 60).join('\n')}\n`);
const STEPS = 14;
/** Short runs with checkpoints close to one another. */
const SHORT = `steps=${STEPS}&checkpoint-every=4`;

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const status = (page: Page) => page.getByLabel('Status', { exact: true }).first();
const stepOf = async (page: Page) =>
  Number.parseInt((await page.getByLabel('Step', { exact: true }).first().textContent()) ?? '0', 10);

async function ready(page: Page): Promise<void> {
  await expect.poll(() => status(page).textContent(), { timeout: 60_000 }).toMatch(/^Ready/);
  await page.getByLabel('Dataset', { exact: true }).first().setInputFiles(dataset);
  await expect.poll(() => page.locator('body').textContent(), { timeout: 60_000 }).toContain('60 rows');
}

async function trainUntil(page: Page, step: number): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect.poll(() => stepOf(page).catch(() => 0), { timeout: 180_000 }).toBeGreaterThanOrEqual(step);
}

async function finished(page: Page): Promise<void> {
  await expect.poll(() => status(page).textContent(), { timeout: 200_000 }).toMatch(/^(Finished|Failed)/);
  expect(await status(page).textContent()).toMatch(/^Finished/);
  expect(await stepOf(page)).toBe(STEPS);
}

describe('a run whose tab is closed', () => {
  test('is offered on the next visit and goes on from its checkpoint, with the dropped file', async () => {
    open = await openPage({ gpu: false, hash: `#${SHORT}` });
    const { page } = open;
    page.on('dialog', (dialog) => void dialog.accept());
    await ready(page);
    await trainUntil(page, 6);
    await page.reload();
    const note = page.getByRole('region', { name: 'Saved run' });
    await expect.poll(() => note.textContent(), { timeout: 60_000 }).toMatch(/saved at step (4|8)/);
    // The address never says what the file is called.
    expect(page.url()).not.toContain('mine');
    await note.getByRole('button', { name: 'Go on with it' }).click();
    await expect.poll(() => stepOf(page).catch(() => 0), { timeout: 60_000 }).toBeGreaterThan(4);
    await finished(page);
    // A finished run is not offered again.
    await page.reload();
    await expect.poll(() => status(page).textContent(), { timeout: 60_000 }).toMatch(/^Ready/);
    expect(await note.count()).toBe(0);
  });
});

describe('a second tab', () => {
  test('trains alone, says so, and is not offered the run of the first', async () => {
    open = await openPage({ gpu: false, hash: `#${SHORT}` });
    const { page } = open;
    await ready(page);
    await trainUntil(page, 1);
    const second = await page.context().newPage();
    await second.goto(page.url());
    await ready(second);
    expect(await second.getByRole('region', { name: 'Saved run' }).count()).toBe(0);
    await trainUntil(second, 1);
    await expect
      .poll(() => second.locator('body').textContent())
      .toContain('Another tab of this page trains too');
    await finished(page);
  });
});

describe('a graphics card that is lost', () => {
  test('costs the steps since the last checkpoint; the run goes on by itself and ends', async () => {
    open = await openPage({ gpu: true, hash: `#device=webgpu&${SHORT}` });
    const { page } = open;
    await ready(page);
    await trainUntil(page, 6);
    const protocol = await open.browser.newBrowserCDPSession();
    await protocol.send('Browser.crashGpuProcess').catch(() => undefined);
    await expect
      .poll(() => page.locator('body').textContent(), { timeout: 60_000 })
      .toMatch(/went back to step (4|8)/);
    await finished(page);
  });
});
