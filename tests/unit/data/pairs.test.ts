import { expect, test } from 'vitest';
import { openDataset, tryRow } from '../../../src/data/dataset.ts';
import { whyNoRows } from '../../../src/data/report.ts';
import type { Labelled } from '../../../src/data/types.ts';
import { tinyTokenizer } from './text/tiny-tokenizer.ts';

/** Pairs and judged answers from file to examples: tokens, what is counted, what is dropped, what is shown. */

const tokenizer = await tinyTokenizer();
const options = { maxLength: 64, raw: false };
const blob = (...rows: object[]) => new Blob([rows.map((row) => JSON.stringify(row)).join('\n')]);
const trained = ({ labels }: Labelled) => tokenizer.decode([...labels].filter((label) => label >= 0));

const PAIR = { prompt: 'Hi', chosen: 'Hello there!', rejected: 'No' };

test('a pair is both answers after the same prompt, by the chat template', async () => {
  const dataset = await openDataset(blob(PAIR, PAIR), tokenizer, options);
  const { report } = dataset;
  expect([report.format, report.calledFor, report.rowKind]).toEqual(['preference', 'pairs', 'pairs']);
  expect(report.formatReason).toBe('The rows have "chosen" and "rejected".');
  const [, example] = await dataset.examples([0, 1]);
  const { rejected } = example;
  expect(example.index).toBe(1);
  expect(trained(example)).toBe('Hello there!<|im_end|>');
  expect(trained(rejected!)).toBe('No<|im_end|>');
  const promptOf = ({ ids, labels }: Labelled) => [
    ...ids.subarray(
      0,
      labels.findIndex((label) => label >= 0),
    ),
  ];
  expect(promptOf(rejected!)).toEqual(promptOf(example));
  // Tokens are those of both.
  expect(report.tokens).toBe(2 * (example.ids.length + rejected!.ids.length));
  expect(report.longest).toBe(example.ids.length);
  const both = [example, rejected!].map(({ labels }) => labels.filter((label) => label >= 0).length);
  expect(report.supervisedTokens).toBe(2 * (both[0] + both[1]));
});

test('without a template prompt and answer stand as they are, with EOS', async () => {
  const raw = await openDataset(blob(PAIR), tokenizer, { ...options, raw: true });
  const [example] = await raw.examples([0]);
  const whole = (part: Labelled) => tokenizer.decode([...part.ids]);
  expect(whole(example)).toBe('HiHello there!<|im_end|>');
  expect(whole(example.rejected!)).toBe('HiNo<|im_end|>');
});

test('of two texts alone, what they begin with is no answer', async () => {
  const texts = { chosen: 'The cup is red.', rejected: 'The cup is blue and old.' };
  const dataset = await openDataset(blob(texts), tokenizer, options);
  const [example] = await dataset.examples([0]);
  const { rejected } = example;
  const from = example.labels.findIndex((label) => label >= 0);
  expect(from).toBeGreaterThan(1);
  expect(rejected!.labels.findIndex((label) => label >= 0)).toBe(from);
  expect([...example.ids.subarray(0, from)]).toEqual([...rejected!.ids.subarray(0, from)]);
  expect(example.ids[from]).not.toBe(rejected!.ids[from]);
  expect(trained(example)).toMatch(/red\.<\|im_end\|>$/);
  expect(trained(rejected!)).toMatch(/blue and old\.<\|im_end\|>$/);
});

test('D2: a pair whose prompt fills the max length is dropped and counted, a longer answer is cut', async () => {
  const words = (count: number) => Array.from({ length: count }, () => 'cup').join(' ');
  const full = { prompt: words(80), chosen: 'Yes', rejected: 'No' };
  const long = { prompt: 'Hi', chosen: words(80), rejected: 'No' };
  const dataset = await openDataset(blob(PAIR, full, long), tokenizer, options);
  const { report } = dataset;
  expect([report.used, report.dropped, report.truncatedRows]).toEqual([2, 1, 1]);
  expect(report.droppedRows).toEqual([
    {
      line: 2,
      reason: expect.stringMatching(/^The answer begins at token \d+ of \d+, and rows are cut at 64/),
    },
  ]);
  expect(report.keepsAll).toBeGreaterThan(64);
  const [, example] = await dataset.examples([0, 1]);
  expect([example.ids.length, example.line]).toEqual([64, 3]);
  expect(example.rejected!.ids.length).toBeLessThan(64);
});

test('D2: a pair whose answers differ only after the cut is dropped', async () => {
  const same = Array.from({ length: 80 }, () => 'cup').join(' ');
  const late = { prompt: 'Hi', chosen: `${same} red`, rejected: `${same} blue` };
  const { report } = await openDataset(blob(PAIR, late), tokenizer, options);
  expect([report.used, report.dropped]).toEqual([1, 1]);
  expect(report.droppedRows[0].reason).toMatch(
    /^The two answers differ from token \d+ of \d+, and rows are cut/,
  );
});

test('a preview has both answers, a question the better one', async () => {
  const dataset = await openDataset(blob(PAIR), tokenizer, options);
  const [row] = await dataset.preview(0, 1);
  expect(row).toMatchObject({ question: 'Hi', answer: 'Hello there!', rejected: { answer: 'No' } });
  const words = (tokens: typeof row.tokens) =>
    tokens
      .filter(({ kind }) => kind === 'trained')
      .map(({ text }) => text)
      .join('');
  expect(words(row.tokens)).toBe('Hello there!<|im_end|>');
  expect(words(row.rejected!.tokens)).toBe('No<|im_end|>');
  expect(await dataset.questions([0])).toMatchObject([{ reference: 'Hello there!' }]);
});

test('rows of one answer among pairs, and pairs where supervised training is asked for, are refused by line', async () => {
  const plain = { prompt: 'Hi', completion: 'Hello' };
  const { report } = await openDataset(blob(PAIR, plain, PAIR), tokenizer, options);
  expect([report.used, report.bad]).toEqual([
    2,
    [{ line: 2, reason: expect.stringMatching(/^The row has one answer/) }],
  ]);
  const sft = await openDataset(blob(PAIR, PAIR), tokenizer, { ...options, rowKind: 'answers' });
  expect([sft.report.used, sft.report.calledFor, sft.report.format]).toEqual([0, 'pairs', null]);
  expect(sft.report.formatReason).toBe(
    'The rows have "chosen" and "rejected": pairs, which supervised training does not learn from.',
  );
  const dpo = await openDataset(blob(plain), tokenizer, { ...options, rowKind: 'pairs' });
  expect(whyNoRows(dpo.report, '')).toMatch(/line 1: The row has one answer; DPO, IPO, ORPO and SimPO learn/);
});

test('judged answers keep their verdict, and a bad one is no reference', async () => {
  const row = (completion: string, label: boolean) => ({ prompt: 'Hi', completion, label });
  const file = blob(row('Hello!', true), row('No', false), { prompt: 'Hi', completion: 'x' });
  const dataset = await openDataset(file, tokenizer, options);
  const { report } = dataset;
  expect([report.rowKind, report.used, report.badCount]).toEqual(['verdicts', 2, 1]);
  expect(report.bad[0].reason).toMatch(/does not say whether/);
  const examples = await dataset.examples([0, 1]);
  expect(examples.map(({ good }) => good)).toEqual([true, false]);
  expect(examples.map(trained)).toEqual(['Hello!<|im_end|>', 'No<|im_end|>']);
  expect(await dataset.questions([0, 1])).toMatchObject([{ line: 1, reference: 'Hello!' }]);
  expect((await dataset.preview(0, 2)).map(({ good }) => good)).toEqual([true, false]);
  // As answers the bad one is left out, and listed.
  const sft = await openDataset(file, tokenizer, { ...options, rowKind: 'answers' });
  expect([sft.report.used, sft.report.badCount]).toEqual([2, 1]);
  expect((await sft.examples([0, 1])).map(({ good }) => good)).toEqual([undefined, undefined]);
});

test('a score beside a pair is not used, and no answer of it is said to be trained as a good one', async () => {
  const scored = { ...PAIR, score: 3 };
  const { report } = await openDataset(blob(scored, scored), tokenizer, options);
  expect(report.warnings.join(' ')).toContain('Not used: score (2 rows).');
  expect(report.warnings.join(' ')).not.toContain('trained as a good one');
});

test('a row that is tried with a chat template is the better answer of a pair, and a judged one', () => {
  const words = (row: Record<string, unknown>) => {
    const tokens = tryRow(row, tokenizer, options);
    if (typeof tokens === 'string') return tokens;
    const trained = tokens.filter(({ kind }) => kind === 'trained');
    return trained.map(({ text }) => text).join('');
  };
  expect(words(PAIR)).toBe('Hello there!<|im_end|>');
  expect(words({ prompt: 'Hi', completion: 'No', label: false })).toBe('No<|im_end|>');
});
