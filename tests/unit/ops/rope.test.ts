import { expect, it } from 'vitest';
import { dense } from '../../../src/ops/reference/linear.ts';
import { ropeBackwardReference, ropeReference } from '../../../src/ops/reference/rope.ts';
import { along, differences, expectClose, scattered } from './finite-differences.ts';

const [HEAD, ROTARY] = [7, 4];
const angle = (row: number, j: number) => (row + 1) * 0.9 ** j;

it('turns the pairs (j, j + half) of each head and leaves the rest', () => {
  const x = dense(1, 10, (_, j) => j + 1);
  const y = ropeReference(x, 5, 4, (_, j) => (j === 0 ? Math.PI / 2 : 0));
  expectClose(y.values, [-3, 2, 1, 4, 5, -8, 7, 6, 9, 10], 1e-14);
});

it('keeps lengths, and turns back to where it began', () => {
  const x = scattered(3, 2 * HEAD, 1);
  const y = ropeReference(x, HEAD, ROTARY, angle);
  expect(along(y, y)).toBeCloseTo(along(x, x), 12);
  expectClose(ropeBackwardReference(y, HEAD, ROTARY, angle).values, x.values, 1e-14);
});

it('has the gradient of its finite differences', () => {
  const x = scattered(3, 2 * HEAD, 2);
  const dy = scattered(3, 2 * HEAD, 3);
  const expected = differences(x.values, () => along(ropeReference(x, HEAD, ROTARY, angle), dy));
  expectClose(ropeBackwardReference(dy, HEAD, ROTARY, angle).values, expected);
});
