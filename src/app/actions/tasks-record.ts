import type { Job } from '../../lab/tasks/jobs.ts';
import { type Asked, doneOf, reducedName } from '../../lab/tasks/jobs.ts';
import type { KeptJob, KeptTasks } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';
import { useTasks } from '../state/tasks.ts';
import { keepRecord } from './experiment.ts';

/** The experiment with several tasks that is shown, on the page and in the browser. */

export function keptNow(): KeptTasks {
  return useTasks.getState().kept!;
}

export function keep(kept: KeptTasks): Promise<void> {
  useTasks.setState({ kept });
  return keepRecord('tasks', kept, warn);
}

export function change(what: Partial<KeptTasks>): Promise<void> {
  return keep({ ...keptNow(), ...what });
}

export function warn(...texts: string[]): void {
  useTasks.setState(({ warnings }) => ({ warnings: [...new Set([...warnings, ...texts])] }));
}

/** An adapter as it is kept; a reduction only as strong as those that are shown. */
export function jobOf(kept: KeptTasks, seed: number, name: string): KeptJob | null {
  return shownJobs(kept).find((one) => one.seed === seed && one.name === name) ?? null;
}

function shownJobs({ jobs, lambda }: KeptTasks): KeptJob[] {
  return jobs.filter((one) => one.lambda === undefined || one.lambda === lambda);
}

export function keepJob(job: KeptJob): Promise<void> {
  const isSame = (one: KeptJob) =>
    one.seed === job.seed && one.name === job.name && one.lambda === job.lambda;
  return change({ jobs: [...keptNow().jobs.filter((one) => !isSame(one)), job] });
}

/** What is asked of it, with the reductions that are there for every seed. */
export function askedOf(kept: KeptTasks): Asked {
  const { tasks, strategies, ways, seeds } = kept.given;
  const asked = { tasks: tasks.map(({ name }) => name), strategies, ways, reduce: true };
  const has = (name: string) => seeds.every((seed) => jobOf(kept, seed, name)?.measured);
  const { reduce } = doneOf(asked, (name) => has(name));
  return { ...asked, reduce };
}

/** The name of the job that reduces what another has made, and what it is. */
export function reductionOf(of: string): Extract<Job, { kind: 'reduce' }> {
  return { name: reducedName(of), kind: 'reduce', of };
}

/** Figures of what is measured so far. */
export async function reckon(): Promise<void> {
  const kept = keptNow();
  const { base, given, lambda } = kept;
  if (!base) return;
  const jobs = shownJobs(kept).map(({ files: _, ...job }) => job);
  const figures = await (await worker()).tasksFigures({
    ...{ base, jobs, seeds: given.seeds, asked: askedOf(kept), seed: given.settings.seed },
  });
  // The person may have moved on meanwhile.
  if (useTasks.getState().kept && keptNow().lambda === lambda) await change({ figures });
}
