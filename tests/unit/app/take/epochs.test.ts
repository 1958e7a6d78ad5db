import { expect, test } from 'vitest';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { epochsText } from '../../../../src/app/take/epochs.ts';

test.each([
  // A tenth of 200 rows is held out, four rows a step.
  [30, 200, {}, '0.7 epochs over 180 trained rows'],
  [45, 200, {}, '1 epoch over 180 trained rows'],
  [90, 200, { accumulate: 2 }, '3.9 epochs over 180 trained rows'],
  // The seventh step of a pass has one row of 25.
  [7, 25, { evalFraction: 0 }, '1 epoch over 25 trained rows'],
  [8, 25, { evalFraction: 0 }, '1.2 epochs over 25 trained rows'],
  // Never more than 200 are held out.
  [1, 5000, {}, '0 epochs over 4,800 trained rows'],
])('%i steps over %i rows', (steps, used, settings, text) => {
  expect(epochsText({ ...PAGE_DEFAULTS, ...settings }, used, steps)).toBe(text);
});
