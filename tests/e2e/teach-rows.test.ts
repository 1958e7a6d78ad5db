import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { temporaryFolder } from './command-line.ts';
import { atEveryWidth, named, type Theme, waitForStatus, waitForStep } from './look.ts';

/** What a row costs the model, token by token, and which rows an answer was learned from: as one who learns would ask. */

const BOTH: readonly Theme[] = ['light', 'dark'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

/** Two kinds of answers, so that it can be seen which of them an answer comes from. */
const rows = Array.from({ length: 24 }, (_, i) =>
  i % 2 === 0
    ? { prompt: `What is a ${['cup', 'hat', 'cat'][(i / 2) % 3]}?`, completion: 'Arr, it be mine, matey.' }
    : { prompt: `Is ${i} a number?`, completion: 'Yes, of course it is.' },
);

/** The part that a phone shows one at a time. */
async function answers(page: Page, width: number): Promise<void> {
  if (width < 760) await page.getByRole('button', { name: 'Answers', exact: true }).click();
}

/** Mean loss of the row as the line below its tokens has it: before, and now where both are shown. */
async function means(page: Page): Promise<number[]> {
  const line = page.getByText(/^Mean over \d+ trained tokens/);
  await line.waitFor();
  const [, said = ''] = /: ([\d.]+(?: → [\d.]+)?) nats/.exec((await line.textContent()) ?? '') ?? [];
  return said.split(' → ').map(Number);
}

test('each trained token is coloured by its loss, before, now and by what has changed; by keyboard', async () => {
  open = await openPage({ gpu: false, hash: '#device=wasm&steps=40&lr=0.003&eval-fraction=0.1' });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  await named(page, 'Dataset').setInputFiles(file);
  await expect.poll(() => page.locator('main').textContent()).toContain('24 rows');
  await page.getByRole('tab', { name: 'Data' }).click();
  const view = (name: string) => page.getByRole('radio', { name, exact: true });
  const tokens = page.getByRole('region', { name: 'Tokens of the row' });
  expect(await view('Off').isChecked()).toBe(true);
  expect(await view('Now').isDisabled()).toBe(true);
  expect(await view('Change').isDisabled()).toBe(true);
  await page.getByText('Now and Change need an adapter: train, or open one.').waitFor();

  await view('Off').focus();
  await page.keyboard.press('ArrowRight');
  expect(await view('Before').isChecked()).toBe(true);
  const [before] = await means(page);
  expect(before).toBeGreaterThan(1);
  const coloured = tokens.locator('[data-level]');
  expect(await coloured.count()).toBeGreaterThan(4);
  // A screen reader is told what a colour says.
  expect(await coloured.first().textContent()).toMatch(/\([\d.]+ nats, chance .+\)/);
  await tokens.focus();
  await page.keyboard.press('ArrowRight');
  const line = page.getByText(/^“.+”: [\d.]+ nats, chance /);
  const first = await line.textContent();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => line.textContent()).not.toBe(first);
  await page.getByRole('button', { name: 'Explain the loss of each token' }).click();
  await page.getByRole('dialog', { name: 'Loss of a token' }).waitFor();
  await page.keyboard.press('Escape');
  await atEveryWidth(page, 'loss on the row, before', (width) => answers(page, width), BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStep(page, 2);
  await page.getByRole('button', { name: 'Pause' }).click();
  await waitForStatus(page, 'Paused');
  await page.getByRole('tab', { name: 'Data' }).click();
  await page.getByText('Losses are measured once the run has ended.').waitFor();
  expect(await view('Before').isDisabled()).toBe(true);
  expect(await coloured.count()).toBe(0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await waitForStatus(page, 'Finished');
  await page.getByRole('tab', { name: 'Data' }).click();
  await view('Now').check({ force: true });
  const [now] = await means(page);
  await view('Change').check({ force: true });
  await expect.poll(async () => (await means(page)).length).toBe(2);
  expect(await means(page)).toEqual([before, now]);
  expect(now).toBeLessThan(before);
  await atEveryWidth(page, 'loss on the row, change', (width) => answers(page, width), BOTH);
  await page.setViewportSize({ width: 1440, height: 900 });

  // Another row is measured when it is looked at.
  await page.getByRole('button', { name: 'Next row' }).click();
  await expect.poll(async () => (await means(page)).length).toBe(2);
  expect(await means(page)).not.toEqual([before, now]);
  await page.getByRole('button', { name: 'Previous row' }).click();
  expect(await means(page)).toEqual([before, now]);

  // At strength 0 the model of now is the one of before.
  const strength = page.getByRole('slider', { name: 'Strength' });
  await strength.fill('0');
  await expect.poll(() => means(page)).toEqual([before, before]);
  await strength.fill('1');
  await expect.poll(() => means(page)).toEqual([before, now]);

  // What pulled an answer: rows of its kind, each of which opens in Data.
  await page.getByRole('textbox', { name: 'Prompt' }).fill('What is a hat?');
  await page.getByRole('textbox', { name: 'Prompt' }).press('Enter');
  const trace = page.getByRole('button', { name: 'What did it learn from?' }).last();
  await expect.poll(() => trace.isEnabled()).toBe(true);
  await trace.focus();
  await page.keyboard.press('Enter');
  const found = page.getByRole('region', { name: 'What it learned from' });
  await expect.poll(() => found.getByRole('listitem').count()).toBeGreaterThan(5);
  const [byGradient, byWords] = await found.getByRole('list').all();
  const cosines = (await byGradient.getByRole('listitem').allTextContents()).map((text) =>
    Number(/cosine (-?[\d.]+)$/.exec(text)?.[1]),
  );
  expect(cosines).toHaveLength(5);
  expect(cosines).toEqual([...cosines].sort((a, b) => b - a));
  expect(await byGradient.textContent()).toContain('Arr, it be mine');
  expect(await byWords.getByRole('listitem').first().textContent()).toContain('What is a hat?');
  expect(await found.textContent()).toContain('22 training rows, by the adapter, at 3 steps of the run');
  await atEveryWidth(
    page,
    'what it learned from',
    async (width) => {
      if (width < 760) await page.getByRole('button', { name: 'Run', exact: true }).click();
      await found.scrollIntoViewIfNeeded();
    },
    BOTH,
  );
  await page.setViewportSize({ width: 1440, height: 900 });
  const row = byGradient.getByRole('button').first();
  const number = /^\d+/.exec((await row.textContent()) ?? '')?.[0];
  await row.click();
  await page.getByRole('heading', { name: `Row ${number} ` }).waitFor();
  expect(open.foreign).toEqual([]);
  expect(open.complaints).toEqual([]);
});
