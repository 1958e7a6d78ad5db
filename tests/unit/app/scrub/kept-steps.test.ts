import { expect, test } from 'vitest';
import { nearestKept, placeWords } from '../../../../src/app/scrub/kept-steps.ts';

const steps = [0, 9, 18, 60, 90];

test('a place on the curve stands for the kept step nearest to it, the end among them', () => {
  const at = (place: number) => nearestKept(steps, place, 90);
  expect([0, 4, 4.6, 10, 39.1, 41, 74, 76, 90].map(at)).toEqual([0, 0, 9, 9, 60, 60, 60, null, null]);
  expect(at(-20)).toBe(0);
  expect(at(1000)).toBeNull();
});

test('the end is as the run left it, also where the adapter of its last step is kept beside', () => {
  expect(nearestKept([0, 90], 89, 90)).toBeNull();
  expect(nearestKept([90], 0, 90)).toBeNull();
  // Stopped: kept steps never lie behind the last one.
  expect(nearestKept([0, 30], 29, 30)).toBeNull();
});

test('with nothing kept there is the end alone, and halfway the later one counts', () => {
  expect(nearestKept([], 3, 90)).toBeNull();
  expect(nearestKept([0, 10], 5, 90)).toBe(0);
  expect(nearestKept([0], 45, 90)).toBeNull();
});

test('the nearest is named where it is not the place itself', () => {
  expect(placeWords(null, null)).toMatch(/^Drag along the curve/);
  expect(placeWords(12, 9)).toBe('At step 9, the kept one nearest to 12');
  expect(placeWords(9, 9)).toBe('At step 9');
  expect(placeWords(null, 9)).toBe('At step 9');
  expect(placeWords(88, null)).toMatch(/^Drag along the curve/);
});
