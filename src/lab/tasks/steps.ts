import { stepsPerEpoch } from '../../data/batches.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { Job } from './jobs.ts';
import { apportioned, type Mix, type Part, partsOf, sharesOf } from './mix.ts';

/** Every strategy has the same steps in all: what one task gets of them follows from the mix. */

export interface Budget {
  /** Of each strategy in all. */
  total: number;
  /** Of each task where it is trained by itself. */
  each: number[];
  shares: number[];
}

/**
 * As many steps as the epochs of all tasks take, or as many as were set.
 * @param rows of each task
 * @returns null where there are fewer steps than tasks
 */
export function budgetOf(
  rows: readonly number[],
  { steps, epochs, batch, accumulate }: Pick<RunSettings, 'steps' | 'epochs' | 'batch' | 'accumulate'>,
  { mix, temperature }: { mix: Mix; temperature: number },
): Budget | null {
  const total =
    steps ?? rows.reduce((sum, count) => sum + epochs * stepsPerEpoch(count, batch, accumulate), 0);
  if (total < rows.length) return null;
  const shares = sharesOf(rows, mix, temperature);
  return { total, each: apportioned(total, shares), shares };
}

/** What a training is given beside its settings. */
export interface Training {
  steps: number;
  parts: Part[];
}

/** Steps and rows of a job that trains. */
export function trainingOf(
  { on }: Extract<Job, { kind: 'train' }>,
  given: {
    tasks: readonly { name: string; rows: number }[];
    budget: Budget;
    rowsOfStep: number;
    replay: { rows: number; share: number } | null;
    seed: number;
  },
): Training {
  const { tasks, budget, rowsOfStep, replay, seed } = given;
  const places = on.map((name) => tasks.findIndex((task) => task.name === name));
  const steps = places.length === tasks.length ? budget.total : budget.each[places[0]];
  return {
    steps,
    parts: partsOf({
      ...{ total: steps * rowsOfStep, replay, seed },
      tasks: places.map((of) => ({ of, rows: tasks[of].rows, share: budget.shares[of] })),
    }),
  };
}
