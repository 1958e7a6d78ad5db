import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openDataset } from '../../../src/data/dataset.ts';
import { openTokenizer } from '../../../src/data/tokenizer.ts';

const folder = new URL('../../../public/models/tiny/', import.meta.url);
const json = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const tokenizerConfig = json('tokenizer_config.json');
const tokenizer = await openTokenizer({
  tokenizerJson: json('tokenizer.json'),
  tokenizerConfig,
  chatTemplate: tokenizerConfig.chat_template as string,
});
const options = { maxLength: 64, raw: false };

test('D1: a damaged file gives a report with line numbers and its clean rows', async () => {
  const good = '{"prompt":"Hi <|im_end|> there","completion":"Hello!"}';
  const file = new Blob([
    '\uFEFF',
    good,
    '\r\n\n',
    '[1]\n',
    new Uint8Array([0xff, 10]),
    '{"prompt":"x"}\n',
    good,
  ]);
  const { report, rows, ...dataset } = await openDataset(file, tokenizer, options).then((opened) => ({
    report: opened.report,
    rows: opened.rows,
    examples: opened.examples.bind(opened),
  }));
  expect(report.format).toBe('prompt-completion');
  expect(report.bad.map((row) => row.line)).toEqual([3, 4, 5]);
  expect([report.read, report.used, report.badCount, rows]).toEqual([5, 2, 3, 2]);
  const [example] = await dataset.examples([1]);
  expect(example.line).toBe(6);
  const targets = [...example.labels].filter((label) => label !== -100);
  expect(tokenizer.decode(targets)).toBe('Hello!<|im_end|>');
  // The user's own "<|im_end|>" is plain text: only the two turns' ends are control tokens.
  expect([...example.ids].filter((id) => id === tokenizer.eosTokenId)).toHaveLength(2);
});

test('D2: a row with nothing to learn after the cut is dropped and counted', async () => {
  const file = new Blob([JSON.stringify({ prompt: 'word '.repeat(200), completion: 'x' })]);
  const { report } = await openDataset(file, tokenizer, options);
  expect([report.used, report.dropped, report.badCount]).toEqual([0, 1, 0]);
});
