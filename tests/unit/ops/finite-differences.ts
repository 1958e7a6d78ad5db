import { expect } from 'vitest';
import { type Dense, dense } from '../../../src/ops/reference/linear.ts';

/** Gradients by central differences, in float64. */

const STEP = 1e-5;

/** d loss / d values: one value moved at a time. */
export function differences(values: Float64Array, loss: () => number): Float64Array {
  return values.map((value, i) => {
    values[i] = value + STEP;
    const above = loss();
    values[i] = value - STEP;
    const below = loss();
    values[i] = value;
    return (above - below) / (2 * STEP);
  });
}

/** Σ y∘dy: the loss whose gradient at y is dy. */
export function along(y: Dense, dy: Dense): number {
  return y.values.reduce((sum, value, i) => sum + value * dy.values[i], 0);
}

/** No value further than `bound` from the other. */
export function expectClose(ours: ArrayLike<number>, theirs: ArrayLike<number>, bound = 1e-8): void {
  expect(ours.length).toBe(theirs.length);
  let worst = 0;
  for (let i = 0; i < theirs.length; i++) worst = Math.max(worst, Math.abs(ours[i] - theirs[i]));
  expect(worst).toBeLessThan(bound);
}

/** Numbers between −1 and 1 without a pattern, the same in every run. */
export function scattered(rows: number, cols: number, seed: number): Dense {
  return dense(rows, cols, (i, j) => Math.sin(12.9898 * i + 78.233 * j + 37.719 * seed + (i * j) ** 2));
}
