import { describe, expect, test } from 'vitest';
import { shareOf } from '../../../src/data/metric.ts';
import { bootstrapInterval, pairedTest } from '../../../src/lab/statistics.ts';

const rows = (...right: number[]) => right.map((one) => ({ right: one, of: 1 }));
const times = (count: number, right: number) => rows(...Array.from({ length: count }, () => right));

test('a share counts each row for what it has', () => {
  expect(
    shareOf([
      { right: 1, of: 3 },
      { right: 5, of: 5 },
    ]),
  ).toBe(6 / 8);
  expect(shareOf([])).toBe(0);
  expect(shareOf([{ right: 0, of: 0 }])).toBe(1);
});

describe('the interval', () => {
  test('is about as wide as the normal one of a share: 50 of 100', () => {
    const [from, to] = bootstrapInterval([...times(50, 0), ...times(50, 1)], 1);
    // 1.96 · √(0.5 · 0.5 / 100) = 0.098.
    expect(from).toBeCloseTo(0.402, 1);
    expect(to).toBeCloseTo(0.598, 1);
    expect(Math.abs(to - from - 0.196)).toBeLessThan(0.02);
  });

  test('is the same with the same seed, and holds the share', () => {
    const some = rows(0, 1, 1, 0, 1, 0.5, 0.25);
    expect(bootstrapInterval(some, 7)).toEqual(bootstrapInterval(some, 7));
    const [from, to] = bootstrapInterval(some, 7);
    expect(from).toBeLessThan(shareOf(some));
    expect(to).toBeGreaterThan(shareOf(some));
    expect(bootstrapInterval(times(5, 1), 0)).toEqual([1, 1]);
  });
});

describe('the paired test', () => {
  test('counts the signs where few rows differ: 5 of 5 in one direction have 2 of 32', () => {
    expect(pairedTest([...times(5, 1), ...times(9, 1)], [...times(5, 0), ...times(9, 1)], 0)).toBe(2 / 32);
    // 4 up and 1 down: |sum| ≥ 3 in 2 · (1 + 5) of 32.
    expect(pairedTest(rows(1, 1, 1, 1, 0), rows(0, 0, 0, 0, 1), 0)).toBe(12 / 32);
    expect(pairedTest(rows(1, 0), rows(1, 0), 0)).toBe(1);
  });

  test('draws them where there are more, near what all signs would say', () => {
    // 15 up, 5 down of 20: the two-sided binomial p is 0.0414.
    const p = pairedTest([...times(15, 1), ...times(5, 0)], [...times(15, 0), ...times(5, 1)], 3);
    expect(Math.abs(p - 0.0414)).toBeLessThan(0.006);
    expect(pairedTest(times(40, 1), times(40, 0), 3)).toBe(1e-4);
  });

  test('is of the same rows', () => {
    expect(() => pairedTest(rows(1), rows(1, 0), 0)).toThrow(RangeError);
  });
});
