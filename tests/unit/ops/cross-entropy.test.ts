import { expect, it } from 'vitest';
import {
  crossEntropyBackwardReference,
  crossEntropyReference,
} from '../../../src/ops/reference/cross-entropy.ts';
import { dense } from '../../../src/ops/reference/linear.ts';
import { differences, expectClose, scattered } from './finite-differences.ts';

it('is the logarithm of the vocabulary where all logits are equal', () => {
  const losses = crossEntropyReference(
    dense(2, 50, (i) => 80 * i),
    [0, 49],
    [1, 1],
  );
  expectClose(losses, [Math.log(50), Math.log(50)], 1e-12);
});

it('is finite for logits whose exponential is not', () => {
  const logits = dense(2, 3, (_, j) => [-1000, 0, 1000][j]);
  expect([...crossEntropyReference(logits, [2, 0], [1, 1])]).toEqual([0, 2000]);
  expect([...crossEntropyBackwardReference(logits, [2, 0], [1, 1], 0.5).values]).toEqual([
    0, 0, 0, -0.5, 0, 0.5,
  ]);
});

it('has the gradient of its finite differences', () => {
  const logits = scattered(3, 7, 1);
  const targets = [0, 6, 3];
  const weights = [1, -2.5, 0.125];
  const loss = () => 0.3 * crossEntropyReference(logits, targets, weights).reduce((a, b) => a + b);
  expectClose(
    crossEntropyBackwardReference(logits, targets, weights, 0.3).values,
    differences(logits.values, loss),
  );
});
