import { expect, test } from 'vitest';
import { proposeColumns, textColumns } from '../../../../src/data/forms/propose.ts';

/** Rows of a table: what a column holds in row i. */
function rows(columns: Record<string, (i: number) => unknown>, count = 24): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, value(i)])),
  );
}

const asked = (i: number) => `Where is my parcel number ${i}? It was due on Monday.`;
const told = (i: number) => `It left depot ${i} this morning and arrives tomorrow.`;
const one =
  (...words: string[]) =>
  (i: number) =>
    words[i % words.length];
const id = (i: number) => String(48_210 + i);
const day = (i: number) => `2026-03-${10 + i}`;

test.each([
  [
    'a table of tickets',
    {
      'Tkt#': id,
      Opened: day,
      'Cust. wrote': asked,
      'Reply sent': told,
      Category: one('billing', 'returns'),
      Agent: one('mk', 'jt'),
    },
    { prompt: 'Cust. wrote', completion: 'Reply sent' },
  ],
  ['by content alone', { x1: id, x2: day, x3: asked, x4: told }, { prompt: 'x3', completion: 'x4' }],
  [
    'a text and its label',
    { nr: id, body: asked, kind: one('a b', 'c') },
    { prompt: 'body', completion: 'kind' },
  ],
  ['stars', { stars: one('1', '5', '3'), said: asked }, { prompt: 'said', completion: 'stars' }],
  ['codes are ids', { code: (i: number) => `TCK-${i}`, said: asked }, { text: 'said' }],
  ['amounts are nothing', { said: asked, price: (i: number) => i * 1.5 }, { text: 'said' }],
  ['addresses are nothing', { url: (i: number) => `https://a.example/${i}`, said: asked }, { text: 'said' }],
  ['the answer first', { Antwort: told, Frage: asked }, { prompt: 'Frage', completion: 'Antwort' }],
  [
    'no blanks',
    { 答案: () => '巴黎是法国的首都。', 问题: () => '法国的首都是哪里?' },
    { prompt: '问题', completion: '答案' },
  ],
  ['capitals', { UserMessage: asked, BotReply: told }, { prompt: 'UserMessage', completion: 'BotReply' }],
  [
    'a system text',
    { 'System prompt': () => 'Be brief and kind.', user: asked, assistant: told },
    { prompt: 'user', completion: 'assistant', system: 'System prompt' },
  ],
  [
    'nested',
    {
      meta: () => ({ id: 1, lang: 'en' }),
      q: (i: number) => ({ body: asked(i) }),
      a: (i: number) => [{ body: told(i) }],
    },
    { prompt: 'q.body', completion: 'a.0.body' },
  ],
  ['empty columns', { note: () => '', said: asked, done: () => null }, { text: 'said' }],
  ['numbers alone', { x: id, y: id }, { text: 'x' }],
  ['nothing', {}, null],
])('%s', (_, columns, wanted) => {
  expect(proposeColumns(rows(columns as Record<string, (i: number) => unknown>))).toEqual(wanted);
});

test('of two rows', () => {
  expect(
    proposeColumns([
      { A: 'What is\na cup?', B: 'Arr' },
      { A: 'Hi', B: 'Arr, hi' },
    ]),
  ).toEqual({ prompt: 'A', completion: 'B' });
});

test('columns of lists and objects are no texts; the paths into them are', () => {
  expect(textColumns([{ a: null, b: { c: 'x' }, d: ['y'] }])).toEqual(['a', 'b.c', 'd.0']);
});
