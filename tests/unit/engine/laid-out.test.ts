import { expect, test } from 'vitest';
import { supervisedRows } from '../../../src/data/batch.ts';
import { packBatch, padBatch } from '../../../src/data/batches.ts';
import type { Example } from '../../../src/data/types.ts';
import { withoutPadding, withVirtualTokens } from '../../../src/engine/laid-out.ts';

const example = (ids: number[], from: number, weights?: number[]): Example =>
  ({
    ids: Int32Array.from(ids),
    labels: Int32Array.from(ids, (id, i) => (i < from ? -100 : id)),
    ...(weights && { weights: Float32Array.from(weights) }),
  }) as Example;
const EXAMPLES = [
  example([11, 12, 13], 1),
  example([21, 22, 23, 24, 25, 26, 27], 5, [1, 1, 1, 1, 1, 2, 3]),
  example([31, 32], 0),
];

test('rows stand side by side, and what is supervised is the same tokens', () => {
  const batch = padBatch(EXAMPLES);
  const before = supervisedRows(batch);
  const { batch: after, supervised, origins } = withoutPadding(batch, before);
  expect(after).toEqual({
    rows: 1,
    length: 12,
    ids: Int32Array.of(11, 12, 13, 21, 22, 23, 24, 25, 26, 27, 31, 32),
    positions: Int32Array.of(0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 0, 1),
    documents: Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2),
  });
  const seen = (ids: Int32Array, { count, index, targets, weights }: typeof before) =>
    Array.from({ length: count }, (_, i) => [ids[index[i]], targets[i], weights?.[i]]);
  expect(seen(after.ids, supervised)).toEqual(seen(batch.ids, before));
  expect(seen(after.ids, supervised)).toHaveLength(5);
  expect([...origins].map((origin) => batch.ids[origin])).toEqual([...after.ids]);
});

test('documents of packed rows stay apart, across rows too', () => {
  const [a, b, c] = EXAMPLES;
  const batch = packBatch([[b, a], [c]], 16);
  const { batch: after, origins } = withoutPadding(batch, supervisedRows(batch));
  expect([...after.documents]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2]);
  expect([...after.positions]).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 0, 1]);
  expect([...origins].slice(-3)).toEqual([9, batch.length, batch.length + 1]);
});

const VIRTUAL = { count: 2, first: 90 };
/** Tokens and targets of what is supervised. */
const learned = (ids: Int32Array, { count, index, targets }: ReturnType<typeof supervisedRows>) =>
  Array.from({ length: count }, (_, i) => [ids[index[i]], targets[i]]);

test('virtual tokens stand in front of every row, and what is supervised is the same tokens', () => {
  const batch = padBatch(EXAMPLES);
  const before = supervisedRows(batch);
  const { batch: after, supervised } = withVirtualTokens(batch, before, VIRTUAL, 16);
  expect([after.rows, after.length]).toEqual([3, 9]);
  expect([...after.ids]).toEqual([
    ...[90, 91, 11, 12, 13, 0, 0, 0, 0],
    ...[90, 91, 21, 22, 23, 24, 25, 26, 27],
    ...[90, 91, 31, 32, 0, 0, 0, 0, 0],
  ]);
  expect([...after.positions.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
  expect(learned(after.ids, supervised)).toEqual(learned(batch.ids, before));
  expect(supervised.weights).toEqual(before.weights);
});

test('each document of a packed row has virtual tokens of its own, in rows that are packed again', () => {
  const [a, b, c] = EXAMPLES;
  const batch = packBatch([[b, a], [c]], 16);
  const before = supervisedRows(batch);
  const { batch: after, supervised } = withVirtualTokens(batch, before, VIRTUAL, 32);
  expect([after.rows, after.length]).toEqual([2, 16]);
  expect([...after.ids.subarray(0, 14)]).toEqual([90, 91, 21, 22, 23, 24, 25, 26, 27, 90, 91, 11, 12, 13]);
  expect([...after.documents]).toEqual([
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1, -1],
    ...[0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1],
  ]);
  expect([...after.positions.subarray(16, 20)]).toEqual([0, 1, 2, 3]);
  expect(learned(after.ids, supervised)).toEqual(learned(batch.ids, before));
});

test('virtual tokens without padding', () => {
  const batch = padBatch(EXAMPLES.slice(1));
  const { batch: after, origins } = withoutPadding(batch, supervisedRows(batch), VIRTUAL);
  expect([...after.ids]).toEqual([90, 91, 21, 22, 23, 24, 25, 26, 27, 90, 91, 31, 32]);
  expect([...after.documents]).toEqual([...Array(9).fill(0), ...Array(4).fill(1)]);
  expect([...origins.subarray(11)]).toEqual([batch.length, batch.length + 1]);
});
