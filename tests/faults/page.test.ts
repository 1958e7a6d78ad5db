import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { defaultSettings } from '../../src/run/settings.ts';
import { type OpenPage, openPage } from '../e2e/browser.ts';
import { projectFile, temporaryFolder } from '../e2e/command-line.ts';
import { injected } from './injected.ts';
import { openTab } from './tab.ts';

/** What happens to a run in the browser: its tab is reloaded or frozen, the card is lost, a second tab trains, no room. */

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
  test('G4: is offered on the next visit and goes on from its checkpoint, with the dropped file', async () => {
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
    await expect.poll(() => status(page).textContent(), { timeout: 60_000 }).toMatch(/^Ready/);
    // The key and the button that begin a new run do not take the place of this one unasked.
    await page.keyboard.press('t');
    const question = page.getByRole('dialog', { name: /Train anew and discard mine \(step [48]\)\?/ });
    await question.getByRole('button', { name: 'Keep it' }).click();
    await expect.poll(() => question.count()).toBe(0);
    expect(await status(page).textContent()).toMatch(/^Ready/);
    await note.getByRole('button', { name: 'Go on with it' }).click();
    await expect.poll(() => stepOf(page).catch(() => 0), { timeout: 60_000 }).toBeGreaterThan(4);
    await finished(page);
    expect(await page.getByRole('region', { name: 'Set-up' }).textContent()).toContain('mine.jsonl');
    // What it had shown before is there: answers of the base, and the curve from its first step.
    const pair = page.getByRole('region', { name: 'Base and tuned' });
    await expect.poll(() => pair.textContent()).toMatch(/^BaseTuned.{20,}/);
    await page.getByRole('tab', { name: 'Samples' }).click();
    expect(await page.getByRole('tabpanel').textContent()).toContain('before training');
    const curve = page.getByRole('img', { name: 'Curve of the run' }).locator('path').last();
    expect((await curve.getAttribute('d'))?.split('L')).toHaveLength(STEPS);
    // A finished run is not offered again, and a new one begins unasked.
    await page.reload();
    await expect.poll(() => status(page).textContent(), { timeout: 60_000 }).toMatch(/^Ready/);
    expect(await note.count()).toBe(0);
  });
});

test('L3, L4: a second tab trains alone, then there is no room for the run of the first: both end, and say so', async (context) => {
  open = await openPage({ gpu: false, hash: `#${SHORT}` });
  const { page } = open;
  await ready(page);
  await trainUntil(page, 1);
  const locks = () =>
    page.evaluate(async () => (await navigator.locks.query()).held?.map(({ name }) => name));
  expect(await locks()).toEqual(['lowrank-run']);
  injected(context, 1, 'L3');
  const second = await page.context().newPage();
  await second.goto(page.url());
  await ready(second);
  expect(await second.getByRole('region', { name: 'Saved run' }).count()).toBe(0);
  await trainUntil(second, 1);
  await expect
    .poll(() => second.locator('body').textContent())
    .toContain('Another tab of this page trains too');
  await finished(page);
  await finished(second);
  expect(await locks()).toEqual([]);
  await second.close();

  injected(context, 1, 'L4');
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('Storage.overrideQuotaForOrigin', {
    origin: new URL(page.url()).origin,
    quotaSize: 1000,
  });
  await page.getByRole('button', { name: 'New run' }).click();
  await trainUntil(page, 1);
  await expect
    .poll(() => page.locator('main').textContent(), { timeout: 30_000 })
    .toMatch(/cannot be kept in this browser.*download the adapter at the end/);
  await finished(page);
});

describe('a graphics card that is lost', () => {
  test('G3: costs the steps since the last checkpoint; the run goes on by itself and ends', async () => {
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

test('L1: a tab that is hidden goes on, one that is frozen stands still, and then it has the same losses', async (context) => {
  open = await openPage({ gpu: false, path: 'headless.html' });
  const tab = await openTab(open.browser, open.page.url());
  const text = readFileSync(dataset, 'utf8');
  await tab.evaluate(`(async () => {
    window.lowrankEvent = async (event) => { if (event.type === 'step') losses.push(event.loss); };
    const files = new DataTransfer();
    files.items.add(new File([${JSON.stringify(text)}], 'mine.jsonl'));
    document.querySelector('#data').files = files.files;
    const bridge = await window.lowrank;
    await bridge.hardware('wasm');
    await bridge.openModel({ kind: 'bundled' });
    await bridge.openData('train', { maxLength: 256, raw: false });
    const settings = ${JSON.stringify(defaultSettings({ steps: 10 }))};
    window.train = () => {
      window.losses = [];
      window.ended = bridge.train({ settings, prompts: [], sampleEvery: null, sampleTokens: 0, trace: false,
        maxEvalRows: null, evalData: false }, '/nowhere').then(() => losses);
    };
  })()`);
  const steps = () => tab.evaluate<number>('losses.length');
  await tab.evaluate('train()');
  const undisturbed = await tab.evaluate<number[]>('ended');
  expect(undisturbed).toHaveLength(10);

  await tab.evaluate('train()');
  injected(context);
  await tab.hide();
  expect(await tab.evaluate('document.visibilityState')).toBe('hidden');
  await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThanOrEqual(4);
  injected(context);
  await tab.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const frozen = await steps();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(await steps()).toBe(frozen);
  expect(frozen).toBeLessThan(10);
  await tab.show();
  await tab.send('Page.setWebLifecycleState', { state: 'active' });
  injected(context);
  await tab.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  expect(await tab.evaluate('ended')).toEqual(undisturbed);
});
