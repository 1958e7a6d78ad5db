import type { RungRow } from '../ladder/measure.ts';
import type { Job } from './jobs.ts';

/** What an adapter took to be made. */
export interface Made {
  /** Of the training, the merge or the reduction alone. */
  seconds: number;
  /** Of a training; null where nothing was trained. */
  memory_bytes: number | null;
  steps: number;
  /** Of a merge: the median over its matrices of ‖stored − exact‖ / ‖exact‖. */
  merge_error?: number | null;
  /** Of a merge: λ, by which what comes of its way is multiplied. */
  merge_scale?: number;
  /** Of a reduction: intruder dimensions found, over all matrices. */
  intruders?: number;
}

/** What was measured of an adapter, or of the base. */
export interface Measured {
  /** Each task’s held-out rows, in the order of the tasks. */
  tasks: { rows: RungRow[] }[];
  /** Loss on general rows; null where it is not known. */
  elsewhere: number | null;
}

/** A job that is done, whole: so that it need not be done again. */
export interface Done {
  made: Made;
  measured: Measured;
}

export interface Experimenting {
  seeds: readonly number[];
  jobs: readonly Job[];
  kept: {
    base(): Measured | null;
    made(seed: number, job: Job): Made | null;
    measured(seed: number, job: Job): Measured | null;
  };
  /** Makes an adapter and keeps it. It is in place then. */
  make(seed: number, job: Job): Promise<Made>;
  /** Puts an adapter that was kept in place. */
  take(seed: number, job: Job): Promise<void>;
  /** Measures what is in place, or the base, and keeps that. */
  measure(of: { seed: number; job: Job } | null): Promise<Measured>;
  /** Told before each adapter is made or measured, and once it is done. */
  onJob(event: { seed: number; job: Job; number: number; of: number; done: Done | null }): void;
}

/** Of each seed, jobs by name. */
export type Experiment = { base: Measured; seeds: { seed: number; jobs: Map<string, Done> }[] };

/** Does job after job for each seed; what was done before is taken as it is. */
export async function runExperiment(given: Experimenting): Promise<Experiment> {
  const { seeds, jobs, kept, make, take, measure, onJob } = given;
  const base = kept.base() ?? (await measure(null));
  const experiment: Experiment = { base, seeds: [] };
  for (const [i, seed] of seeds.entries()) {
    const done = new Map<string, Done>();
    experiment.seeds.push({ seed, jobs: done });
    for (const [j, job] of jobs.entries()) {
      const place = { seed, job, number: i * jobs.length + j + 1, of: seeds.length * jobs.length };
      const [made, measured] = [kept.made(seed, job), kept.measured(seed, job)];
      if (made && measured) {
        done.set(job.name, { made, measured });
        continue;
      }
      onJob({ ...place, done: null });
      if (made) await take(seed, job);
      const now = { made: made ?? (await make(seed, job)), measured: await measure({ seed, job }) };
      done.set(job.name, now);
      onJob({ ...place, done: now });
    }
  }
  return experiment;
}
