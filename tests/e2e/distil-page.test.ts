import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';
import { dropText, press } from './hands.ts';
import { atEveryWidth, checkLook, comesTo, named, waitForStatus } from './look.ts';

/** A distillation on the page, from the bundled model into its own first layers. */

const SAMPLES = projectFile('public/samples/ladder');
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');
const part = (name: string, rows: string[]) => {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${row}\n`).join(''));
  return path;
};

async function choose(page: Page, name: string, path: string): Promise<void> {
  const choosing = page.waitForEvent('filechooser');
  await press(page, name);
  await (await choosing).setFiles(path);
}

async function openDistillation(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Lab' }).click();
  await press(page, 'Distillation');
  await page.getByRole('heading', { name: 'Does a smaller model learn it?' }).waitFor();
}

test('rows are made and looked at, the student is trained, stopped, continued on the next visit, reported', async () => {
  const student = join(folder, 'student');
  const stack = ['stack', '--model', 'bundled', '--slices', '0-1', '--out', student, '--json'];
  expect((await lowrank(stack)).status).toBe(0);
  const rows = part('form.jsonl', linesOf(join(SAMPLES, 'form.jsonl')).slice(0, 12));
  const heldOut = part('form-held-out.jsonl', linesOf(join(SAMPLES, 'form-held-out.jsonl')).slice(0, 6));
  const questions = linesOf(join(SAMPLES, 'form-questions.jsonl')).slice(0, 10);

  open = await openPage({ gpu: false, hash: '#steps=6&checkpoint-every=2&eval-fraction=0' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(rows);
  await expect.poll(() => page.locator('main').textContent()).toContain('12 rows');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  await openDistillation(page);
  const panel = page.getByRole('tabpanel', { name: 'Lab' });
  await comesTo(panel, /“form”, which answers on this page/);
  await page.getByLabel('Student', { exact: true }).selectOption('A folder or a GGUF file');
  await comesTo(panel, /Choose the student\./);
  await choose(page, 'Choose a folder: student', student);
  await choose(page, 'Choose a file of held-out rows', heldOut);
  await dropText(page, 'questions.jsonl', questions.join('\n'));
  await comesTo(panel, /questions\.jsonl/);
  // It asks and does not answer: no data of the page.
  await expect.poll(() => page.locator('main').textContent()).toContain('12 rows');
  await checkLook(page, 'a distillation before it begins', ['light', 'dark']);
  // Pairs have a question and no completion, and are rows all the same.
  await dropText(page, 'pairs.jsonl', '{"prompt": "a", "chosen": "b", "rejected": "c"}\n'.repeat(3));
  await expect.poll(() => page.locator('main').textContent()).toContain('3 rows');
  await comesTo(panel, /questions\.jsonl/);
  await named(page, 'Dataset').setInputFiles(rows);
  await expect.poll(() => page.locator('main').textContent()).toContain('12 rows');

  await press(page, 'Make the rows');
  await comesTo(panel, /Stage 2 of 6/);
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
  await comesTo(panel, /Made rows \d+ of 10 kept/);
  const table = page.getByRole('table', { name: 'Made rows' });
  const made = async () => Number(/Made rows (\d+) of 10/.exec((await panel.textContent()) ?? '')?.[1]);
  const before = await made();
  expect(before).toBeGreaterThan(1);
  await table
    .getByRole('button', { name: /^Take out/ })
    .first()
    .click();
  await expect.poll(made).toBe(before - 1);
  await page
    .getByLabel('Which made rows are shown')
    .selectOption({ label: 'Left out, since a person took it out: 1' });
  await table.getByRole('button', { name: /^Put back/ }).waitFor();
  await checkLook(page, 'rows that a teacher made', ['light', 'dark']);
  const saving = page.waitForEvent('download');
  await press(page, 'Save the made rows');
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('form-made.jsonl');
  expect(linesOf((await saved.path())!)).toHaveLength(before - 1);

  await press(page, 'Train the student');
  await comesTo(panel, /Stage 6 of 6: the student on the rows and those made/);
  await press(page, 'Stop distillation');
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor();
  await comesTo(panel, /Student on the rows alone/);

  await page.reload();
  await waitForStatus(page, 'Ready');
  expect(await page.getByRole('region', { name: 'Saved run' }).count()).toBe(0);
  await openDistillation(page);
  await comesTo(panel, /The distillation of “form\.jsonl” is from an earlier visit and stands at 5 stages/);
  expect(await page.getByRole('button', { name: 'Continue', exact: true }).isEnabled()).toBe(false);
  await comesTo(panel, /The student student is not kept in this browser/);
  await choose(page, 'Choose its folder', student);
  await press(page, 'Continue');
  await comesTo(panel, /(The made rows (help|harm)|No measurable difference)/);
  await comesTo(panel, /Student on the rows and those made/);
  await comesTo(panel, new RegExp(`trained on ${12 + before - 1} rows`));
  await atEveryWidth(page, 'a distillation that is done', async (width) => {
    if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
    await page.getByRole('table', { name: 'Teacher and student' }).waitFor();
  });

  const download = page.waitForEvent('download');
  await press(page, 'Save report');
  const report = readFileSync((await (await download).path())!, 'utf8');
  expect(report).toContain(
    'npm run --silent distil -- --teacher bundled --teacher-adapter form --student student --data form.jsonl --eval-data form-held-out.jsonl --prompts questions.jsonl --steps 6 --checkpoint-every 2 --out distilled',
  );
  expect(report).toContain('1 made row was taken out by hand');
  expect(report).toMatch(/Student on the rows and those made<\/td>/);

  await press(page, 'Open the student');
  await expect
    .poll(() => page.getByRole('region', { name: 'Adapter' }).textContent())
    .toContain('form-student');
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});
