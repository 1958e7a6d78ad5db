import { describe, expect, it } from 'vitest';
import { dense } from '../../../src/ops/reference/linear.ts';
import {
  layerNormBackwardReference,
  layerNormReference,
  rmsNormBackwardReference,
  rmsNormReference,
} from '../../../src/ops/reference/norm.ts';
import { along, differences, expectClose, scattered } from './finite-differences.ts';

const [ROWS, COLS, EPS] = [3, 7, 1e-5];
const weight = scattered(1, COLS, 1).values;
const bias = scattered(1, COLS, 2).values;
const dy = scattered(ROWS, COLS, 3);

describe('RMS norm', () => {
  it('gives rows whose mean square is 1, but for ε', () => {
    const x = dense(1, 2, (_, j) => [3, 4][j]);
    const { y, rstd } = rmsNormReference(x, [1, 10], 0);
    expectClose(y.values, [3 / Math.sqrt(12.5), 40 / Math.sqrt(12.5)], 1e-14);
    expectClose(rstd, [1 / Math.sqrt(12.5)], 1e-14);
    expect(rmsNormReference(dense(1, 2), [1, 1], 0.25).rstd[0]).toBe(2);
  });

  it('has the gradient of its finite differences', () => {
    const x = scattered(ROWS, COLS, 4);
    const expected = differences(x.values, () => along(rmsNormReference(x, weight, EPS).y, dy));
    expectClose(rmsNormBackwardReference(x, weight, EPS, dy).values, expected);
  });
});

describe('layer norm', () => {
  it('takes the mean away and divides by the deviation', () => {
    const { y, mean, rstd } = layerNormReference(
      dense(1, 4, (_, j) => [1, 1, 5, 5][j]),
      [1, 2, 1, 1],
      [0, 0, 0, 7],
      0,
    );
    expect([...y.values, ...mean, ...rstd]).toEqual([-1, -2, 1, 8, 3, 0.5]);
  });

  it('has the gradient of its finite differences', () => {
    const x = scattered(ROWS, COLS, 5);
    const expected = differences(x.values, () => along(layerNormReference(x, weight, bias, EPS).y, dy));
    expectClose(layerNormBackwardReference(x, weight, EPS, dy).values, expected);
  });
});
