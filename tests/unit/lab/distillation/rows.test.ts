import { describe, expect, test } from 'vitest';
import {
  asRowsAsk,
  examplesFor,
  jsonLines,
  questionAfter,
  rowOf,
  splitRows,
} from '../../../../src/lab/distillation/rows.ts';
import { row } from './asked.ts';

const rows = Array.from({ length: 12 }, (_, i) => row(`question ${i}`, `answer ${i}`));

describe('rows are split', () => {
  test('by the seed into three quarters and one, none in both', () => {
    const { train, heldOut, removed } = splitRows(rows, null, 0);
    expect([train.length, heldOut.length, removed]).toEqual([9, 3, 0]);
    expect(new Set([...train, ...heldOut]).size).toBe(12);
    expect(splitRows(rows, null, 0)).toEqual(splitRows(rows, null, 0));
    expect(splitRows(rows, null, 1).heldOut).not.toEqual(heldOut);
  });

  test('and none is trained on that asks what a held-out row asks, in any spelling', () => {
    const again = [...rows, row('QUESTION  3', 'something else'), row('question 3', 'answer 3', 'Be brief.')];
    const given = splitRows(again, [rows[3]], 0);
    expect(given.heldOut).toEqual([rows[3]]);
    expect(given.removed).toBe(3);
    expect(given.train.map(({ reference }) => reference)).not.toContain('something else');
    const twins = [row('a', '1'), row('a', '2'), row('b', '3'), row('a', '4')];
    for (const seed of [0, 1, 2, 3]) {
      const { train, heldOut } = splitRows(twins, null, seed);
      const held = new Set(heldOut.map(({ turns }) => turns[0].content));
      expect(train.filter(({ turns }) => held.has(turns[0].content))).toEqual([]);
    }
  });
});

test('a row is a pair of texts where it can be, else a conversation of which the last answer is trained on', () => {
  expect(rowOf(rows[0], 'yes')).toEqual({ prompt: 'question 0', completion: 'yes' });
  expect(rowOf(row('a', '', 'Be brief.'), 'yes')).toEqual({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'yes' },
    ],
  });
  const turns = [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'user', content: 'c' },
  ];
  expect(rowOf({ turns }, 'd').messages).toEqual([
    turns[0],
    { ...turns[1], weight: 0 },
    turns[2],
    { role: 'assistant', content: 'd' },
  ]);
  const tools = [{ type: 'function' as const, function: { name: 'f' } }];
  expect(rowOf({ turns: turns.slice(0, 1), tools }, 'd')).toHaveProperty('tools', tools);
  expect(jsonLines([{ a: 1 }, { b: 'x\ny' }])).toBe('{"a":1}\n{"b":"x\\ny"}\n');
});

describe('examples before a question that is to be made', () => {
  test('are rows with the same system turn, each first once before any is again', () => {
    const mixed = [
      ...rows.slice(0, 4),
      ...rows.slice(4, 8).map((one) => row(one.turns[0].content, 'x', 'S')),
    ];
    const firsts = Array.from({ length: 8 }, (_, nth) => examplesFor(mixed, nth, 0)!);
    expect(new Set(firsts.map(([first]) => first)).size).toBe(8);
    for (const some of firsts) {
      expect(some).toHaveLength(3);
      expect(new Set(some).size).toBe(3);
      expect(new Set(some.map(({ turns }) => turns.length)).size).toBe(1);
    }
    expect(examplesFor(mixed, 8, 0)).not.toEqual(firsts[0]);
  });

  test('are as many as there are, and none where every row is a longer conversation', () => {
    expect(examplesFor(rows.slice(0, 1), 0, 0)).toEqual([rows[0]]);
    const long = {
      ...rows[0],
      turns: [...rows[0].turns, { role: 'assistant', content: 'b' }, ...rows[1].turns],
    };
    expect(examplesFor([long], 0, 0)).toBeNull();
  });

  test('lend it their system turn', () => {
    expect(questionAfter([row('a', 'b', 'S')], ' new \n')).toEqual({
      turns: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'new' },
      ],
    });
  });
});

test('a question without a system turn gets the one that most rows have', () => {
  const S = rows.map((one) => row(one.turns[0].content, 'x', 'S'));
  const [plain, own] = asRowsAsk([row('a', ''), row('a', '', 'Other')], S);
  expect(plain.turns).toEqual(row('a', '', 'S').turns);
  expect(own.turns).toEqual(row('a', '', 'Other').turns);
  expect(asRowsAsk([row('a', '')], rows)[0].turns).toHaveLength(1);
});
