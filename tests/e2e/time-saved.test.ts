import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { temporaryFolder } from './command-line.ts';
import { atEveryWidth, checkLook, named, type Theme, waitForStatus } from './look.ts';

/** What saves a practitioner time: labels counted before training, rows that open in their place, legends that stay. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

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
  await checkLook(page, 'pointing at the curve', BOTH);
  await page.mouse.move(0, 0);
  await page.getByRole('button', { name: 'Fold the charts' }).click();

  // The adapter's size is not the file's.
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
