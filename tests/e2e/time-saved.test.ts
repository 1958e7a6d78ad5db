import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { atEveryWidth, checkLook, named, type Theme, waitForStatus } from './look.ts';

/** What saves a practitioner time: labels counted before training, rows that open in their place, legends that stay. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PICTURES = projectFile('test-results/pictures');

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const TABS = ['Samples', 'Compare', 'Data', 'Weights', 'Lab', 'Export', 'Runs', 'Report'];

/** 61 + 40 + 3 rows with a label each. */
const TICKETS = [
  ...Array.from({ length: 61 }, (_, i) => [`Why was I charged ${i} dollars twice`, 'billing']),
  ...Array.from({ length: 40 }, (_, i) => [`Where is my parcel number ${i}`, 'shipping']),
  ...Array.from({ length: 3 }, (_, i) => [`The screen shows ${i} lines`, 'fault']),
];

test('labels are counted before training, a row opens below itself, the legend stays, sizes say of what', async () => {
  open = await openPage({ gpu: false, hash: '#steps=8&eval-fraction=0.2' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  const file = join(folder, 'tickets.jsonl');
  writeFileSync(
    file,
    TICKETS.map(([prompt, completion]) => `${JSON.stringify({ prompt, completion })}\n`).join(''),
  );
  await named(page, 'Dataset').setInputFiles(file);
  const names = page.getByRole('list', { name: 'Rows of each label' });
  await expect.poll(() => names.textContent()).toMatch(/billing\s*61.*shipping\s*40.*fault\s*3/);
  await expect
    .poll(() => page.locator('main').textContent())
    .toContain('“fault” has 3 rows: too few to be learned well, or to be judged on held-out rows.');
  await atEveryWidth(
    page,
    'labels before training',
    async (width) => {
      if (width < 760) await page.getByRole('button', { name: 'Set-up', exact: true }).click();
      else if (width < 1200) {
        await page.getByRole('button', { name: 'Set-up', exact: true }).click();
        await page.getByRole('dialog').waitFor();
      } else await page.keyboard.press('Escape');
    },
    BOTH,
  );
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  const result = page.getByRole('region', { name: 'Run', exact: true });
  await expect.poll(() => result.textContent()).toMatch(/On general text\d\.\d+ → \d/);

  // The legend stays where the pointer names the values.
  await page.getByRole('button', { name: 'Show all charts' }).click();
  const chart = result.getByRole('img', { name: /^Loss curve, / });
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  if (!box) throw new Error('no chart');
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5);
  await expect
    .poll(() => result.textContent())
    .toMatch(/step \d · smoothed [\d.]+ · this step [\d.]+ · held-out/);
  expect(await result.getByText('training, smoothed').isVisible()).toBe(true);
  await page.screenshot({ path: join(PICTURES, 'pointing-at-the-curve.png') });
  await page.mouse.move(0, 0);
  await page.getByRole('button', { name: 'Fold the charts' }).click();

  // The adapter's size is not the file's; the tabs stand where they stood.
  expect(await page.getByRole('tablist', { name: 'Answers' }).getByRole('tab').allTextContents()).toEqual(
    TABS,
  );
  const download = page.getByRole('button', { name: 'Download adapter' }).first();
  expect(await download.getAttribute('data-about')).toMatch(/^(PEFT, )?\d+ kB \+ base 11 MB$/);
  await checkLook(page, 'sizes of what', BOTH);
  await page
    .getByRole('checkbox', { name: /^Include the base model/ })
    .first()
    .uncheck();
  expect(await download.getAttribute('data-about')).toMatch(/^(PEFT, )?\d+ kB$/);

  // What a row opens to stands right below it, whichever it is, and by keyboard.
  const table = page.getByRole('table', { name: /^Held-out rows/ });
  await table.scrollIntoViewIfNeeded();
  for (const place of [0, 5]) {
    const row = table.locator('tbody tr[aria-rowindex]').nth(place);
    const button = row.getByRole('button');
    await button.focus();
    await page.keyboard.press('Enter');
    const detail = page.getByRole('region', { name: /^Line \d+$/ });
    await expect.poll(() => detail.textContent()).toMatch(/Wanted.*Tuned/s);
    expect(await detail.count()).toBe(1);
    const [above, below] = [await row.boundingBox(), await detail.boundingBox()];
    expect(Math.abs((above?.y ?? 0) + (above?.height ?? 0) - (below?.y ?? 0))).toBeLessThan(4);
    // The next row begins where it ends.
    const next = await table
      .locator('tbody tr[aria-rowindex]')
      .nth(place + 1)
      .boundingBox();
    expect(Math.abs((below?.y ?? 0) + (below?.height ?? 0) - (next?.y ?? 0))).toBeLessThan(4);
  }
  await atEveryWidth(
    page,
    'a held-out row opened',
    async (width) => {
      if (width < 760) await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('region', { name: /^Line \d+$/ }).scrollIntoViewIfNeeded();
    },
    BOTH,
  );
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('rows are listed by what becomes of them, and searched', async () => {
  open = await openPage({ gpu: false, hash: '#eval-fraction=0.1&max-length=64' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  const file = join(folder, 'mixed.jsonl');
  const long = { prompt: 'Tell me of boats', completion: 'A boat, and another boat. '.repeat(20) };
  const rows = [...TICKETS.map(([prompt, completion]) => ({ prompt, completion })), long];
  writeFileSync(file, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n{"prompt": \n`);
  await named(page, 'Dataset').setInputFiles(file);
  await expect.poll(() => page.locator('main').textContent()).toContain('105 rows');
  await page.getByRole('tab', { name: 'Data' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Data' });
  const items = page.getByRole('region', { name: 'Rows' }).getByRole('listitem');
  const choose = async (label: string) => {
    const chip = page.getByRole('radio', { name: label, exact: true });
    await chip.focus();
    await page.keyboard.press('Space');
  };
  const counted = () => panel.getByRole('status').first().textContent();
  await expect.poll(counted).toBe('105');
  // Every tab is in sight, and those with nothing behind them say why.
  const tabs = page.getByRole('tablist', { name: 'Answers' });
  expect(await tabs.getByRole('tab').allTextContents()).toEqual(TABS);
  const room = await tabs.evaluate((list) => [list.scrollWidth, list.clientWidth]);
  expect(room[0]).toBeLessThanOrEqual(room[1]);
  const report = tabs.getByRole('tab', { name: 'Report' });
  expect(await report.getAttribute('title')).toBe('Once a run has ended');
  await report.click({ force: true });
  expect(await panel.isVisible(), 'nothing is behind it yet').toBe(true);
  await choose('Held out');
  await expect.poll(counted).toBe('11 of 105');
  // Each of those that are listed says so.
  await expect.poll(() => items.count()).toBeGreaterThan(5);
  for (const text of await items.allTextContents()) expect(text).toContain('held out');
  await checkLook(page, 'rows held out', BOTH);
  await choose('Trained');
  await expect.poll(counted).toBe('94 of 105');
  await choose('Cut');
  await expect.poll(counted).toBe('1 of 105');
  await expect.poll(() => items.first().textContent()).toMatch(/105.*boats.*cut$/);
  await items.first().getByRole('button').click();
  await expect.poll(() => panel.textContent()).toMatch(/Row 105/);
  await choose('Skipped');
  await expect.poll(() => panel.textContent()).toMatch(/Skipped lines/);
  expect(await items.count()).toBe(0);
  await choose('All');
  await page.getByRole('searchbox', { name: 'Search the rows' }).fill('parcel  NUMBER 3');
  await expect.poll(counted).toBe('11 of 105');
  await expect.poll(() => items.first().textContent()).toMatch(/parcel number 3\D/);
  await atEveryWidth(
    page,
    'rows searched',
    async (width) => {
      if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
    },
    BOTH,
  );
  await page.getByRole('searchbox', { name: 'Search the rows' }).fill('zebra');
  await expect.poll(counted).toBe('0 of 105');
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('Model and Data open as sheets over the middle, one at a time, by keyboard too, and Train closes them', async () => {
  open = await openPage({ gpu: false, hash: '#steps=2' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  const card = (name: string) => page.getByRole('button', { name: new RegExp(`^${name} `) });
  const close = (name: string) => page.getByRole('button', { name: `Close the sheet ${name}` });

  // It lies over the middle from side to side, and neither over the set-up nor over the answers.
  await card('Model').click();
  await close('Model').waitFor();
  const covered = () =>
    page.getByRole('region', { name: 'Run' }).evaluate((run) => (run as HTMLElement).inert);
  expect(await covered(), 'what a sheet covers takes no focus').toBe(true);
  const boxes = await page.evaluate(() =>
    ['Set-up', 'Run', 'Answers']
      .map((name) => document.querySelector(`section[aria-label="${name}"]`)!)
      .concat(document.querySelector('[aria-label="Close the sheet Model"]')!.parentElement!.parentElement!)
      .map((one) => one.getBoundingClientRect())
      .map(({ left, right }) => [left, right]),
  );
  expect(boxes[3]).toEqual(boxes[1]);
  await checkLook(page, 'sheet model', BOTH);

  await card('Data').click();
  await close('Data').waitFor();
  expect(await close('Model').count(), 'one sheet at a time').toBe(0);
  await page.setViewportSize({ width: 1920, height: 1080 });
  await checkLook(page, 'sheet data', BOTH);
  await page.setViewportSize({ width: 1200, height: 800 });
  await checkLook(page, 'sheet data at the least width', BOTH);
  await page.keyboard.press('Escape');
  await expect.poll(covered).toBe(false);
  expect(await card('Data').getAttribute('aria-expanded')).toBe('false');

  // By keyboard the sheet is next after its card, and its own button closes it.
  await card('Model').focus();
  await page.keyboard.press('Enter');
  await close('Model').waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
    'Close the sheet Model',
  );
  await page.keyboard.press('Enter');
  await expect.poll(covered).toBe(false);
  expect(
    await page.evaluate(() => document.activeElement?.getAttribute('aria-expanded')),
    'the focus is back on the card',
  ).toBe('false');

  // Opened from the middle it takes the focus from there, and the tour leads through what it would cover.
  await page.getByRole('button', { name: 'Another model' }).focus();
  await page.keyboard.press('Enter');
  await close('Model').waitFor();
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
    .toBe('Close the sheet Model');
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByRole('button', { name: /tour/ }).click();
  await expect.poll(covered).toBe(false);
  await page.keyboard.press('Escape');

  await card('Data').click();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  expect(await close('Data').count()).toBe(0);

  // Without that room cards open where they stand, several at once.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Set-up', exact: true }).click();
  await card('Model').click();
  await card('Data').click();
  expect(await card('Model').getAttribute('aria-expanded')).toBe('true');
  expect(await close('Model').isVisible()).toBe(false);
});
