import { expect, test } from 'vitest';
import { supervisedRows } from '../../../src/data/batch.ts';
import { packBatch, padBatch } from '../../../src/data/batches.ts';
import type { Example } from '../../../src/data/types.ts';
import { withoutPadding } from '../../../src/engine/without-padding.ts';

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
