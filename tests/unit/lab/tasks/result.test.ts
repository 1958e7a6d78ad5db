import { describe, expect, test } from 'vitest';
import { unansweredIn } from '../../../../src/lab/tasks/result.ts';
import { done, FORGOTTEN, resultOf, rows } from './measured.ts';

const strategyIn = (result: ReturnType<typeof resultOf>, name: string) =>
  result.strategies.find((one) => one.name === name)!;

describe('of one seed', () => {
  const result = resultOf([FORGOTTEN]);

  test('each strategy has every task’s figure with its interval, loss, cost and steps', () => {
    expect(result.strategies.map(({ name }) => name)).toEqual([
      ...['together', 'sequence', 'reverse', 'apart', 'merge-sum'],
    ]);
    const together = strategyIn(result, 'together');
    expect(together.tasks.map(({ name, metric }) => [name, metric])).toEqual([
      ['a', 0.85],
      ['b', 0.9],
    ]);
    expect(together.tasks[0].interval[0]).toBeLessThan(0.85);
    expect(together.tasks[0].interval[1]).toBeGreaterThan(0.85);
    expect(together).toMatchObject({ elsewhere: 0.2, seconds: 10, steps: 8, memory_bytes: 5e6 });
    expect(together.tasks[0].loss).toBe(0.5);
    expect(together.tasks[0].seed_interval).toBeNull();
    expect(result.base.tasks.map(({ metric }) => metric)).toEqual([0, 0.05]);
    expect(result.base.elsewhere).toBe(0.1);
  });

  test('a strategy costs all that it is made of, and takes the same steps', () => {
    expect(strategyIn(result, 'sequence')).toMatchObject({ seconds: 20, steps: 8, elsewhere: 0.4 });
    expect(strategyIn(result, 'merge-sum')).toMatchObject({
      seconds: 21,
      steps: 8,
      merge_error: 0.1,
      merge_scales: [0.5],
    });
    expect(strategyIn(result, 'apart')).toMatchObject({ seconds: 20, steps: 8, elsewhere: null });
  });

  test('forgetting is what a task had right after it was learned, minus what it has at the end', () => {
    const [a, b] = strategyIn(result, 'sequence').tasks;
    expect(a).toMatchObject({ learned: 0.9, metric: 0.1 });
    expect(a.forgetting).toBeCloseTo(0.8, 12);
    expect(a.forgetting_interval![0]).toBeGreaterThan(0.5);
    expect(b).toMatchObject({ learned: 0.95, metric: 0.95, forgetting: 0 });
    const reversed = strategyIn(result, 'reverse').tasks;
    expect(reversed[1]).toMatchObject({ learned: 0.95, metric: 0.15 });
    expect(reversed[0].forgetting).toBe(0);
    for (const name of ['together', 'apart', 'merge-sum'])
      for (const task of strategyIn(result, name).tasks)
        expect(task).toMatchObject({ learned: null, forgetting: null, forgetting_interval: null });
  });

  test('apart each task is answered by its own adapter, and is compared with nothing', () => {
    const apart = strategyIn(result, 'apart');
    expect(apart.tasks.map(({ metric }) => metric)).toEqual([0.9, 0.95]);
    expect(apart.tasks.every(({ beside_sequence }) => beside_sequence === null)).toBe(true);
    expect(apart.mean.beside_sequence).toBeNull();
  });

  test('beside the sequence: the difference of each task with its p, and of the mean', () => {
    const together = strategyIn(result, 'together');
    const [a, b] = together.tasks.map(({ beside_sequence }) => beside_sequence!);
    expect(a.difference).toBeCloseTo(0.75, 12);
    expect(a.p_value).toBeLessThan(0.001);
    expect(b.difference).toBeCloseTo(-0.05, 12);
    expect(b.p_value).toBe(1);
    expect(together.mean.beside_sequence!.difference).toBeCloseTo(0.35, 12);
    expect(together.mean.metric).toBeCloseTo(0.875, 12);
    expect(strategyIn(result, 'sequence').mean.beside_sequence).toBeNull();
    const without = resultOf([FORGOTTEN], { strategies: ['together'] });
    expect(strategyIn(without, 'together').mean.beside_sequence).toBeNull();
  });
});

describe('of several seeds', () => {
  const other = { ...FORGOTTEN, a: done([14, 0], { seconds: 14 }), 'a,b': done([4, 17]) };
  const result = resultOf([FORGOTTEN, other]);
  const [a] = strategyIn(result, 'sequence').tasks;

  test('figures are means, with an interval over rows and one over seeds', () => {
    expect(a.by_seed).toEqual([0.1, 0.2]);
    expect(a.metric).toBeCloseTo(0.15, 12);
    // t of one degree of freedom: x̄ ± 12.706 · s/√2, as far as a share can go.
    expect(a.seed_interval![1] - a.metric).toBeCloseTo(12.7062 * 0.05, 6);
    expect(a.seed_interval![0]).toBe(0);
    expect(a.learned).toBeCloseTo(0.8, 12);
    expect(a.forgetting).toBeCloseTo(0.65, 12);
    // 12.706 · 0.15 beyond both ends of the scale.
    expect(a.forgetting_seed_interval).toEqual([-1, 1]);
    expect(strategyIn(result, 'sequence').seconds).toBe(22);
    expect(strategyIn(result, 'sequence').elsewhere).toBeCloseTo(0.3, 12);
  });

  test('a row counts its mean over the seeds', () => {
    // Rows 2 and 3 are right with one seed of two.
    const same = resultOf([FORGOTTEN, FORGOTTEN]);
    const [first] = strategyIn(same, 'sequence').tasks;
    expect(first.interval).toEqual(strategyIn(resultOf([FORGOTTEN]), 'sequence').tasks[0].interval);
    expect(a.interval[1]).toBeGreaterThan(first.interval[1]);
  });
});

test('what is reduced is a strategy of its own, beside the one that it is of', () => {
  const reduced = (right: number[]) => done(right, { steps: 0, seconds: 2, intruders: 7 }, 0.15);
  const jobs = {
    ...FORGOTTEN,
    ...{ 'together+reduced': reduced([15, 18]), 'a,b+reduced': reduced([5, 18]) },
    ...{ 'b,a+reduced': reduced([17, 5]), 'merge-sum+reduced': reduced([4, 4]) },
  };
  const result = resultOf([jobs], { reduce: true });
  expect(result.strategies.map(({ name }) => name).slice(5)).toEqual([
    ...['together+reduced', 'sequence+reduced', 'reverse+reduced', 'merge-sum+reduced'],
  ]);
  const sequence = strategyIn(result, 'sequence+reduced');
  expect(sequence).toMatchObject({ intruders: 7, elsewhere: 0.15, seconds: 22, steps: 8 });
  expect(sequence.tasks[0].forgetting).toBeCloseTo(0.65, 12);
});

test('rows without room for an answer are counted', () => {
  const [first, ...others] = rows(3);
  expect(unansweredIn({ tasks: [{ rows: [{ ...first, answer: null }, ...others] }], elsewhere: null })).toBe(
    1,
  );
});
