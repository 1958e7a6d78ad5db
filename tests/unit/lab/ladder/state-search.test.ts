import { expect, test } from 'vitest';
import type { Question } from '../../../../src/data/forms/questions.ts';
import { type Asking, type Measuring, MOST_STATES, measureRung } from '../../../../src/lab/ladder/measure.ts';
import { wordsOf } from '../../../../src/lab/ladder/prompts.ts';
import { rungOf } from '../../../../src/lab/ladder/rungs.ts';
import { sourcesOf } from '../../../../src/lab/ladder/sources.ts';
import { StateSearch, searchLayer } from '../../../../src/lab/ladder/state-search.ts';

/** Cosines by the definition, in float64: of states less their collection's mean. */
function cosines(states: readonly Float32Array[], query: Float32Array): number[] {
  const width = query.length;
  const center = Array.from({ length: width }, (_, i) =>
    states.reduce((sum, state) => sum + state[i] / states.length, 0),
  );
  const apart = (state: Float32Array) => Array.from(state, (value, i) => value - center[i]);
  const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const q = apart(query);
  return states.map((state) => {
    const h = apart(state);
    return product(h, q) / Math.sqrt(product(h, h) * product(q, q));
  });
}

/** Texts with states that all point much the same way, as a model's do. */
function collection(count: number, width = 24): { texts: string[]; states: Map<string, Float32Array> } {
  let seed = 1;
  const next = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  const texts = Array.from({ length: count }, (_, i) => `text ${i}`);
  const states = [...texts, 'a query'].map((text): [string, Float32Array] => [
    text,
    Float32Array.from({ length: width }, (_, i) => 40 + i + next()),
  ]);
  return { texts, states: new Map(states) };
}

test('texts come in the order of their cosine with the query, both less the mean of the collection', () => {
  const { texts, states } = collection(60);
  const found = cosines(
    texts.map((text) => states.get(text)!),
    states.get('a query')!,
  );
  const order = [...texts.keys()].sort((a, b) => found[b] - found[a]);
  const search = new StateSearch(texts, states);
  expect(search.find('a query', 60)).toEqual(order);
  expect(search.find('a query', 3, (place) => place !== order[0])).toEqual(order.slice(1, 4));
  // Without the mean they would all be the same way.
  expect(Math.min(...found)).toBeLessThan(-0.2);
});

test('equals stay in their order, what is no way from the mean is found last, and what was not read is no guess', () => {
  const states = new Map([
    ['a', Float32Array.of(1, 0)],
    ['b', Float32Array.of(1, 0)],
    ['c', Float32Array.of(0, 0)],
    ['d', Float32Array.of(-2, 0)],
    ['q', Float32Array.of(3, 0)],
  ]);
  expect(new StateSearch(['b', 'c', 'a', 'd'], states).find('q', 4)).toEqual([0, 2, 1, 3]);
  expect(new StateSearch([], states).find('q', 4)).toEqual([]);
  expect(() => new StateSearch(['a'], states).find('e', 1)).toThrow(RangeError);
  expect([1, 2, 6, 30].map(searchLayer)).toEqual([1, 1, 3, 15]);
});

/** Rows of two kinds whose questions share no word within a kind, but their state. */
const KINDS = [
  ['red', 'crimson', 'scarlet', 'ruby', 'cherry', 'rust', 'brick', 'wine'],
  ['blue', 'azure', 'navy', 'cyan', 'teal', 'indigo', 'sapphire', 'cobalt'],
];
const question = (content: string, reference: string, line: number): Question => ({
  ...{ line, turns: [{ role: 'user', content }], reference },
});
const rows = KINDS.flatMap((kind, i) =>
  kind.map((word, j) => question(word, i === 0 ? 'warm' : 'cold', 8 * i + j + 1)),
);
const heldOut = [question('vermilion', 'warm', 1), question('ultramarine', 'cold', 2)];

/** A model that says what the last example in its prompt says, and whose states are the kind of a text. */
function copying(warm: readonly string[]) {
  const read: string[] = [];
  const asking: Asking = {
    prompted: async () => ({ tokens: 1, fits: true }),
    answers: async (questions) =>
      questions.map(({ turns }) => turns.findLast(({ role }) => role === 'assistant')?.content ?? ''),
    losses: async (questions) => questions.map(() => ({ lossSum: 1, tokens: 1 })),
  };
  const states: Measuring['states'] = async (texts, onRead) => {
    read.push(...texts);
    onRead(texts.length, texts.length);
    return new Map(texts.map((text, i) => [text, Float32Array.of(warm.includes(text) ? 9 : 7, i / 1e6)]));
  };
  return { model: { asking, states }, read };
}

const measuring = (
  model: Pick<Measuring, 'asking' | 'states'>,
  sources = sourcesOf({ rows, instruction: null, passages: [], seed: 0 }),
) =>
  measureRung({
    ...{ rung: rungOf('retrieval'), sources, heldOut, metric: 'labels', ...model },
    onAnswer: () => {},
  });

test('training rows alone choose the search that finds better', async () => {
  const { model, read } = copying([...KINDS[0], 'vermilion']);
  const { search, k, tried, rows: measured, unread } = await measuring(model);
  expect({ search, k, unread }).toEqual({ search: 'states', k: 1, unread: undefined });
  expect(tried.filter((one) => one.search === 'bm25').every(({ metric }) => metric === 0)).toBe(true);
  expect(tried.find((one) => one.search === 'states')).toEqual({ k: 1, search: 'states', metric: 1 });
  expect(measured.map(({ right }) => right)).toEqual([1, 1]);
  // Held-out questions are asked with, and none is among what is searched.
  const sources = sourcesOf({ rows, instruction: null, passages: [], seed: 0 });
  expect(sources.collections.rows).toEqual(rows.map(wordsOf));
  expect(read).toContain('vermilion');
});

test('equally good, words are taken: nothing has to be read for them', async () => {
  const { model } = copying([]);
  const same = rows.map((row) => ({ ...row, reference: 'warm' }));
  const sources = sourcesOf({
    ...{ instruction: null, passages: [], seed: 0 },
    rows: same.map((row) => question(`shade ${wordsOf(row)}`, 'warm', row.line)),
  });
  const { search, tried } = await measuring(model, sources);
  expect(new Set(tried.filter(({ k }) => k === 1).map(({ metric }) => metric))).toEqual(new Set([1]));
  expect(search).toBe('bm25');
});

test('more texts than a model reads are searched by words, and counted', async () => {
  const many = Array.from({ length: MOST_STATES + 1 }, (_, i) => question(`word${i}`, 'warm', i + 1));
  const { model, read } = copying([]);
  const sources = sourcesOf({ rows: many, instruction: null, passages: [], seed: 0 });
  const { search, unread } = await measuring(model, sources);
  expect({ search, unread }).toEqual({ search: 'bm25', unread: MOST_STATES + 1 });
  expect(read).toEqual([]);
});
