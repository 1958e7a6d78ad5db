import {
  type Batch,
  type LogProbabilities,
  logProbabilitiesOf,
  supervisedRows,
} from '../../../src/data/batch.ts';
import type { Example } from '../../../src/data/types.ts';
import type { MicroBatch, SeenBatch } from '../../../src/objectives/objective.ts';

/** Rows and log-probabilities of no model, for objectives against their formulas. */

/** A repeatable number between 0 and 1 for each i. */
export function noise(i: number): number {
  const x = Math.sin(12.9898 * (i + 1)) * 43758.5453;
  return x - Math.floor(x);
}

/** An example of so many tokens, the last `answer` of which are supervised. */
export function exampleOf(index: number, length: number, answer: number, first = 1): Example {
  const ids = Int32Array.from({ length }, (_, i) => first + i);
  const labels = ids.map((id, i) => (i < length - answer ? -100 : id));
  return { index, line: index + 1, ids, labels, truncated: 0 };
}

/** What some model gives to the supervised tokens of a batch: −log p between `least` and `most`. */
export function madeUp(batch: Batch, seed: number, least = 0.05, most = 3): LogProbabilities {
  const supervised = supervisedRows(batch);
  const losses = Float32Array.from(
    { length: supervised.count },
    (_, i) => least + (most - least) * noise(1000 * seed + i),
  );
  return logProbabilitiesOf(batch, supervised, losses);
}

/** log p of the supervised tokens of each row, in float64. */
export function byRow(batch: Batch, { each }: LogProbabilities): number[][] {
  return Array.from({ length: batch.rows }, (_, row) =>
    Array.from({ length: batch.lengths[row] }, (_, i) => row * batch.length + i)
      .filter((at) => at % batch.length > 0 && batch.labels[at] >= 0)
      .map((at) => each[at]),
  );
}

/**
 * −n · ∂L/∂log p of every supervised token, by central differences of a formula in float64: what its weight has to be.
 *
 * @param formula L of log p by row
 */
export function weightsByDifferences(
  rows: readonly (readonly number[])[],
  formula: (rows: number[][]) => number,
  n: number,
): number[][] {
  const by = 1e-5;
  const at = (row: number, token: number, change: number) =>
    formula(
      rows.map((values, r) => values.map((value, t) => value + (r === row && t === token ? change : 0))),
    );
  return rows.map((values, row) =>
    values.map((_, token) => (-n * (at(row, token, by) - at(row, token, -by))) / (2 * by)),
  );
}

/** The weights of the supervised tokens by row, as `weigh` gives them for a batch. */
export function weightsByRow(batch: Batch, weights: Float32Array): number[][] {
  return byRow(batch, { each: weights, sum: new Float64Array(0), tokens: new Int32Array(0) });
}

export const LAYOUT = { packing: false, maxLength: 64 };

/** Answers of different lengths, in two micro-batches. */
export const PAIRS: Example[][] = [[pair(0, 9, 5, 3), pair(1, 12, 4, 8)], [pair(2, 7, 2, 6)]];
export const JUDGED: Example[][] = [
  [judged(0, 9, 5, true), judged(1, 12, 4, false), judged(2, 7, 3, true)],
  [judged(3, 8, 2, false), judged(4, 10, 6, true)],
];

/** A pair with so many tokens in the better row, and so many in each answer. */
function pair(index: number, length: number, better: number, worse: number): Example {
  const prompt = length - better;
  return { ...exampleOf(index, length, better), rejected: exampleOf(index, prompt + worse, worse, 50) };
}

function judged(index: number, length: number, answer: number, good: boolean): Example {
  return { ...exampleOf(index, length, answer, 10 * index + 1), good };
}

/** What the passes of micro-batches could have given. */
export function seenOf(micro: readonly MicroBatch[]): SeenBatch[] {
  return micro.map(({ policy = [], reference = [], ...rest }, i) => ({
    ...rest,
    policy: policy.map((batch, pass) => madeUp(batch, 10 * i + pass + 1)),
    // Not far from the policy's: differences are of a few nats.
    reference: reference.map(({ batch }, pass) => {
      const near = madeUp(batch, 10 * i + pass + 1);
      return near.sum.map((sum, row) => sum + 3 * (noise(99 * i + 7 * pass + row) - 0.6));
    }),
  }));
}
