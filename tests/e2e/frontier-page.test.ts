import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';
import { press } from './hands.ts';
import { atEveryWidth, checkLook, comesTo, named, waitForStatus } from './look.ts';

/** Several models on the page: the bundled one in two precisions, and one of its own first layers as it is. */

const SAMPLES = projectFile('public/samples/ladder');
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const part = (name: string, of: string, count: number) => {
  const path = join(folder, name);
  const lines = readFileSync(join(SAMPLES, of), 'utf8').trimEnd().split('\n');
  writeFileSync(path, lines.slice(0, count).join('\n'));
  return path;
};

async function choose(page: Page, name: string, path: string): Promise<void> {
  const choosing = page.waitForEvent('filechooser');
  await press(page, name);
  await (await choosing).setFiles(path);
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

async function openModels(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Lab' }).click();
  await press(page, 'Several models');
  await page.getByRole('heading', { name: 'Which model is enough?' }).waitFor();
}

test('models are measured, stopped, continued on the next visit, chosen among, reported', async () => {
  const half = join(folder, 'half');
  const stack = ['stack', '--model', 'bundled', '--slices', '0-1', '--out', half, '--json'];
  expect((await lowrank(stack)).status).toBe(0);
  const rows = part('form.jsonl', 'form.jsonl', 8);
  const heldOut = part('form-held-out.jsonl', 'form-held-out.jsonl', 4);

  open = await openPage({ gpu: false, hash: '#steps=4&checkpoint-every=2&eval-fraction=0' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(rows);
  await expect.poll(() => page.locator('main').textContent()).toContain('8 rows');
  await openModels(page);
  const panel = page.getByRole('tabpanel', { name: 'Lab' });
  await choose(page, 'Choose a file of held-out rows', heldOut);
  const first = page.getByRole('group', { name: 'Model 1' });
  await first.getByLabel('q8', { exact: true }).press('Space');
  await choose(page, 'Add a folder', half);
  const second = page.getByRole('group', { name: 'Model 2' });
  await second.getByLabel('q4', { exact: true }).press('Space');
  await second.getByLabel('What is measured of model 2').selectOption('As it is, without training');
  await page.getByLabel('Enough', { exact: true }).fill('metric >= ');
  await comesTo(panel, /Cannot be used: At character/);
  await checkLook(page, 'several models before they are measured', ['light', 'dark']);
  expect(await page.getByRole('button', { name: 'Measure', exact: true }).isEnabled()).toBe(false);
  await page.getByLabel('Enough', { exact: true }).fill('memory_bytes < 1e9');

  await press(page, 'Measure');
  await expect.poll(() => focused(page)).toBe('Stop measuring');
  await comesTo(panel, /Point 2 of 3: bundled in q4/);
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
  await press(page, 'Stop measuring');
  await expect.poll(() => focused(page)).toBe('Continue');
  await comesTo(panel, /half in f16, untrained/);

  await page.reload();
  await waitForStatus(page, 'Ready');
  await openModels(page);
  await comesTo(
    panel,
    /The comparison of models on “form\.jsonl” is from an earlier visit and stands at 1 point/,
  );
  await press(page, 'Continue');
  await comesTo(panel, /is the cheapest that meets memory_bytes < 1e9/);
  const table = page.getByRole('table', { name: 'Points' });
  await comesTo(table, /bundled in q4[\s\S]*bundled in f16/);
  await page.getByLabel('Cost', { exact: true }).selectOption('Training time');
  await page.getByRole('img', { name: /against training, s of each point/ }).waitFor();
  await atEveryWidth(page, 'several models that are measured', async (width) => {
    if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
    await table.waitFor();
  });

  const download = page.waitForEvent('download');
  await press(page, 'Save report');
  const report = readFileSync((await (await download).path())!, 'utf8');
  expect(report).toContain(
    'npm run --silent frontier -- --models &#39;bundled,half&#39; --dtypes &#39;f16,q4&#39; --data form.jsonl --eval-data form-held-out.jsonl --enough &#39;memory_bytes &#60; 1e9&#39; --steps 4 --checkpoint-every 2 --out frontier',
  );
  expect(report).toContain('half in f16, untrained');
  expect(report).toContain('<svg');

  // Another requirement asks no model again, and the folder is not missed.
  await press(page, 'Change the list');
  await page.getByLabel('Enough', { exact: true }).fill('memory_bytes < 1');
  await press(page, 'Remove model 2');
  expect(await focused(page)).toBe('The bundled model');
  await press(page, 'Measure');
  await comesTo(panel, /None of 2 points meets memory_bytes < 1/);
  expect(await table.textContent()).not.toContain('untrained');
  expect(await panel.textContent()).not.toContain('measured again');
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});
