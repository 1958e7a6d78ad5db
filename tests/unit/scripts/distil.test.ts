import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { distil } from '../../../scripts/headless/distil.mjs';
import { keptRungs } from '../../../scripts/headless/kept-rungs.mjs';
import { openDataset } from '../../../src/data/dataset.ts';
import type { Dataset } from '../../../src/data/types.ts';
import type { AnswersRequest, InventRequest } from '../../../src/worker/api/teaching.ts';
import { tinyTokenizer } from '../data/text/tiny-tokenizer.ts';
import { rung } from '../lab/ladder/measured.ts';

/** The command with a page that reads rows in this very process, a teacher that says “said …”, and ladders whose figures are told. */

const fake = vi.hoisted(() => ({ open: vi.fn(), ladder: vi.fn() }));
vi.mock('../../../scripts/headless/session.mjs', () => ({
  progressPrinter: () => () => {},
  workPrinter: () => () => {},
  withHeadless: (_options: unknown, work: (headless: unknown) => unknown) => work(fake.open()),
}));
vi.mock('../../../scripts/headless/ladder.mjs', () => ({ ladder: fake.ladder }));

const folder = mkdtempSync(join(tmpdir(), 'lowrank-distil-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, rows: unknown[]) => {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
};
const data = file(
  'rows.jsonl',
  Array.from({ length: 8 }, (_, i) => ({ prompt: `What is thing ${i}?`, completion: `thing ${i}` })),
);
const heldOut = file('held-out.jsonl', [
  { prompt: 'What is the moon?', completion: 'round' },
  { prompt: 'What is thing 3?', completion: 'thing 3' },
]);
const prompts = file('questions.jsonl', [
  ...['Where is a cat?', 'what is the MOON?', 'Where is a dog?', 'What is thing 1?'].map((prompt) => ({
    prompt,
  })),
  ...['Where is a fish?', 'Where is silence?'].map((prompt) => ({ prompt })),
]);
const student = join(folder, 'student');
const adapter = join(folder, 'adapter');
for (const [place, names] of [
  [student, ['config.json', 'tokenizer.json']],
  [adapter, ['adapter_config.json', 'adapter_model.safetensors']],
] as const) {
  mkdirSync(place);
  for (const name of names) writeFileSync(join(place, name), '{}');
}

/** What the page was asked, in order. */
let asked: string[] = [];
/** After so many answers the page is gone. */
let lasts = Number.POSITIVE_INFINITY;
let otherTokenizer = false;
const tokenizer = await tinyTokenizer();

function openPage() {
  const inputs = new Map<string, string[]>();
  const datasets: Partial<Record<'train' | 'eval', Dataset>> = {};
  const answered: string[] = [];
  const page = {
    hardware: async () => ({ name: 'nothing' }),
    async openModel({ kind }: { kind: string }) {
      return { parameters: kind === 'bundled' ? 5e6 : 2e6, bytes: 1, notes: [] };
    },
    setBaseDtype: async () => {},
    async setAdapter() {
      asked.push(`adapter ${inputs.get('#adapter')!.length}`);
      return [];
    },
    async openTeacher() {
      if (otherTokenizer)
        throw new Error(
          'UserError: other-tokenizer: The teacher x has another tokenizer than y: token 1 is “a”. Its probabilities are of other tokens.',
        );
    },
    async openData(role: 'train' | 'eval', { maxLength, raw }: { maxLength: number; raw: boolean }) {
      const [path] = inputs.get(role === 'eval' ? '#eval-data' : '#data')!;
      datasets[role] = await openDataset(new File([readFileSync(path)], 'rows.jsonl'), tokenizer, {
        maxLength,
        raw,
      });
      return datasets[role].report;
    },
    questions: (role: 'train' | 'eval') =>
      datasets[role]!.questions(Array.from({ length: datasets[role]!.rows }, (_, i) => i)),
    prepareLadder: async () => ({ metric: 'answers' }),
    async measureRung(name: string, strength: number) {
      asked.push(`${name} ${strength}`);
      return rung('tuned', 20);
    },
    async answerQuestions({ questions }: AnswersRequest) {
      if (answered.length >= lasts) throw new Error('the browser ended');
      return {
        answers: questions.map(({ turns }) => {
          const text = turns.at(-1)!.content;
          answered.push(text);
          return { text: text.includes('silence') ? '' : `said ${text}`, stop: 'eos' };
        }),
        ...{ tokens: 100, seconds: 0.5 },
      };
    },
    async inventQuestions({ examples, seeds }: InventRequest) {
      asked.push(`invent ${examples.length}`);
      return seeds.map((seed) => ({ text: `Which is ${'abcdefgh'[seed % 8]}?`, stop: 'eos' as const }));
    },
  };
  return {
    page: {
      setInputFiles: async (input: string, files: string | string[]) =>
        void inputs.set(input, [files].flat()),
    },
    bridge: {
      evaluate: async (run: (lowrank: typeof page, given: unknown) => unknown, given: unknown) =>
        run(page, structuredClone(given)),
    },
  };
}

beforeEach(() => {
  asked = [];
  lasts = Number.POSITIVE_INFINITY;
  otherTokenizer = false;
  fake.open.mockImplementation(openPage);
  fake.ladder.mockClear();
  fake.ladder.mockImplementation(async (values: Record<string, string>) => {
    const small = values.data.endsWith('rows.jsonl');
    mkdirSync(values.out, { recursive: true });
    keptRungs(values.out).keep({}, rung('tuned', small ? 6 : 18));
    const training = readFileSync(values.data, 'utf8').trimEnd().split('\n').length;
    return {
      json: {
        rungs: [{ loss: 0.5, train_seconds: 10, memory_bytes: 3e7 }],
        metric_name: 'answers',
        rows: { held_out: 24, training, removed: { rows: 0, passages: 0 } },
      },
      text: '',
    };
  });
});

const said: string[] = [];
const run = (values: Record<string, unknown>) =>
  distil(
    { teacher: 'bundled', student, data, 'eval-data': heldOut, prompts, ...values },
    { say: (line: string) => said.push(line), signal: new AbortController().signal },
  );
const lines = (...path: string[]) =>
  readFileSync(join(...path), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a distillation', () => {
  test('has the teacher answer, keeps what is good of it, and trains the student twice as long as the same', async () => {
    const out = join(folder, 'own');
    const { json, text } = await run({
      out,
      'teacher-adapter': adapter,
      rank: 4,
      epochs: 2,
      'distil-weight': 0.7,
    });
    expect(asked).toEqual(['adapter 2', 'tuned 1']);
    expect(lines(out, 'rows.jsonl').map(({ prompt }) => prompt)).toEqual(
      [0, 1, 2, 4, 5, 6, 7].map((i) => `What is thing ${i}?`),
    );
    expect(lines(out, 'made.jsonl')).toEqual(
      ['cat', 'dog', 'fish'].map((what) => ({
        prompt: `Where is a ${what}?`,
        completion: `said Where is a ${what}?`,
      })),
    );
    expect(lines(out, 'left-out.jsonl').map(({ reason }) => reason)).toEqual([
      ...['near_held_out', 'repeated', 'empty'],
    ]);
    expect(lines(out, 'all.jsonl')).toEqual([...lines(out, 'rows.jsonl'), ...lines(out, 'made.jsonl')]);

    const [[small], [larger]] = fake.ladder.mock.calls;
    const both = {
      ...{ model: student, rungs: 'tuned', rank: 4, resume: false },
      // Two epochs of ten rows, four at a time.
      ...{ steps: 6, 'eval-data': join(out, 'held-out.jsonl') },
    };
    expect(small).toEqual({
      ...both,
      ...{ data: join(out, 'rows.jsonl'), out: join(out, 'student-small'), objective: 'sft' },
    });
    expect(larger).toEqual({
      ...both,
      ...{ data: join(out, 'all.jsonl'), out: join(out, 'student-larger'), objective: 'distil' },
      ...{ teacher: 'bundled', 'teacher-adapter': adapter, 'distil-weight': 0.7 },
    });
    expect(json).toMatchObject({
      ...{ rows_made: 6, rows_kept: 3, objective: 'distil', answers_only: null, steps: 6 },
      rows: { training: 7, held_out: 2, removed: 1 },
      dropped: { near_held_out: 1, repeated: 1, empty: 1, cut: 0 },
      gain: { metric: 0.5 },
    });
    expect(json.table).toMatchObject([
      { who: 'teacher', parameters: 5e6, tokens_per_second: 200, trained_on: null },
      { who: 'student-small', parameters: 2e6, trained_on: 7 },
      { who: 'student-larger', parameters: 2e6, trained_on: 10 },
    ]);
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(json);
    expect(text).toMatch('the made rows help (+50.0 points');
  });

  test('that ends in the middle goes on where it was, and is refused as another', async () => {
    const out = join(folder, 'cut');
    fake.ladder.mockRejectedValueOnce(new Error('the browser ended'));
    await expect(run({ out })).rejects.toThrow('the browser ended');
    expect(asked).toEqual(['tuned 0']);
    const pages = fake.open.mock.calls.length;
    const { json } = await run({ out, resume: true });
    expect(fake.open.mock.calls.length).toBe(pages);
    expect(fake.ladder.mock.calls.at(-1)![0].resume).toBe(true);
    expect(json.rows_kept).toBe(3);
    await expect(run({ out, resume: true, rows: 2 })).rejects.toThrow(
      '--resume: --out holds another distillation: --rows differs.',
    );
    await run({ out, rows: 2 });
    expect(said).toContain(
      'Warning: --out holds a distillation already; without --resume this one replaces it.',
    );
    expect(lines(out, 'made.jsonl')).toHaveLength(2);
  });

  test('whose teacher is gone before it has answered has it begin again', async () => {
    const out = join(folder, 'early');
    lasts = 0;
    await expect(run({ out })).rejects.toThrow('the browser ended');
    expect(existsSync(join(out, 'rows.jsonl'))).toBe(true);
    lasts = Number.POSITIVE_INFINITY;
    expect((await run({ out, resume: true })).json.rows_kept).toBe(3);
  });

  test('learns from answers alone where the tokenizers differ, or where that is asked for', async () => {
    otherTokenizer = true;
    const { json } = await run({ out: join(folder, 'other') });
    expect(json).toMatchObject({
      objective: 'sft',
      answers_only: 'The teacher x has another tokenizer than y: token 1 is “a”.',
    });
    expect(fake.ladder.mock.calls[1][0]).toMatchObject({ objective: 'sft' });
    expect(fake.ladder.mock.calls[1][0]).not.toHaveProperty('teacher');
    otherTokenizer = false;
    const asks = await run({ out: join(folder, 'sft'), objective: 'sft' });
    expect(asks.json).toMatchObject({ objective: 'sft', answers_only: '--objective sft asks for that.' });
  });

  test('without questions of a person’s has the teacher write some, and holds a quarter of the rows out', async () => {
    const out = join(folder, 'written');
    const { json } = await run({ out, prompts: undefined, 'eval-data': undefined, rows: 3 });
    expect(asked).toContain('invent 3');
    expect(json.rows).toEqual({ training: 6, held_out: 2, removed: 0 });
    expect(lines(out, 'made.jsonl').map(({ prompt }) => prompt)).toEqual(
      ['a', 'b', 'c'].map((letter) => `Which is ${letter}?`),
    );
  });

  test('reads questions in the encoding that they have, and says which', async () => {
    const saved = join(folder, 'spreadsheet.txt');
    writeFileSync(saved, Buffer.from('Wo liegt München?\n', 'latin1'));
    const out = join(folder, 'encoded');
    await run({ out, prompts: saved });
    expect(lines(out, 'prompts.jsonl')).toMatchObject([{ prompt: 'Wo liegt München?' }]);
    expect(said.join('\n')).toMatch(/--prompts: spreadsheet\.txt is no UTF-8 and is read as Windows-1252/);
  });

  test('from which nothing can be used ends before anything is trained', async () => {
    const silent = file('silent.jsonl', [{ prompt: 'Where is silence?' }]);
    const out = join(folder, 'none');
    await expect(run({ out, prompts: silent })).rejects.toThrow(
      '--prompts: none of the 1 rows that the teacher made can be used',
    );
    expect(fake.ladder).not.toHaveBeenCalled();
    expect(lines(out, 'left-out.jsonl')).toMatchObject([{ reason: 'empty' }]);
  });
});
