import { expect, test } from 'vitest';
import {
  exampleCount,
  logProbabilitiesOf,
  supervisedRows,
  weightsByExample,
} from '../../../src/data/batch.ts';
import { batchOf, packedBatch, padBatch } from '../../../src/data/batches.ts';
import type { Example } from '../../../src/data/types.ts';

/** Ids from 100 × the example's number; every token but the first `context` is trained. */
function example(index: number, length: number, context = 1): Example {
  const ids = Int32Array.from({ length }, (_, i) => 100 * index + i);
  return { index, line: index + 1, ids, labels: ids.map((id, i) => (i < context ? -100 : id)), truncated: 0 };
}

/** Packed into two rows they stand in another order. */
const EXAMPLES = [example(0, 9), example(1, 12, 4), example(2, 6), example(3, 0), example(4, 3, 3)];

test('weights go with their tokens', () => {
  const batch = padBatch([example(0, 3), example(1, 4, 2)]);
  expect(supervisedRows(batch).weights).toBeNull();
  const weights = Float32Array.from(batch.labels, (_, at) => at / 2);
  const supervised = supervisedRows({ ...batch, weights });
  expect(supervised.count).toBe(4);
  expect([...supervised.targets.subarray(0, 4)]).toEqual([1, 2, 102, 103]);
  expect([...supervised.weights!.subarray(0, 4)]).toEqual([0.5, 1, 9, 9.5]);
});

test.each([false, true])('log-probabilities and weights by example; packed %s', (packing) => {
  const batch = batchOf(EXAMPLES, { packing, maxLength: 32 });
  expect(exampleCount(batch)).toBe(5);
  if (packing) expect(batch.rows).toBeLessThan(5);
  const supervised = supervisedRows(batch);
  // Each token's loss is its id.
  const losses = Float32Array.from(supervised.targets.subarray(0, supervised.count));
  const { each, sum, tokens } = logProbabilitiesOf(batch, supervised, losses);
  expect([...tokens]).toEqual([8, 8, 5, 0, 0]);
  const sums = EXAMPLES.map(({ labels }) => labels.reduce((all, id) => all - Math.max(0, id), 0));
  expect([...sum]).toEqual(sums.map((value) => (value === 0 ? 0 : value)));
  each.forEach((value, at) => {
    expect(value === 0 || value === -batch.labels[at], `token ${at}`).toBe(true);
  });
  const weights = weightsByExample(batch, [5, 6, 7, 8, 9]);
  batch.ids.forEach((id, at) => {
    if (id > 0) expect(weights[at], `token ${at}`).toBe(5 + Math.floor(id / 100));
  });
});

test('a packed batch says where its examples stand', () => {
  const { rows, length, documents, examples, ids } = packedBatch(EXAMPLES, 32);
  expect(examples).toEqual([
    [0, 2, 3],
    [1, 4],
  ]);
  for (let at = 0; at < rows * length; at++) {
    if (documents![at] < 0 || ids[at] === 0) continue;
    expect(examples![Math.floor(at / length)][documents![at]]).toBe(Math.floor(ids[at] / 100));
  }
});
