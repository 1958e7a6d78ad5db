import { describe, expect, test } from 'vitest';
import { alignedSeries, lossRange } from '../../../../src/app/drawing/aligned.ts';
import { linePath } from '../../../../src/app/drawing/line-path.ts';

function series(step: number[], loss: number[]) {
  return { step, loss, smooth: loss, learningRate: loss, gradNorm: loss, figures: {} };
}

describe('rows of the curve', () => {
  test('steps and held-out points share one axis', () => {
    const run = {
      series: series([1, 2, 3], [4, Number.NaN, 3]),
      held: { step: [0, 2, 5], loss: [5, 4.5, 4], rows: 9 },
    };
    expect(alignedSeries(run)).toEqual([
      [0, 1, 2, 3, 5],
      [null, 4, null, 3, null],
      [null, 4, null, 3, null],
      [5, null, 4.5, null, 4],
    ]);
  });

  test('without a step there is an empty axis', () => {
    expect(alignedSeries({ series: series([], []), held: { step: [], loss: [], rows: 0 } })).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});

test('the loss axis has air around what is in sight, and never shows below zero', () => {
  expect(lossRange(1, 3)).toEqual([0.84, 3.16]);
  expect(lossRange(0.01, 3)[0]).toBe(0);
  expect(lossRange(null, null)).toEqual([0, 4]);
  const [low, high] = lossRange(2, 2);
  expect(low).toBeLessThan(2);
  expect(high).toBeGreaterThan(2);
});

describe('a line as a path', () => {
  const frame = { width: 100, height: 10, x: [0, 10] as [number, number], y: [0, 5] as [number, number] };

  test('values land where the frame has them, and a gap lifts the pen', () => {
    expect(linePath([0, 5, 6, 10], [0, 5, Number.NaN, 2.5], frame)).toBe('M0.0 10.0L50.0 0.0M100.0 5.0');
    expect(linePath([], [], frame)).toBe('');
  });

  test('50,000 points stay a short path that keeps the one spike', () => {
    const xs = Array.from({ length: 50_000 }, (_, i) => i);
    const ys = xs.map((x) => (x === 31_234 ? 5 : 1));
    const path = linePath(xs, ys, { ...frame, x: [0, 49_999] });
    expect(path.match(/[ML]/g)?.length).toBeLessThanOrEqual(2 * 101);
    expect(path).toContain(' 0.0');
  });
});
