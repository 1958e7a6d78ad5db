import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { atEveryWidth, checkLook, comesTo, named, type Theme, waitForStatus } from './look.ts';

/** What a setting does, learned in short runs side by side; the person's own run stays as it is. */

const BOTH: readonly Theme[] = ['light', 'dark'];

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

test('three values of a setting are compared beside the run that is open, stopped, and one of them is taken', async () => {
  open = await openPage({ gpu: false, hash: '#steps=30&keep=last' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  const run = page.getByRole('region', { name: 'Run', exact: true });
  await expect.poll(() => run.textContent()).toMatch(/On general text\d\.\d+ → \d/);
  const before = await run.textContent();
  const slider = page.getByRole('slider', { name: 'At step' });
  const kept = [await slider.getAttribute('aria-valuemax'), await slider.getAttribute('max')];

  // By keyboard alone: the explanation of a setting leads there.
  const ask = page.getByRole('button', { name: 'Explain Learning rate' });
  await ask.focus();
  await page.keyboard.press('Enter');
  const explained = page.getByRole('dialog', { name: 'Learning rate', exact: true });
  await explained.waitFor();
  await checkLook(page, 'a setting that can be compared', BOTH);
  await explained.getByRole('button', { name: 'Compare three values' }).focus();
  await page.keyboard.press('Enter');
  const sweep = page.getByRole('dialog', { name: 'Learning rate: 0.0003, 0.001 and 0.01' });
  await comesTo(sweep, /Run 2 of 3.*step \d+ of 30.*left/);
  await atEveryWidth(page, 'a sweep on its way', undefined, BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });
  await comesTo(sweep, /gets furthest here|matters little|None of these/);
  const cards = sweep.getByRole('list', { name: 'Runs' }).getByRole('listitem');
  const words = await cards.allTextContents();
  expect(words).toHaveLength(3);
  for (const text of words)
    expect(text).toMatch(/(Learns|Crawls|Diverges)Held-out loss [\d.]+ → [\d.]+ in 30 steps/);
  // From the same start, on the same rows.
  expect(new Set(words.map((text) => /loss ([\d.]+) →/.exec(text)?.[1])).size).toBe(1);
  await comesTo(sweep, /Base: \w/);
  expect(words[1]).toContain('Your setting');
  await atEveryWidth(page, 'a sweep', undefined, BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });
  const coming = page.waitForEvent('download');
  await sweep.getByRole('button', { name: 'Save picture' }).click();
  expect((await coming).suggestedFilename()).toMatch(/^sweep.*\.png$/);
  await cards.nth(2).getByRole('button', { name: 'Use this one' }).click();
  await expect.poll(() => sweep.count()).toBe(0);
  expect(await named(page, 'Learning rate').inputValue()).toBe('0.01');
  expect(page.url()).toContain('lr=0.01');

  // The run, its kept steps and its adapter are as they were.
  expect(await run.textContent()).toBe(before);
  expect([await slider.getAttribute('aria-valuemax'), await slider.getAttribute('max')]).toEqual(kept);
  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => run.locator('[data-stale]').count()).toBe(0);
  await page.keyboard.press('Escape');

  // Opened again it is there at once; another setting is stopped on its way, and keeps what was measured.
  await page.getByRole('button', { name: 'Explain Rank' }).click();
  await page.getByRole('button', { name: 'Compare three values' }).click();
  const ranks = page.getByRole('dialog', { name: 'Rank: 1, 8 and 64' });
  await comesTo(ranks, /Run 2 of 3.*step \d+ of 30/);
  await ranks.getByRole('button', { name: 'Stop runs' }).click();
  await comesTo(ranks.getByRole('list', { name: 'Runs' }), /Held-out loss [\d.]+ → [\d.]+ in 30 steps/);
  await expect.poll(() => ranks.getByRole('button', { name: 'Run again' }).isEnabled()).toBe(true);
  await atEveryWidth(page, 'a stopped sweep', undefined, BOTH);
  await page.keyboard.press('Escape');
  await expect.poll(() => ranks.count()).toBe(0);
  await waitForStatus(page, 'Finished');
  expect(open.complaints).toEqual([]);
  expect(open.foreign).toEqual([]);
});
