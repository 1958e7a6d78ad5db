import { expect, it } from 'vitest';
import { crossEntropyReference } from '../../../src/ops/reference/cross-entropy.ts';
import { dense } from '../../../src/ops/reference/linear.ts';
import {
  softCrossEntropyBackwardReference,
  softCrossEntropyReference,
} from '../../../src/ops/reference/soft-targets.ts';
import { differences, expectClose, scattered } from './finite-differences.ts';

const TARGETS = [0, 6, 3];
const WEIGHTS = [1, -2.5, 0.125];
const SOFT = {
  top: 3,
  ids: [0, 2, 5, 1, 3, 4, 6, 5, 3],
  // The second teacher leaves nothing to the rest, the third gives one of its likeliest nothing.
  probabilities: [0.5, 0.2, 0.1, 0.2, 0.7, 0.2, 0.1, 0, 0.6, 0, 0.1, 0.3],
};

it.each([0, 0.3, 1])('has the gradient of its finite differences, weight %d', (weight) => {
  const logits = scattered(3, 7, 1);
  const loss = () =>
    0.3 * softCrossEntropyReference(logits, TARGETS, WEIGHTS, SOFT, weight).losses.reduce((a, b) => a + b);
  expectClose(
    softCrossEntropyBackwardReference(logits, TARGETS, WEIGHTS, SOFT, { weight, scale: 0.3 }).values,
    differences(logits.values, loss),
  );
});

it('is the cross-entropy where the teacher counts nothing', () => {
  const logits = scattered(3, 7, 2);
  const { losses, crossEntropies } = softCrossEntropyReference(logits, TARGETS, WEIGHTS, SOFT, 0);
  expectClose(losses, crossEntropyReference(logits, TARGETS, WEIGHTS), 1e-12);
  expect(crossEntropies).toEqual(losses);
});

it('is Σ t log(t / p) over the whole vocabulary where every token is among the likeliest', () => {
  const logits = scattered(1, 4, 3);
  const t = [0.1, 0.2, 0.3, 0.4];
  const soft = { top: 4, ids: [3, 1, 0, 2], probabilities: [t[3], t[1], t[0], t[2], 0] };
  const total = logits.values.reduce((sum, z) => sum + Math.exp(z), 0);
  const expected = t.reduce((sum, p, j) => sum + p * Math.log((p * total) / Math.exp(logits.values[j])), 0);
  const { divergences } = softCrossEntropyReference(logits, [0], [1], soft, 1);
  expect(divergences[0]).toBeCloseTo(expected, 12);
  const gradient = softCrossEntropyBackwardReference(logits, [0], [1], soft, { weight: 1, scale: 1 });
  expectClose(
    gradient.values,
    t.map((p, j) => Math.exp(logits.values[j]) / total - p),
    1e-12,
  );
});

it('is nothing, and pulls nowhere, where the student is the teacher', () => {
  const logits = scattered(1, 6, 4);
  const total = logits.values.reduce((sum, z) => sum + Math.exp(z), 0);
  const p = logits.values.map((z) => Math.exp(z) / total);
  const soft = { top: 2, ids: [1, 4], probabilities: [p[1], p[4], 1 - p[1] - p[4]] };
  expectClose(softCrossEntropyReference(logits, [0], [1], soft, 1).losses, [0], 1e-12);
  const gradient = softCrossEntropyBackwardReference(logits, [0], [1], soft, { weight: 1, scale: 1 });
  expectClose(gradient.values, new Float64Array(6), 1e-12);
});

it('is finite where nothing is left beside the likeliest', () => {
  const logits = dense(1, 3, (_, j) => [1000, 0, -1000][j]);
  const soft = { top: 1, ids: [0], probabilities: [1, 0] };
  const { losses } = softCrossEntropyReference(logits, [0], [1], soft, 0.5);
  expect([...losses]).toEqual([0]);
  const args = { weight: 0.5, scale: 1 };
  expect([...softCrossEntropyBackwardReference(logits, [0], [1], soft, args).values]).toEqual([0, 0, 0]);
  const doubted = { ...soft, probabilities: [0.5, 0.5] };
  expect(softCrossEntropyReference(logits, [0], [1], doubted, 1).losses[0]).toBeCloseTo(500 - Math.log(2), 9);
});
