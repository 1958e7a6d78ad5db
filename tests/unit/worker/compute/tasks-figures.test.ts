import { expect, test } from 'vitest';
import type { Asked } from '../../../../src/lab/tasks/jobs.ts';
import { tasksFigures } from '../../../../src/worker/compute/tasks-figures.ts';
import { done, FORGOTTEN } from '../../lab/tasks/measured.ts';

const base = done([0, 1]).measured;
const asked: Asked = {
  ...{ tasks: ['a', 'b'], strategies: ['together', 'sequence', 'merge'], ways: ['sum'], reduce: false },
};
const jobs = (seed: number, names: string[]) => names.map((name) => ({ seed, name, ...FORGOTTEN[name] }));
const figures = (all: ReturnType<typeof jobs>, seeds = [0]) =>
  tasksFigures({ base, seeds, jobs: all, asked, seed: 0 });
const names = (all: ReturnType<typeof jobs>) => figures(all)!.result.strategies.map(({ name }) => name);

test('a strategy is there once all of it is measured', () => {
  expect(names([])).toEqual([]);
  expect(names(jobs(0, ['together', 'a']))).toEqual(['together']);
  expect(names(jobs(0, ['together', 'a', 'a,b']))).toEqual(['together', 'sequence']);
  expect(names(jobs(0, ['a', 'b']))).toEqual(['apart']);
  expect(names(jobs(0, ['a', 'b', 'merge-sum']))).toEqual(['apart', 'merge-sum']);
  const unmeasured = [{ seed: 0, name: 'together', made: FORGOTTEN.together.made, measured: null }];
  expect(names(unmeasured as never)).toEqual([]);
  expect(figures([], [])).toBeNull();
});

test('figures are those of the first seed until it is whole, then means over those that are', () => {
  const whole = ['together', 'a', 'a,b', 'b', 'merge-sum'];
  expect(figures([...jobs(0, whole), ...jobs(1, ['together'])], [0, 1])!.seeds).toEqual([0]);
  const both = figures([...jobs(0, whole), ...jobs(1, whole)], [0, 1])!;
  expect(both.seeds).toEqual([0, 1]);
  expect(both.result.strategies[0].tasks[0].by_seed).toHaveLength(2);
});
