import { expect, test } from 'vitest';
import { frontierFigures } from '../../../../src/worker/compute/progression.ts';
import { point } from '../../lab/progression/measured.ts';

test('figures of points come with the choice that the written requirement gives, or the test', () => {
  const points = [point('small', 'q4', 12), point('large', 'q4', 24)];
  const asked = (enough: string) => frontierFigures({ points, skipped: [], enough, seed: 0 }).choice;
  expect(asked(' metric == 0.5 ')).toEqual({ model: 'small', dtype: 'q4' });
  expect(asked(' ')).toEqual({ model: 'large', dtype: 'q4' });
  expect(() => asked('metric ==')).toThrow('something is missing');
});
