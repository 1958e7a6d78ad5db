import type { Done, Experiment } from '../../lab/tasks/experiment.ts';
import { doneOf, jobsOf } from '../../lab/tasks/jobs.ts';
import { tasksResult } from '../../lab/tasks/result.ts';
import type { TasksFigures, TasksFiguresRequest } from '../api/tasks.ts';

/**
 * Figures of the strategies that are done: over the seeds of which all is done, or of the first as far as it is.
 * @returns null where none is known, the base’s included
 */
export function tasksFigures({ base, seeds, jobs, asked, seed }: TasksFiguresRequest): TasksFigures | null {
  const done = seeds.map((one) => ({
    seed: one,
    jobs: new Map<string, Done>(
      jobs.flatMap(({ seed: of, name, made, measured }) =>
        of === one && measured ? [[name, { made, measured }] as const] : [],
      ),
    ),
  }));
  const whole = done.filter((one) => jobsOf(asked).every(({ name }) => one.jobs.has(name)));
  const shown: Experiment['seeds'] = whole.length > 0 ? whole : done.slice(0, 1);
  if (shown.length === 0) return null;
  const known = doneOf(asked, (name) => shown[0].jobs.has(name));
  return {
    result: tasksResult({ base, seeds: shown }, { ...known, jobs: jobsOf(known), seed }),
    seeds: shown.map((one) => one.seed),
  };
}
