import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { atEveryWidth, checkLook, waitForStatus } from './look.ts';

/** What answers must have is written once, kept with a run, and checked on base and adapter, on another visit too. */

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const PIRATE = 'Arr|Ahoy|Avast|Blimey|matey|Yo ho';

const place = (page: Page) => page.getByRole('region', { name: 'Expectations' });

async function expectAnswer(page: Page, question: string, kind: string, text: string | null): Promise<void> {
  await place(page).getByLabel('Question', { exact: true }).fill(question);
  await place(page).getByLabel('Its answer').selectOption(kind);
  if (text !== null) await place(page).getByLabel('Text', { exact: true }).fill(text);
  await place(page).getByRole('button', { name: 'Add expectation' }).click();
}

async function openPlace(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('button', { name: /^Expectations.* of “/ }).click();
}

test('expectations are checked on base and adapter, told apart, kept, and erased', async () => {
  open = await openPage({ gpu: false, hash: '#steps=30&eval-fraction=0&lr=0.003' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  await openPlace(page);
  await expect.poll(() => place(page).textContent()).toContain('Nothing is expected yet');
  await atEveryWidth(page, 'nothing expected');
  await page.setViewportSize({ width: 1440, height: 900 });

  // Which of these words it says is up to the training; the base says none.
  await expectAnswer(page, 'What is a cup?', 'pattern', PIRATE);
  await expectAnswer(page, 'What is a cup?', 'json', null);
  await expectAnswer(page, 'Tell me about the rain.', 'pattern', '(');
  await expect
    .poll(() => place(page).getByRole('alert').textContent())
    .toMatch(/The pattern \( cannot be read/);
  await place(page).getByLabel('Text', { exact: true }).fill('\\w');
  // By the keyboard alone.
  await page.keyboard.press('Enter');
  const items = place(page).getByRole('list', { name: 'What is expected' }).getByRole('listitem');
  await expect.poll(() => items.count()).toBe(3);

  const chooser = page.waitForEvent('filechooser');
  await place(page).getByRole('button', { name: 'Open a JSONL file' }).click();
  const buffer = Buffer.from('{"prompt": "Who are you?", "equals": "Nobody."}\n');
  await (await chooser).setFiles([{ name: 'expected.jsonl', mimeType: 'application/jsonl', buffer }]);
  await expect.poll(() => items.count()).toBe(4);

  const ask = place(page).getByLabel('Ask', { exact: true });
  await ask.selectOption({ label: 'Base' });
  await place(page).getByRole('button', { name: 'Check', exact: true }).click();
  await expect.poll(() => place(page).textContent()).toMatch(/Base: 1 of 4 met\./);
  await ask.selectOption({ label: 'Talk like a pirate' });
  await place(page).getByRole('button', { name: 'Check', exact: true }).click();
  await expect
    .poll(() => place(page).textContent())
    .toMatch(/Talk like a pirate: \d of 4 met\. Beside Base: .*still missed/);
  expect(await items.first().textContent()).toMatch(/✓ Met, got better/);
  await atEveryWidth(page, 'expectations checked');
  await checkLook(page, 'expectations', ['dark']);
  await page.setViewportSize({ width: 1440, height: 900 });
  // The other way round what got better broke.
  const shown = place(page).getByLabel('Shown');
  const [base, tuned] = await shown
    .locator('option')
    .evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
  await place(page).getByLabel('Beside').selectOption(tuned);
  await shown.selectOption(base);
  await expect.poll(() => items.first().textContent()).toMatch(/✗ Missed, broke/);

  const coming = page.waitForEvent('download');
  await place(page).getByRole('button', { name: 'Save as JSONL' }).click();
  const lines = readFileSync(await (await coming).path(), 'utf8')
    .trim()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { prompt: 'What is a cup?', pattern: PIRATE },
    { prompt: 'What is a cup?', json: true },
    { prompt: 'Tell me about the rain.', pattern: '\\w' },
    { prompt: 'Who are you?', equals: 'Nobody.' },
  ]);

  // Another visit has them, asks the adapter that is kept, and the promise names them.
  await page.reload();
  await waitForStatus(page, 'Ready');
  await openPlace(page);
  await expect.poll(() => place(page).textContent()).toMatch(/Talk like a pirate: \d of 4 met/);
  await ask.selectOption({ label: (await ask.locator('option', { hasText: 'kept (' }).textContent()) ?? '' });
  await place(page).getByRole('button', { name: 'Check', exact: true }).click();
  await expect
    .poll(() => place(page).textContent())
    .toMatch(/Talk like a pirate: \d of 4 met\. Beside Talk like a pirate: \d still met, \d still missed\./);
  await page.getByRole('button', { name: 'Nothing leaves this tab' }).click();
  const panel = page.getByRole('dialog', { name: 'Nothing leaves this tab' });
  await expect
    .poll(() => panel.textContent())
    .toContain('1 past run with curve and adapter and 4 expectations (');
  await panel.getByRole('button', { name: 'Erase everything' }).click();
  await panel.getByRole('button', { name: 'Erase for good' }).click();
  await expect.poll(() => panel.getByRole('status').textContent()).toMatch(/^Erased/);
  await page.keyboard.press('Escape');
  await expect.poll(() => place(page).textContent()).toContain('no longer kept');
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});
