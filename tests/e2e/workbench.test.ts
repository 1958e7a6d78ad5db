import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile } from './command-line.ts';

/** What comes of a run, in one session: compared with a prompt before, measured after, kept, overlaid, taken away. */

const SHOTS = projectFile('test-results/workbench');

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const named = (page: Page, name: string): Locator => page.getByLabel(name, { exact: true }).first();
const status = (page: Page, word: string, timeout: number) =>
  expect
    .poll(() => named(page, 'Status').textContent(), { timeout, message: `Status ${word}` })
    .toMatch(new RegExp(`^${word}`));

async function look(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}.png` });
    const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`);
    expect(found, `${name}, ${colorScheme}`).toEqual([]);
  }
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(wide, `${name}: width`).toBeLessThanOrEqual(room);
}

test('a run on labels: compared with a prompt first, its own figure, the held-out rows, what it cost elsewhere', async () => {
  open = await openPage({ gpu: false, hash: '#sample=classify.jsonl&steps=40' });
  const { page } = open;
  await status(page, 'Ready', 60_000);

  await page.getByRole('button', { name: 'Compare first' }).click();
  const need = page.getByRole('region', { name: 'Is training what you need?' });
  await expect
    .poll(() => need.textContent(), { timeout: 60_000 })
    .toMatch(/Labels right, on 20 held-out rows/);
  expect(await need.textContent()).toMatch(/With 3 examples\d+(\.\d+)? %/);
  await look(page, 'compared-first');

  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await status(page, 'Finished', 120_000);
  const run = page.getByRole('region', { name: 'Run', exact: true });
  await expect
    .poll(() => run.textContent(), { timeout: 60_000 })
    .toMatch(/Labels right: \d+(\.\d+)? % → \d+/);
  const [, before, after] =
    /Labels right: ([\d.]+) % → ([\d.]+) %/.exec((await run.textContent()) ?? '') ?? [];
  expect(Number(after)).toBeGreaterThan(Number(before));
  expect(await run.textContent()).toMatch(/Elsewhere\d\.\d+ → \d\.\d+ [a-z]+/);
  expect(await run.textContent()).toMatch(/Training does more than|does as well/);

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
  await look(page, 'finished');

  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});
