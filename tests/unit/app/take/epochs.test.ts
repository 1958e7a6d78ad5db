import { expect, test } from 'vitest';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { epochsText } from '../../../../src/app/take/epochs.ts';

test.each([
  // A tenth of 200 rows is held out, four rows a step.
  [30, 200, {}, '0.7 epochs over 180 training rows'],
  [45, 200, {}, '1 epoch over 180 training rows'],
  [90, 200, { accumulate: 2 }, '3.9 epochs over 180 training rows'],
  // The seventh step of an epoch has one row of 25.
  [7, 25, { evalFraction: 0 }, '1 epoch over 25 training rows'],
  [8, 25, { evalFraction: 0 }, '1.2 epochs over 25 training rows'],
  // Never more than 200 are held out.
  [1, 5000, {}, '0 epochs over 4,800 training rows'],
])('%i steps over %i rows', (steps, used, settings, text) => {
  expect(epochsText({ ...PAGE_DEFAULTS, ...settings }, used, steps)).toBe(text);
});
