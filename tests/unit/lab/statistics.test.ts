import { describe, expect, test } from 'vitest';
import { shareOf } from '../../../src/data/metric.ts';
import {
  bootstrapDifference,
  bootstrapInterval,
  MOST_SEEDS,
  pairedTest,
  seedInterval,
} from '../../../src/lab/statistics.ts';

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

describe('a difference of two ways of answering', () => {
  const row = (right: number) => ({ right, of: 1 });
  const rows = (right: number, of = 20) => Array.from({ length: of }, (_, i) => row(i < right ? 1 : 0));

  test('its bootstrap draws rows in pairs: of the same rows twice nothing is left', () => {
    expect(bootstrapDifference([{ a: rows(12), b: rows(12) }], 0)).toEqual([0, 0]);
    const shifted = rows(12).map(({ right }) => row(right - 0.25));
    for (const end of bootstrapDifference([{ a: rows(12), b: shifted }], 0))
      expect(end).toBeCloseTo(0.25, 10);
  });

  test('around the difference, as wide as the binomial says, and the same for a seed', () => {
    const b = rows(0, 100);
    const interval = bootstrapDifference([{ a: rows(50, 100), b }], 3);
    expect(interval[0]).toBeCloseTo(0.5 - 1.96 * 0.05, 1);
    expect(interval[1]).toBeCloseTo(0.5 + 1.96 * 0.05, 1);
    expect(bootstrapDifference([{ a: rows(50, 100), b }], 3)).toEqual(interval);
  });

  test('is the mean over groups, whatever rows each has', () => {
    const groups = [
      { a: rows(4, 4), b: rows(0, 4) },
      { a: rows(0, 100), b: rows(0, 100) },
    ];
    expect(bootstrapDifference(groups, 0)).toEqual([0.5, 0.5]);
  });
});

describe('an interval over seeds', () => {
  test('is Student’s: of three values x̄ ± 4.303·s/√3, of one there is none', () => {
    const [low, high] = seedInterval([0.2, 0.4, 0.6])!;
    expect(low).toBeCloseTo(0.4 - (4.3027 * 0.2) / Math.sqrt(3), 6);
    expect(high).toBeCloseTo(0.4 + (4.3027 * 0.2) / Math.sqrt(3), 6);
    expect(seedInterval([0.5])).toBeNull();
    expect(seedInterval([0.5, 0.5, 0.5])).toEqual([0.5, 0.5]);
  });

  test.each(Array.from({ length: MOST_SEEDS - 1 }, (_, i) => i + 2))(
    'of %i seeds it leaves out 2.5 % on each side of the density of t',
    (n) => {
      // Values with x̄ of 0 and s/√n of 1, so that the interval is t itself.
      const spread = Math.sqrt((n * (n - 1)) / 2);
      const values = [spread, -spread, ...new Array(n - 2).fill(0)];
      const [, t] = seedInterval(values)!;
      const df = n - 1;
      const density = (x: number) => (1 + (x * x) / df) ** (-(df + 1) / 2);
      const area = (from: number, to: number, steps = 20_000) => {
        const h = (to - from) / steps;
        let sum = density(from) + density(to);
        for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * density(from + i * h);
        return (sum * h) / 3;
      };
      // ∫₀^∞ by x = tan u, which has no tail.
      const whole = (() => {
        const steps = 20_000;
        const h = Math.PI / 2 / steps;
        let sum = 0;
        for (let i = 0; i < steps; i++) {
          const u = (i + 0.5) * h;
          sum += density(Math.tan(u)) / Math.cos(u) ** 2;
        }
        return sum * h;
      })();
      expect(area(0, t) / whole).toBeCloseTo(0.95, 4);
    },
  );
});
