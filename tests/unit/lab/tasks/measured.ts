import type { RungRow } from '../../../../src/lab/ladder/measure.ts';
import type { TasksAbout } from '../../../../src/lab/tasks/about.ts';
import type { Done, Experiment } from '../../../../src/lab/tasks/experiment.ts';
import { jobsOf } from '../../../../src/lab/tasks/jobs.ts';
import { type About, tasksResult } from '../../../../src/lab/tasks/result.ts';

export const ROWS = 20;

/** The first so many of 20 rows right. */
export function rows(right: number): RungRow[] {
  return Array.from({ length: ROWS }, (_, i) => ({
    ...{ line: i + 1, prompt: `question ${i}`, reference: 'yes', prompt_tokens: 10 },
    ...{ answer: i < right ? 'yes' : 'no', right: i < right ? 1 : 0, of: 1, loss_sum: 2, loss_tokens: 4 },
  }));
}

export function done(right: readonly number[], more: Partial<Done['made']> = {}, elsewhere = 0.2): Done {
  return {
    made: { seconds: 10, memory_bytes: 5e6, steps: 4, ...more },
    measured: { tasks: right.map((count) => ({ rows: rows(count) })), elsewhere },
  };
}

/** Two tasks whose first is forgotten, and is not where they are trained together; the merge does not hold. */
export const FORGOTTEN: Record<string, Done> = {
  together: done([17, 18], { steps: 8 }),
  a: done([18, 0]),
  'a,b': done([2, 19], {}, 0.4),
  b: done([0, 19]),
  'b,a': done([18, 3], {}, 0.4),
  'merge-sum': done(
    [3, 2],
    { seconds: 1, memory_bytes: null, steps: 0, merge_error: 0.1, merge_scale: 0.5 },
    0.3,
  ),
};

export const ASKED: About = {
  tasks: ['a', 'b'],
  strategies: ['together', 'sequence', 'reverse', 'merge'],
  ...{ ways: ['sum'], reduce: false, seed: 0 },
  jobs: [],
};

/** What comes of it where each seed measured this. */
export function resultOf(seeds: readonly Record<string, Done>[], more: Partial<About> = {}) {
  const about = { ...ASKED, ...more };
  const experiment: Experiment = {
    base: done([0, 1], {}, 0.1).measured,
    seeds: seeds.map((jobs, seed) => ({ seed, jobs: new Map(Object.entries(jobs)) })),
  };
  return tasksResult(experiment, { ...about, jobs: jobsOf(about) });
}

export const ABOUT: TasksAbout = {
  tasks: ['a', 'b'].map((name) => ({
    ...{ name, metric: 'answers', rows: 40, held_out: ROWS, removed: 1, without_question: 0, steps: 4 },
    share: 0.5,
  })),
  ...{ seeds: [0], steps: 8, replay: null, elsewhere_rows: 25, unanswered: 0 },
  cosines: [
    { module: 'model.layers.0.self_attn.q_proj', layer: 0, target: 'q_proj', cosines: [0.1] },
    { module: 'model.layers.1.self_attn.q_proj', layer: 1, target: 'q_proj', cosines: [-0.3] },
  ],
};
