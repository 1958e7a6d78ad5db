import { expect, test } from 'vitest';
import { splitWeight } from '../../../src/loading/split-weight.ts';

const COLS = 32;
const ROW = COLS * 4;
const weight = (rows: number) => ({
  ...{ rows, cols: COLS, type: 'f32' as const },
  data: { buffer: {}, offset: 256, size: rows * ROW },
});
const ranges = (rows: number, limit: number) =>
  splitWeight(weight(rows), limit).map(({ begin, end, weight: { rows, data } }) => {
    expect(rows).toBe(end - begin);
    expect(data).toMatchObject({ offset: 256 + begin * ROW, size: rows * ROW });
    return [begin, end];
  });

test('a weight that one binding holds is one part, a larger one is cut at multiples of 64 rows', () => {
  expect(ranges(200, 200 * ROW)).toEqual([[0, 200]]);
  expect(ranges(200, 200 * ROW - 1)).toEqual([
    [0, 192],
    [192, 200],
  ]);
  expect(ranges(200, 127 * ROW).map(([begin]) => begin)).toEqual([0, 64, 128, 192]);
});

test('a binding of less than 64 rows, which no device has, ends in parts of 64 rows and not in a loop', () => {
  expect(ranges(200, 10 * ROW).map(([begin]) => begin)).toEqual([0, 64, 128, 192]);
});
