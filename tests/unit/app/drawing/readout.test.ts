import { expect, it } from 'vitest';
import type { Aligned } from '../../../../src/app/drawing/aligned.ts';
import { readout } from '../../../../src/app/drawing/readout.ts';

const curve: Aligned = [
  [0, 1, 2, 3],
  [null, 4, 3, null],
  [null, 4, 3.5, null],
  [5, null, 2, null],
];

it('names every line at a place, the held-out one between two measurements too', () => {
  expect(readout(curve, 0)).toBe('step 0 · held-out 5.000');
  expect(readout(curve, 1)).toBe('step 1 · smoothed 4.000 · this step 4.000 · held-out at step 0: 5.000');
  expect(readout(curve, 2)).toBe('step 2 · smoothed 3.500 · this step 3.000 · held-out 2.000');
  expect(readout(curve, 4)).toBeNull();
  expect(readout([[1], [null], [null], [null]], 0)).toBeNull();
});
