import type { Page } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { atEveryWidth, checkLook, named, type Theme, waitForStatus, waitForStep } from './look.ts';

/** A few rows that a person types on the first screen, and what comes of them, at every width, by keyboard, over a reload. */

const BOTH: readonly Theme[] = ['light', 'dark'];
const ROWS = [
  ['What is a cup?', 'Ha! A cup, my dear, is a tiny boat for tea.'],
  ['What is rain?', 'Ha! Rain, my dear, is the sky washing its hands.'],
  ['What is a cat?', 'Ha! A cat, my dear, is a cushion with opinions.'],
  ['Tell me about the moon.', 'Ha! The moon, my dear, is a lamp that nobody pays for.'],
  ['Who are you?', 'Ha! I, my dear, am the butler of this house.'],
];

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const field = (page: Page, name: 'Question' | 'Answer', row: number) =>
  page.getByLabel(`${name}, example ${row}`, { exact: true });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('typed by keyboard, kept over a reload, trained on, asked, and the settings come back', async () => {
  open = await openPage({ gpu: false, hash: '#device=wasm&rank=4' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await button(page, 'Teach it by hand').focus();
  await page.keyboard.press('Enter');
  await field(page, 'Question', 1).focus();
  // Each Enter goes to the next field, and after a row to the next row.
  for (const text of ROWS.slice(0, 2).flat()) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }
  expect(await page.getByRole('button', { name: '2 of 5 examples' }).isDisabled()).toBe(true);
  await page.reload();
  await waitForStatus(page, 'Ready');
  await button(page, 'Teach it by hand (2 typed)').click();
  expect(await field(page, 'Answer', 2).inputValue()).toBe(ROWS[1][1]);
  await page.getByRole('button', { name: 'Nothing leaves this tab' }).click();
  await page.getByText(/Kept on this device:.*2 examples that you typed/).waitFor();
  await page.keyboard.press('Escape');

  await field(page, 'Question', 3).focus();
  for (const text of ROWS.slice(2).flat()) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }
  await atEveryWidth(page, 'by hand', undefined, BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });
  // Train, and its key, are meant for what is being typed.
  await button(page, 'Train').click();
  await waitForStep(page, 1);
  expect(await named(page, 'Step').textContent()).toMatch(/\/100$/);
  await waitForStatus(page, 'Finished');
  const run = page.getByRole('region', { name: 'Run', exact: true });
  await expect.poll(() => run.textContent()).toContain('No row was held out from training');
  expect(await run.textContent()).toContain('So few rows are learned by heart');
  await named(page, 'Prompt').fill('What is a dog?');
  await page.keyboard.press('Enter');
  const answers = page.getByRole('region', { name: 'Ask what you have trained' }).locator('[aria-busy]');
  await expect.poll(() => answers.textContent()).toContain('“What is a dog?”');
  await expect.poll(() => answers.getAttribute('aria-busy')).toBe('false');
  // Their tone is carried to a question that was not among them.
  expect(await answers.textContent()).toMatch(/Ha!|my dear/);
  await checkLook(page, 'taught by hand', BOTH);

  // The rows are open like those of any file.
  await page.getByRole('tab', { name: 'Data' }).click();
  await expect
    .poll(() => page.getByRole('tabpanel', { name: 'Data' }).textContent())
    .toContain('a cushion with opinions.');
  await page.getByRole('button', { name: /^Data / }).click();
  await page.getByRole('button', { name: /^Recipe / }).waitFor();
  expect(page.url(), 'what is fit for few rows is in no address').not.toMatch(/steps|batch|eval/);
  expect(await page.getByLabel('Rank', { exact: true }).inputValue(), 'their own stay').toBe('4');
  await page.getByText('For a few examples: 100 steps of 5 rows').waitFor();
  await page
    .getByRole('button', { name: /^Sort messages/ })
    .first()
    .click();
  await expect.poll(() => page.locator('main').textContent()).toContain('200 rows');
  await expect.poll(() => page.getByText('For a few examples: 100 steps').count()).toBe(0);
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});

test('what is erased is not there any more, and what is not to be kept never was', async () => {
  open = await openPage({ gpu: false, hash: '#device=wasm' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await button(page, 'Teach it by hand').click();
  await field(page, 'Question', 1).fill('What is a cup?');
  await page.getByRole('button', { name: 'Nothing leaves this tab' }).click();
  await button(page, 'Erase everything').click();
  await button(page, 'Erase for good').click();
  await page.getByText('Erased.').waitFor();
  await page.getByLabel('Keep nothing on disk').check();
  await page.getByText('Nothing is kept from now on').waitFor();
  await page.keyboard.press('Escape');
  await field(page, 'Question', 1).fill('What is rain?');
  await page.reload();
  await waitForStatus(page, 'Ready');
  await button(page, 'Teach it by hand').click();
  expect(await field(page, 'Question', 1).inputValue()).toBe('');
  expect(open.complaints).toEqual([]);
});
