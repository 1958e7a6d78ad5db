import { describe, expect, test } from 'vitest';
import { beginRecital, checkRecital, isLong } from '../../../../src/app/actions/recital.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { NO_RECITAL, useRecital } from '../../../../src/app/state/recital.ts';
import { setApp, useApp } from '../../../../src/app/state/store.ts';
import { sentence } from '../../../../src/app/take/recital.tsx';
import type { DataReport } from '../../../../src/data/types.ts';
import { spread } from '../../../../src/worker/compute/measures.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

test('rows to recite are spread over all of them, and no more than there are', () => {
  expect(spread([5, 6, 7], 50)).toEqual([5, 6, 7]);
  expect(
    spread(
      Uint32Array.from({ length: 100 }, (_, i) => i),
      4,
    ),
  ).toEqual([0, 25, 50, 75]);
  expect(spread([], 50)).toEqual([]);
});

test('a label is known, a sentence is recited', () => {
  expect(isLong('complaint')).toBe(false);
  expect(isLong(' Arr, the sea be wide,  matey! ')).toBe(true);
});

test('of other data than the run had nothing is asked', async () => {
  const [ours, other] = [{ used: 1 }, { used: 1 }] as unknown as DataReport[];
  setApp({ runSettings: PAGE_DEFAULTS, data: other });
  beginRecital(ours);
  await checkRecital();
  expect(useRecital.getState()).toEqual({ ...NO_RECITAL, of: ours });
});

describe('what is said of it', () => {
  const row = { line: 1, prompt: 'a', answer: 'b' };
  test.each([
    [{ total: 50, asked: { counted: 3, all: 4 } }, 'Asked 4 of 50 rows.'],
    [{ asked: { counted: 0, all: 12 } }, /^None of the 12 rows asked has an answer of 6 words/],
    [{ asked: { counted: 1, all: 12 } }, 'None of 1 row asked came back word for word.'],
    [{ asked: { counted: 40, all: 50 }, recited: [row, row] }, /^2 of 40 rows asked came back word for word/],
  ])('%j', (found, expected) => {
    expect(sentence({ ...NO_RECITAL, ...found })).toMatch(expected);
  });
});
