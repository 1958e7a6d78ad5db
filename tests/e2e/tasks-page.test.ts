import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { dropText, press } from './hands.ts';
import { atEveryWidth, checkLook, comesTo, waitForStatus } from './look.ts';

/** Several tasks on the page: two opposed styles, by every strategy, in very few steps. */

const SAMPLES = projectFile('public/samples/tasks');
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const rows = (name: string, count: number) =>
  `${readFileSync(join(SAMPLES, name), 'utf8').split('\n').slice(0, count).join('\n')}\n`;

async function openTasks(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Lab' }).click();
  await press(page, 'Several tasks');
  await page.getByRole('heading', { name: 'How should it learn several tasks?' }).waitFor();
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

async function saved(page: Page, name: string) {
  const saving = page.waitForEvent('download');
  await press(page, name);
  const download = await saving;
  return { name: download.suggestedFilename(), path: (await download.path())! };
}

test('tasks are dropped and compared, stopped, continued on the next visit, reduced, changed, reported', async () => {
  open = await openPage({ gpu: false, hash: '#checkpoint-every=1' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await openTasks(page);
  const panel = page.getByRole('tabpanel', { name: 'Lab' });
  await comesTo(panel, /Give two tasks or more/);
  await dropText(page, 'polite.jsonl', rows('polite.jsonl', 12));
  await dropText(page, 'polite-held-out.jsonl', rows('polite-held-out.jsonl', 6));
  await comesTo(panel, /polite\.jsonl, held out: polite-held-out\.jsonl/);
  await press(page, 'Take the sample Sentence to JSON');
  await comesTo(panel, /extract\.jsonl, held out: \d+ % of its rows/);
  await press(page, 'Remove extract');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
    'Choose files of tasks',
  );
  const path = join(folder, 'rude styles.jsonl');
  writeFileSync(path, rows('rude.jsonl', 12));
  const choosing = page.waitForEvent('filechooser');
  await press(page, 'Choose files of tasks');
  await (await choosing).setFiles(path);
  await page.getByLabel('Name of task 2').fill('rude styles');
  await comesTo(panel, /may have letters, digits, _ and - alone/);
  await page.getByLabel('Name of task 2').fill('rude');
  await page.getByLabel('Steps', { exact: true }).fill('6');
  for (const way of ['TIES', 'DARE with TIES']) await page.getByLabel(way, { exact: true }).uncheck();
  await checkLook(page, 'several tasks before they are compared', ['light', 'dark']);
  // The rows of the page are not those of the tasks.
  expect(await page.locator('main').textContent()).toMatch(/talk like a pirate/i);

  await press(page, 'Compare strategies');
  await expect.poll(() => focused(page)).toBe('Stop comparison');
  await comesTo(panel, /2 of 5: polite alone/);
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
  await comesTo(panel, /Together\d+ %/);
  await press(page, 'Stop comparison');
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor();
  await comesTo(panel, /One after another: not measured yet/);
  await expect.poll(() => focused(page)).toBe('Continue');

  await page.reload();
  await waitForStatus(page, 'Ready');
  expect(await page.getByRole('region', { name: 'Saved run' }).count()).toBe(0);
  await openTasks(page);
  await comesTo(panel, /The comparison of the tasks “polite and rude” is from an earlier visit/);
  await press(page, 'Continue');
  await comesTo(panel, /Best over the tasks/);
  await comesTo(panel, /Apart, then merged by sum/);
  await page
    .getByRole('img', { name: 'Cosine of the changes of polite and rude by layer and target' })
    .waitFor();
  await atEveryWidth(page, 'several tasks that are compared', async (width) => {
    if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
    await page.getByRole('table', { name: 'Forgetting' }).waitFor();
  });

  await page.getByLabel('Left of intruder dimensions').focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByLabel('Which adapter is reduced').selectOption('One after another');
  await press(page, 'Reduce and measure');
  await comesTo(panel, /One after another, intruders reduced/);
  await comesTo(panel, /Measured: its figures stand in the table above/);

  // A strategy more: what was measured stays.
  await press(page, 'Change');
  await page.getByLabel('One after another, in reverse').check();
  await press(page, 'Compare strategies');
  await comesTo(panel, /Best over the tasks/);
  await comesTo(panel, /One after another, in reverse\d+ %/);
  expect(await panel.textContent()).toMatch(/One after another, intruders reduced\d/);

  const report = readFileSync((await saved(page, 'Save report')).path, 'utf8');
  expect(report).toContain('Several tasks: polite and rude');
  expect(report).toContain('--task &#39;polite=polite.jsonl&#39;');
  expect(report).toContain('--reduce-intruders --intruder-lambda 0.7');
  await page.getByText(/\d adapters to open, compare and export/).click();
  expect((await saved(page, 'Save polite and rude together')).name).toMatch(/adapter\.zip$/);
  await press(page, 'Open polite and rude together');
  await expect.poll(() => page.getByRole('region', { name: 'Adapter' }).textContent()).toContain('polite');
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});
