import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/data/forms/form.ts';
import { calledFor, readRow, readRowFor } from '../../../../src/data/forms/read.ts';
import { rowsWithin } from '../../../../src/data/forms/row.ts';
import { shortRow } from './short-row.ts';

/** Rows of two answers, and of answers that are judged; `docs/field-reports.md` names these tests. */

const user = (content: unknown = 'a') => ({ role: 'user', content });
const assistant = (content: unknown = 'b', more: object = {}) => ({ role: 'assistant', content, ...more });
const chat = (...messages: unknown[]) => ({ messages });
const AB = ['[user] a', '[assistant*] b'];

describe('pairs', () => {
  /** Both answers in short, for what is to be learned from pairs. */
  const pair = (row: JsonObject): string[][] | string => {
    const result = readRowFor(row, { rows: 'pairs' });
    if (typeof result === 'string') return result;
    return rowsWithin(result.example).map((one) => shortRow(one));
  };
  const B = [AB, ['[user] a', '[assistant*] c']];
  const context = [{ from: 'human', value: 'a' }];
  const gpt = (value: string) => ({ from: 'gpt', value });

  test.each<[string, JsonObject]>([
    ['texts', { prompt: 'a', chosen: 'b', rejected: 'c' }],
    ['a prompt of turns', { prompt: [user()], chosen: [assistant()], rejected: [assistant('c')] }],
    ['a prompt and one turn each', { prompt: 'a', chosen: assistant(), rejected: assistant('c') }],
    ['no prompt', { chosen: [user(), assistant()], rejected: [user(), assistant('c')] }],
    [
      'UltraFeedback: the prompt again in both',
      { prompt: 'a', chosen: [user(), assistant()], rejected: [user(), assistant('c')] },
    ],
    [
      'a list of turns again in both',
      { prompt: [user()], chosen: [user(), assistant()], rejected: [user(), assistant('c')] },
    ],
    [
      'OpenAI',
      {
        input: { messages: [user()], tools: [], parallel_tool_calls: true },
        preferred_output: [assistant()],
        non_preferred_output: [assistant('c')],
      },
    ],
    ['ShareGPT', { conversations: context, chosen: gpt('b'), rejected: gpt('c') }],
    [
      'chosen_messages',
      { chosen_messages: [user(), assistant()], rejected_messages: [user(), assistant('c')] },
    ],
    [
      'Anthropic’s transcripts',
      { chosen: '\n\nHuman: a\n\nAssistant: b', rejected: '\n\nHuman: a\n\nAssistant: c' },
    ],
    [
      'a worse answer beside turns with their answer',
      { ...chat(user(), assistant()), rejected_response: 'c' },
    ],
    [
      'worse turns beside turns with their answer',
      { ...chat(user(), assistant()), rejected_messages: [user(), assistant('c')] },
    ],
    ['JSON text of turns', { prompt: 'a', chosen: '[{"role":"assistant","content":"b"}]', rejected: 'c' }],
  ])('%s', (_, row) => expect(pair(row)).toEqual(B));

  test('what both begin with is context, answers in it too', () => {
    const common = [user('x'), assistant('y'), user('z')];
    const begin = ['[user] x', '[assistant] y', '[user] z'];
    expect(
      pair({
        chosen: [...common, assistant('b')],
        rejected: [...common, assistant('c'), user(), assistant('d')],
      }),
    ).toEqual([
      [...begin, '[assistant*] b'],
      [...begin, '[assistant*] c', '[user] a', '[assistant*] d'],
    ]);
    const before = '\n\nHuman: x\n\nAssistant: y\n\nHuman: z\n\nAssistant:';
    expect(pair({ chosen: `${before} b`, rejected: `${before} c` })).toEqual([
      [...begin, '[assistant*] b'],
      [...begin, '[assistant*] c'],
    ]);
    expect(
      pair({ system: 's', messages: [user('x'), assistant('y'), user()], chosen: 'b', rejected: 'c' }),
    ).toEqual([
      ['[system] s', '[user] x', '[assistant] y', ...AB],
      ['[system] s', '[user] x', '[assistant] y', ...B[1]],
    ]);
  });

  test('two texts alone are texts, which part somewhere', () => {
    expect(pair({ chosen: 'The sky is blue.', rejected: 'The sky is green.' })).toEqual([
      ['[text] The sky is blue.'],
      ['[text] The sky is green.'],
    ]);
  });

  test('tools of OpenAI’s input are the row’s, and what else stands in it is told', () => {
    const tool = { type: 'function', function: { name: 'weather' } };
    const row = {
      input: { messages: [user()], tools: [tool], parallel_tool_calls: true },
      preferred_output: [assistant()],
      non_preferred_output: [assistant('c')],
    };
    const read = readRowFor(row, { rows: 'pairs' });
    expect(read).toMatchObject({
      example: { chosen: { tools: [tool] }, rejected: { tools: [tool] } },
      unused: ['parallel_tool_calls (in input)'],
    });
  });

  test('a prompt that the turns do not repeat is not used, and told', () => {
    const row = { prompt: 'other', chosen: [user(), assistant()], rejected: [user(), assistant('c')], id: 3 };
    expect(pair(row)).toEqual(B);
    expect(readRowFor(row, { rows: 'pairs' })).toMatchObject({ unused: ['prompt', 'id'] });
  });

  test.each<[string, JsonObject, RegExp]>([
    ['the same twice', { prompt: 'a', chosen: 'b', rejected: 'b' }, /^Both answers are the same/],
    ['an empty answer', { prompt: 'a', chosen: '', rejected: 'b' }, /^"chosen" is empty/],
    ['no question', { chosen: 'b', rejected: 'c' }, /says nothing of what is answered/],
    [
      'no question before turns',
      { chosen: [assistant()], rejected: [assistant('c')] },
      /says nothing of what/,
    ],
    [
      'another question each',
      { chosen: [user('x'), assistant()], rejected: [user('y'), assistant()] },
      /no common beginning/,
    ],
    [
      'a question in one of them',
      { chosen: [user(), assistant()], rejected: [assistant('c')] },
      /Only one of the two/,
    ],
    [
      'a list that they do not begin with',
      { prompt: [user('x')], chosen: [user(), assistant()], rejected: [user(), assistant('c')] },
      /"prompt" is not what the two answers begin with/,
    ],
    [
      'one that the other goes on from',
      { chosen: [user(), assistant()], rejected: [user(), assistant(), user(), assistant('c')] },
      /The better answer has no assistant turn/,
    ],
    [
      'the same beside turns',
      { ...chat(user(), assistant()), rejected_response: 'b' },
      /^Both answers are the same/,
    ],
    ['a worse answer beside a question', { ...chat(user()), rejected_response: 'b' }, /without "chosen"/],
    ['a weight', { prompt: 'a', chosen: [assistant('b', { weight: 0.5 })], rejected: 'c' }, /weight between/],
    ['a rejected answer alone', { prompt: 'a', completion: 'b', rejected: 'c' }, /without "chosen"/],
    ['an answer', { prompt: 'a', completion: 'b' }, /The row has one answer; DPO/],
  ])('%s is refused', (_, row, wanted) => expect(pair(row)).toMatch(wanted));

  test('supervised training and KTO refuse them, whatever is wrong with them', () => {
    for (const row of [
      { prompt: 'a', chosen: 'b', rejected: 'c' },
      { chosen: 'b', rejected: 'c' },
    ]) {
      expect(readRow(row)).toMatch(/preference pair .*supervised training does not learn from/);
      expect(readRowFor(row, { rows: 'verdicts' })).toMatch(/preference pair .*KTO does not learn from/);
    }
  });
});

describe('answers with a verdict, for KTO', () => {
  const judged = (row: JsonObject) => {
    const result = readRowFor(row, { rows: 'verdicts' });
    if (typeof result === 'string' || result.example.kind !== 'verdict') return result;
    return [result.example.good, ...shortRow(result.example.row)];
  };

  test('are good or bad', () => {
    expect(judged({ prompt: 'a', completion: 'b', label: true })).toEqual([true, ...AB]);
    expect(judged({ prompt: 'a', completion: 'b', label: false })).toEqual([false, ...AB]);
    expect(judged({ prompt: [user()], completion: [assistant()], label: false })).toEqual([false, ...AB]);
    expect(judged({ ...chat(user(), assistant()), label: 0 })).toEqual([false, ...AB]);
  });

  test('say so of the last answer of a conversation', () => {
    const row = { ...chat(user('x'), assistant('y'), user(), assistant('b', { weight: 0.5 })), label: false };
    expect(judged(row)).toEqual([false, '[user] x', '[assistant] y', ...AB]);
    expect(JSON.stringify(readRowFor(row, { rows: 'verdicts' }))).not.toContain('weight');
  });

  test('are refused without one', () => {
    expect(judged({ prompt: 'a', completion: 'b' })).toMatch(/does not say whether its answer is good/);
    expect(judged({ text: 'a' })).toMatch(/does not say whether/);
  });
});

test('most rows say what is to be learned from', () => {
  const pair = { prompt: 'a', chosen: 'b', rejected: 'c' };
  const plain = { prompt: 'a', completion: 'b' };
  expect(calledFor([pair, pair, plain], {})).toBe('pairs');
  expect(calledFor([pair, plain, plain], {})).toBe('answers');
  expect(
    calledFor(
      [
        { ...plain, label: true },
        { ...plain, label: true },
      ],
      {},
    ),
  ).toBe('verdicts');
  expect(
    calledFor(
      [
        { ...plain, is_correct: true },
        { ...plain, is_correct: true },
      ],
      {},
    ),
  ).toBe('answers');
  expect(
    calledFor(
      [
        { ...plain, is_correct: true },
        { ...plain, is_correct: false },
      ],
      {},
    ),
  ).toBe('verdicts');
  // A class that is the answer is no verdict on it.
  expect(calledFor([{ text: 'a', label: 0 }], {})).toBe('answers');
  expect(
    calledFor([{ q: 'a', chosen: 'b', rejected: 'c' }], { mapping: { prompt: 'q', completion: 'chosen' } }),
  ).toBe('answers');
  expect(calledFor([], {})).toBe('answers');
});

describe('random rows', () => {
  const text = fc.constantFrom(
    '',
    'a',
    'b',
    ' ',
    '\n\nHuman: a\n\nAssistant: b',
    '\n\nHuman: a\n\nAssistant:',
    '{"a":1}',
    '[1]',
  );
  const role = fc.constantFrom('user', 'assistant', 'system', 'tool', 'gpt', 'human', 'nobody', 3, null);
  const oneTurn = fc.record(
    {
      role,
      content: fc.oneof(text, fc.constant(null), fc.constant([])),
      weight: fc.constantFrom(0, 0.5, 1, 'x'),
    },
    { requiredKeys: ['role'] },
  );
  const value = fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 4, arbitrary: fc.array(oneTurn, { maxLength: 4 }) },
    { weight: 1, arbitrary: oneTurn },
    { weight: 1, arbitrary: fc.record({ messages: fc.array(oneTurn, { maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
  const columns = {
    ...{ prompt: value, messages: value, input: value, conversations: value, question: value },
    ...{ chosen: value, rejected: value, chosen_messages: value, rejected_messages: value },
    ...{
      preferred_output: value,
      non_preferred_output: value,
      completion: value,
      system: value,
      tools: value,
    },
    label: fc.constantFrom(true, false, 0, 1, 'bad', '👍', null, 7),
  };
  const row = fc.record(columns, { requiredKeys: [] });

  test('give a pair that answers one thing in two ways, or a sentence', () => {
    let pairs = 0;
    fc.assert(
      fc.property(row, (given) => {
        const read = readRowFor(given as JsonObject, { rows: 'pairs' });
        if (typeof read === 'string') {
          expect(read).toMatch(/^[A-Z"].*[.…)]$/s);
          return;
        }
        pairs++;
        const [better, worse] = rowsWithin(read.example);
        expect(better).not.toEqual(worse);
        expect(better.kind).toBe(worse.kind);
        if (better.kind === 'pair' && worse.kind === 'pair') {
          expect(better.prompt).toBe(worse.prompt);
          expect(better.completion && worse.completion).not.toBe('');
        }
        if (better.kind !== 'messages' || worse.kind !== 'messages') return;
        const [first, second] = [better, worse].map(({ messages }) =>
          messages.findIndex(({ train }) => train),
        );
        expect(Math.min(first, second)).toBeGreaterThanOrEqual(0);
        // The same is asked of both, and nothing that a person said is trained.
        const context = Math.min(first, second);
        const asked = (of: typeof better) => of.messages.slice(0, context).filter(({ train }) => !train);
        expect(asked(better).slice(0, 1)).toEqual(asked(worse).slice(0, 1));
        for (const { messages } of [better, worse])
          for (const { role: speaker, train } of messages) if (train) expect(speaker).toBe('assistant');
      }),
      { numRuns: 4000, seed: 7 },
    );
    expect(pairs).toBeGreaterThan(20);
  });

  test('are never trained as good answers where they are pairs or marked as bad', () => {
    fc.assert(
      fc.property(row, (given) => {
        const read = readRow(given as JsonObject);
        if ('rejected' in given) expect(read).toBeTypeOf('string');
        if ([false, 0, 'bad'].some((bad) => given.label === bad) && typeof read !== 'string')
          expect(read.example.kind).toBe('text');
      }),
      { numRuns: 4000, seed: 7 },
    );
  });
});
