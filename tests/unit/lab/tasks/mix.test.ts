import { describe, expect, test } from 'vitest';
import { apportioned, drawnRows, partsOf, sharesOf } from '../../../../src/lab/tasks/mix.ts';
import { budgetOf, trainingOf } from '../../../../src/lab/tasks/steps.ts';

describe('shares of tasks', () => {
  test('are by rows, even, or between the two by temperature', () => {
    expect(sharesOf([10, 90], 'rows', 2)).toEqual([0.1, 0.9]);
    expect(sharesOf([10, 90], 'even', 2)).toEqual([0.5, 0.5]);
    // √10 : √90 is 1 : 3.
    expect(sharesOf([10, 90], 'temperature', 2)[0]).toBeCloseTo(0.25, 12);
    expect(sharesOf([10, 90], 'temperature', 1)[0]).toBeCloseTo(0.1, 12);
    expect(sharesOf([10, 90], 'temperature', 1e6)[0]).toBeCloseTo(0.5, 4);
  });

  test('become whole numbers that add up, none of them 0', () => {
    expect(apportioned(10, [0.5, 0.5])).toEqual([5, 5]);
    expect(apportioned(11, [0.5, 0.5])).toEqual([6, 5]);
    expect(apportioned(100, [0.999, 0.001])).toEqual([99, 1]);
    expect(apportioned(3, [0.2, 0.3, 0.5])).toEqual([1, 1, 1]);
    for (let total = 3; total < 60; total++) {
      const counts = apportioned(total, [0.13, 0.26, 0.61]);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    }
  });
});

describe('the rows of a training', () => {
  test('come all once before any comes again, in an order that the seed and the pass decide', () => {
    const drawn = drawnRows(25, 10, 7);
    expect(drawn).toHaveLength(25);
    for (const pass of [drawn.slice(0, 10), drawn.slice(10, 20)])
      expect([...pass].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(drawn.slice(20)).size).toBe(5);
    expect(drawn.slice(0, 10)).not.toEqual(drawn.slice(10, 20));
    expect(drawnRows(25, 10, 7)).toEqual(drawn);
    expect(drawnRows(25, 10, 8)).not.toEqual(drawn);
  });

  test('are as many as the steps take, with a share that is replayed', () => {
    const tasks = [
      { of: 0, rows: 5, share: 0.25 },
      { of: 2, rows: 50, share: 0.25 },
    ];
    const parts = partsOf({ total: 40, tasks, replay: { rows: 3, share: 0.1 }, seed: 0 });
    expect(parts.map(({ of, rows }) => [of, rows.length])).toEqual([
      [0, 18],
      [2, 18],
      ['replay', 4],
    ]);
    expect(partsOf({ total: 40, tasks, replay: null, seed: 0 }).map(({ rows }) => rows.length)).toEqual([
      20, 20,
    ]);
  });

  test('leave each task a row where nearly all is replayed', () => {
    const tasks = [{ of: 0, rows: 5, share: 1 }];
    const parts = partsOf({ total: 4, tasks, replay: { rows: 9, share: 0.99 }, seed: 0 });
    expect(parts.map(({ rows }) => rows.length)).toEqual([1, 3]);
  });
});

describe('steps', () => {
  const settings = { steps: null, epochs: 3, batch: 4, accumulate: 2 };
  const mix = { mix: 'rows', temperature: 2 } as const;

  test('of all strategies are those that the epochs of all tasks take, or those that are set', () => {
    expect(budgetOf([40, 80], settings, mix)).toEqual({
      ...{ total: 15 + 30, each: [15, 30], shares: [1 / 3, 2 / 3] },
    });
    expect(budgetOf([40, 80], { ...settings, steps: 10 }, { ...mix, mix: 'even' })).toEqual({
      ...{ total: 10, each: [5, 5], shares: [0.5, 0.5] },
    });
    expect(budgetOf([40, 80], { ...settings, steps: 1 }, mix)).toBeNull();
  });

  test('of a training follow from what it is on, and one pass over its rows is all of it', () => {
    const budget = budgetOf([40, 80], { ...settings, steps: 9 }, mix)!;
    const given = {
      tasks: [
        { name: 'a', rows: 40 },
        { name: 'b', rows: 80 },
      ],
      ...{ budget, rowsOfStep: 8, replay: null, seed: 0 },
    };
    const training = (...on: string[]) => trainingOf({ name: 'x', kind: 'train', on, from: null }, given);
    expect(training('a', 'b')).toMatchObject({ steps: 9, parts: [{ of: 0 }, { of: 1 }] });
    expect(training('a', 'b').parts.map(({ rows }) => rows.length)).toEqual([24, 48]);
    expect(training('b')).toMatchObject({ steps: 6, parts: [{ of: 1 }] });
    expect(training('b').parts[0].rows).toHaveLength(48);
    expect(training('a').steps + training('b').steps).toBe(9);
  });
});
