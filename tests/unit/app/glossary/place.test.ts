import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeUnder } from '../../../../src/app/glossary/place.ts';

const window = { width: 1000, height: 800 };
const panel = { width: 320, height: 200 };

test('an explanation stands under its word, or over it where there is no room', () => {
  expect(placeUnder({ left: 100, top: 100, width: 40, height: 20 }, panel, window)).toEqual({
    left: 100,
    top: 126,
  });
  expect(placeUnder({ left: 900, top: 700, width: 40, height: 20 }, panel, window)).toEqual({
    left: 672,
    top: 494,
  });
});

test('it is inside the window, wherever the word is', () => {
  const place = fc.integer({ min: -200, max: 1200 });
  fc.assert(
    fc.property(place, place, (left, top) => {
      const at = placeUnder({ left, top, width: 60, height: 20 }, panel, window);
      expect(at.left).toBeGreaterThanOrEqual(8);
      expect(at.left + panel.width).toBeLessThanOrEqual(992);
      expect(at.top).toBeGreaterThanOrEqual(8);
      expect(at.top + panel.height).toBeLessThanOrEqual(792);
    }),
  );
});
