import { statSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { checkLook, waitForStatus, waitForStep } from './look.ts';

/** What comes of a run, in one session: compared with a prompt before, measured after, kept, overlaid, taken away. */

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

test('a run on labels: compared with a prompt first, its own figure, the held-out rows, what it cost elsewhere', async () => {
  open = await openPage({ gpu: false, hash: '#sample=classify.jsonl&steps=40&eval-fraction=0.06' });
  const { page } = open;
  await waitForStatus(page, 'Ready');

  await page.getByRole('button', { name: 'Verify against PyTorch' }).click();
  const check = page.getByRole('dialog', { name: 'Are the numbers right on this device?' });
  await expect.poll(() => check.textContent()).toContain('The numbers are right on');
  const [, share] = /Loss of each step([\d.e-]+)/.exec((await check.textContent()) ?? '') ?? [];
  expect(Number(share)).toBeLessThan(1e-3);
  await checkLook(page, 'check', ['light']);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Compare first' }).click();
  const need = page.getByRole('region', { name: 'Is training what you need?' });
  await expect.poll(() => need.textContent()).toMatch(/Labels right, on 12 held-out rows/);
  expect(await need.textContent()).toMatch(/With 3 examples\d+(\.\d+)? %/);
  await checkLook(page, 'compared-first', ['dark']);

  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  const run = page.getByRole('region', { name: 'Run', exact: true });
  await expect.poll(() => run.textContent()).toMatch(/Labels right: \d+(\.\d+)? % → \d+/);
  const [, before, after] =
    /Labels right: ([\d.]+) % → ([\d.]+) %/.exec((await run.textContent()) ?? '') ?? [];
  expect(Number(after)).toBeGreaterThan(Number(before));
  expect(await run.textContent()).toMatch(
    /On general text\d\.\d+ → \d\.\d+(worse|no loss|unchanged).* rows outside your data/,
  );
  expect(await run.textContent()).toMatch(/Training beats|does as well/);

  const table = page.getByRole('table', { name: 'Held-out rows' });
  expect(await table.getByRole('row').count()).toBeGreaterThan(5);
  await table.getByRole('button', { name: 'loss' }).click();
  expect(await table.getByRole('columnheader', { name: 'loss' }).getAttribute('aria-sort')).toBe('ascending');
  const changes = (await table.locator('tbody tr td:last-child').allTextContents()).map((text) =>
    Number(text.replace('−', '-')),
  );
  expect(changes).toEqual([...changes].sort((a, b) => a - b));
  await table.locator('tbody button').first().click();
  await expect.poll(() => page.getByRole('region', { name: /^Line \d+$/ }).textContent()).toMatch(/Wanted/);
  await checkLook(page, 'finished', ['light', 'dark']);

  // At step 0 the adapter changes nothing yet; at the end it does again.
  const pair = page.getByRole('region', { name: 'Base and tuned' });
  const answers = async () => (await pair.locator('> div').first().locator('p').allTextContents()).slice(1);
  const time = page.getByRole('slider', { name: 'At step' });
  await time.focus();
  await page.keyboard.press('Home');
  await expect.poll(() => pair.textContent()).toContain('Tuned at step 0');
  // Every question in sight is answered again, and until then says of which adapter it is.
  const rest = async () => {
    await expect.poll(() => pair.locator('[data-stale]').count()).toBe(0);
    await expect.poll(() => pair.getAttribute('aria-busy')).toBe('false');
  };
  await rest();
  const [base, then] = await answers();
  expect(base).toMatch(/\w/);
  expect(then).toBe(base);
  const next = page.locator('details').filter({ hasText: 'Next token' });
  await next.locator('summary').click();
  await expect.poll(() => next.getByRole('row').count()).toBe(7);
  const bars = await next.getByRole('row').nth(1).getByRole('cell').allTextContents();
  expect(bars[0]).toBe(bars[1]);
  await time.focus();
  await page.keyboard.press('End');
  await expect.poll(() => pair.textContent()).not.toContain('at step 0');
  await rest();
  expect((await answers())[1]).not.toBe(base);
  await expect.poll(() => next.getByRole('row').nth(1).getByRole('cell').allTextContents()).not.toEqual(bars);
  await checkLook(page, 'then-and-now', ['light']);

  // Labels are known, not recited.
  const recital = page.getByRole('region', { name: 'Can it recite your data?' });
  await recital.getByRole('button', { name: 'Check' }).click();
  await expect
    .poll(() => recital.textContent())
    .toMatch(/None of the 50 rows asked has an answer of 6 words or more/);

  await page.getByRole('tab', { name: 'Report' }).click();
  const files: string[] = [];
  for (const name of ['Save report', 'Curve as PNG', 'Curve as SVG', 'Map as PNG', 'Map as SVG']) {
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    const download = await coming;
    files.push(`${download.suggestedFilename()} ${statSync(await download.path()).size > 1000}`);
  }
  expect(files).toEqual([
    'sort-messages-report.html true',
    'sort-messages-loss.png true',
    'sort-messages-loss.svg true',
    'sort-messages-map.png true',
    'sort-messages-map.svg true',
  ]);
  await checkLook(page, 'report', ['dark']);

  // Kept with a name and a note, and laid over the next run.
  await page.getByRole('tab', { name: 'Runs' }).click();
  const past = page.getByRole('tabpanel', { name: 'Runs' }).getByRole('listitem');
  await expect.poll(() => past.count()).toBe(1);
  expect(await past.textContent()).toMatch(/Labels right .* held-out .* 40 steps/);
  await past.getByRole('textbox', { name: /^Name of the run/ }).fill('First try');
  await past.getByRole('textbox', { name: /^Note on/ }).fill('rank 8 is too little?');
  await page.keyboard.press('Tab');
  await expect.poll(() => page.getByRole('banner').textContent()).toContain('First try');
  const saved = page.waitForEvent('download');
  await past.getByRole('button', { name: /^Adapter, / }).click();
  expect((await saved).suggestedFilename()).toBe('first-try-adapter.zip');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  // The step of the run before still stands there until then.
  await waitForStatus(page, 'Training');
  await page.getByRole('tab', { name: 'Runs' }).click();
  await past.getByRole('checkbox', { name: 'Draw “First try” over the chart' }).check();
  await waitForStep(page, 8);
  await checkLook(page, 'overlaid', ['light']);
  await page.getByRole('button', { name: 'Stop' }).first().click();
  await waitForStatus(page, 'Finished');
  await page.getByRole('tab', { name: 'Runs' }).click();
  await expect.poll(() => past.count()).toBe(2);
  expect(await past.first().textContent()).toMatch(/steps, stopped/);

  // Another visit finds them; what is deleted is gone.
  await page.reload();
  await waitForStatus(page, 'Ready');
  await page.getByRole('tab', { name: 'Runs' }).click();
  await expect.poll(() => past.count()).toBe(2);
  expect(
    await past
      .last()
      .getByRole('textbox', { name: /^Note on/ })
      .inputValue(),
  ).toBe('rank 8 is too little?');
  for (const box of await past.getByRole('checkbox').all()) await box.check();
  await expect.poll(() => page.locator('canvas').isVisible()).toBe(true);
  await checkLook(page, 'past-runs', ['dark']);
  await past
    .first()
    .getByRole('button', { name: /^Delete/ })
    .click();
  await past.first().getByRole('button', { name: 'Delete for good' }).click();
  await expect.poll(() => past.count()).toBe(1);

  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});
