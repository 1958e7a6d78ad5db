import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { defaultSettings } from '../../src/run/settings/list.ts';
import { type OpenPage, openPage } from '../e2e/browser.ts';
import { projectFile, temporaryFolder } from '../e2e/command-line.ts';
import { named, number, waitForStatus, waitForStep } from '../e2e/look.ts';
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

/** Steps of a run that is caught in its middle. */
const LONGER = 30;

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const stepOf = (page: Page) => number(named(page, 'Step'));

async function ready(page: Page): Promise<void> {
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(dataset);
  await expect.poll(() => page.locator('body').textContent()).toContain('60 rows');
}

async function trainUntil(page: Page, step: number): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStep(page, step);
}

async function finished(page: Page): Promise<void> {
  await waitForStatus(page, 'Finished');
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
    await expect.poll(() => note.textContent()).toMatch(/saved at step (4|8)/);
    // The address never says what the file is called.
    expect(page.url()).not.toContain('mine');
    await waitForStatus(page, 'Ready');
    // The key and the button that begin a new run do not take the place of this one unasked.
    await page.keyboard.press('t');
    const question = page.getByRole('dialog', { name: /Start a new run and discard mine \(step [48]\)\?/ });
    await question.getByRole('button', { name: 'Keep it' }).click();
    await expect.poll(() => question.count()).toBe(0);
    expect(await named(page, 'Status').textContent()).toMatch(/^Ready/);
    await note.getByRole('button', { name: 'Resume run' }).click();
    await waitForStep(page, 5);
    await finished(page);
    expect(await page.getByRole('region', { name: 'Set-up' }).textContent()).toContain('mine.jsonl');
    // What it had shown before is there: answers of the base, and the curve from its first step.
    const pair = page.getByRole('region', { name: 'Base and tuned' });
    await expect.poll(() => pair.textContent()).toMatch(/^BaseTuned.{20,}/);
    await page.getByRole('tab', { name: 'Samples' }).click();
    expect(await page.getByRole('tabpanel').textContent()).toContain('before training');
    const curve = page.getByRole('img', { name: 'Loss curve of the run' }).locator('path').last();
    expect((await curve.getAttribute('d'))?.split('L')).toHaveLength(STEPS);
    // A finished run is not offered again, and a new one begins unasked.
    await page.reload();
    await waitForStatus(page, 'Ready');
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
  await expect.poll(() => second.locator('body').textContent()).toContain('Another tab is training too');
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
    .poll(() => page.locator('main').textContent())
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
    await expect.poll(() => page.locator('body').textContent()).toMatch(/went back to step (4|8)/);
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
    const settings = ${JSON.stringify(defaultSettings({ steps: LONGER }))};
    window.train = () => {
      window.losses = [];
      window.ended = bridge.train({ settings, prompts: [], sampleEvery: null, sampleTokens: 0, trace: false,
        maxEvalRows: null, evalData: false }, '/nowhere').then(() => losses);
    };
  })()`);
  const steps = () => tab.evaluate<number>('losses.length');
  await tab.evaluate('train()');
  const begin = Date.now();
  const undisturbed = await tab.evaluate<number[]>('ended');
  const stepTime = (Date.now() - begin) / LONGER;
  expect(undisturbed).toHaveLength(LONGER);

  await tab.evaluate('train()');
  injected(context);
  await tab.hide();
  expect(await tab.evaluate('document.visibilityState')).toBe('hidden');
  await expect.poll(steps).toBeGreaterThanOrEqual(4);
  injected(context);
  await tab.send('Page.setWebLifecycleState', { state: 'frozen' });
  // The step under way may still end; then nothing does for as long as many steps take.
  let frozen = await steps();
  await expect
    .poll(
      async () => {
        const before = frozen;
        frozen = await steps();
        return frozen - before;
      },
      { interval: 10 * stepTime },
    )
    .toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 20 * stepTime));
  expect(await steps()).toBe(frozen);
  expect(frozen).toBeLessThan(LONGER);
  await tab.show();
  await tab.send('Page.setWebLifecycleState', { state: 'active' });
  injected(context);
  await tab.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  expect(await tab.evaluate('ended')).toEqual(undisturbed);
});
