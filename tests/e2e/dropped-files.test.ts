import { gzipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Page } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { waitForStatus } from './look.ts';

/** Files of seven forms, as people have them, dropped on the page, read, looked at and trained without a word typed. */

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const ROWS = 6;
const rows = <T>(row: (i: number) => T): T[] => Array.from({ length: ROWS }, (_, i) => row(i));
const question = (i: number) => `Where is parcel ${i}, which was due on Monday?`;
const answer = (i: number) => `It left depot ${i} today.`;
const lines = (row: (i: number) => unknown) => rows((i) => JSON.stringify(row(i))).join('\n');
const bytes = (text: string) => new TextEncoder().encode(text);

const turns = (i: number) => [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: question(i) },
  { role: 'assistant', content: answer(i) },
];
const csv = [
  'Tkt#,Opened,Cust. wrote,Reply sent,Category',
  ...rows((i) => `${4820 + i},2026-03-1${i},"${question(i)}",${answer(i)},shipping`),
].join('\r\n');
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'question', data: rows(question), type: 'STRING' },
      { name: 'answer', data: rows(answer), type: 'STRING' },
    ],
  }),
);
const sharegpt = lines((i) => ({
  conversations: [
    { from: 'human', value: question(i) },
    { from: 'gpt', value: answer(i) },
  ],
}));
/** Every second answer is a bad one: KTO learns from both, and compares rows of a batch. */
const judged = lines((i) => ({
  prompt: question(i),
  completion: i % 2 === 0 ? answer(i) : 'No idea.',
  label: i % 2 === 0,
}));

interface Given {
  name: string;
  content: Uint8Array;
  /** What the Data card says. */
  card: RegExp;
  asked: string;
  answered: string;
  /** A proposal of columns is confirmed. */
  columns?: boolean;
}

const files: Given[] = [
  {
    name: 'chats.jsonl',
    content: bytes(lines((i) => ({ messages: turns(i) }))),
    card: /6 rows, chat/,
    asked: question(0),
    answered: answer(0),
  },
  {
    name: 'tickets.csv',
    content: bytes(csv),
    card: /6 rows wait for you to say which column is which/,
    asked: question(0),
    answered: answer(0),
    columns: true,
  },
  {
    name: 'train-00000-of-00001.parquet',
    content: parquet,
    card: /6 rows, question and answer/,
    asked: question(0),
    answered: answer(0),
  },
  {
    name: 'alpaca.json',
    content: bytes(
      JSON.stringify(
        rows((i) => ({ instruction: 'Answer the customer.', input: question(i), output: answer(i) })),
        null,
        2,
      ),
    ),
    card: /6 rows, Alpaca/,
    asked: `Answer the customer.\n\n${question(0)}`,
    answered: answer(0),
  },
  {
    name: 'sharegpt.jsonl.gz',
    content: gzipSync(bytes(sharegpt)),
    card: /6 rows, ShareGPT/,
    asked: question(0),
    answered: answer(0),
  },
  {
    name: 'story.txt',
    content: bytes(rows((i) => `Once there was fox number ${i}.`).join('\n\n')),
    card: /6 rows, text/,
    asked: 'Once there was fox number 0.',
    answered: '',
  },
  {
    name: 'judged.jsonl',
    content: bytes(judged),
    card: /6 rows, prompt and completion/,
    asked: question(0),
    answered: `👍 ${answer(0)}`,
  },
];

/** As the browser hands over what was dragged onto the page. */
async function drop(page: Page, { name, content }: Given): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ({ name, base64 }) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([content], name));
      return transfer;
    },
    { name, base64: Buffer.from(content).toString('base64') },
  );
  await page.dispatchEvent('body', 'dragenter', { dataTransfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

test('files of seven forms are dropped, read, looked at and trained', async () => {
  open = await openPage({
    gpu: false,
    hash: '#device=wasm&steps=2&batch=2&max-length=64&eval-fraction=0',
  });
  const { page } = open;
  await waitForStatus(page, 'Ready');
  const card = page.getByRole('button', { name: /^Data / });
  for (const file of files) {
    await drop(page, file);
    await expect.poll(() => card.textContent(), { message: file.name }).toMatch(file.card);
    if (file.columns) {
      const proposed = page.getByRole('list', { name: 'The first rows with these columns' });
      expect(await proposed.textContent()).toContain(`Question${question(1)}Answer${answer(1)}`);
      await page.getByRole('button', { name: 'Use these columns' }).click();
      await expect.poll(() => card.textContent()).toContain('6 rows, mapped columns');
      await page.getByRole('button', { name: 'Change columns' }).waitFor();
    }
    await page.getByRole('tab', { name: 'Data' }).click();
    const first = page.getByRole('region', { name: 'Rows' }).getByRole('listitem').first();
    await expect
      .poll(() => first.textContent(), { message: file.name })
      .toBe(`1${file.asked}${file.answered}`);
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await waitForStatus(page, 'Finished');
    await expect.poll(() => page.getByLabel('Step', { exact: true }).first().textContent()).toMatch(/^2/);
    await page.getByRole('button', { name: 'New run' }).click();
    await waitForStatus(page, 'Ready');
  }
  expect(open.complaints).toEqual([]);
  expect(open.foreign).toEqual([]);
});
