import type { NamedFile } from '../../files/named-file.ts';
import type { Experimenting, Made, Measured } from '../../lab/tasks/experiment.ts';
import { type Job, jobsOf, jobWords, MERGE_SCALES } from '../../lab/tasks/jobs.ts';
import { bestScale, medianError } from '../../lab/tasks/making.ts';
import { trainingOf } from '../../lab/tasks/steps.ts';
import { MERGE_DENSITY } from '../../lab/tasks/usual.ts';
import type { SiteCosines } from '../../merging/cosine.ts';
import { USUAL_INTRUDERS } from '../../merging/intruders.ts';
import { wayOf } from '../../merging/list.ts';
import type { KeptJob, KeptTasks, TrainRequest } from '../../worker/api/api.ts';
import { nowAt, useLab } from '../state/lab.ts';
import { hearPiece, unlessStopped } from './experiment.ts';
import type { Session } from './experiment-session.ts';
import { memoryOf, trainIn } from './experiment-training.ts';
import { askedOf, change, jobOf, keepJob, keptNow, warn } from './tasks-record.ts';

/** How each adapter of an experiment with several tasks is made in the page, measured and kept. */

/** Of every training, but for its seed and steps. */
export function requestOf({ given, budget }: Pick<KeptTasks, 'given' | 'budget'>): TrainRequest {
  return {
    ...{ prompts: [], sampleEvery: null, sampleTokens: 0, trace: false, maxEvalRows: null, leaveOut: [] },
    settings: { ...given.settings, evalFraction: 0, steps: budget.total },
    evalData: false,
  };
}

type Hands = Pick<Experimenting, 'kept' | 'make' | 'take' | 'measure'> & {
  /** How alike the changes are that some jobs of a seed have made. */
  compare(seed: number, names: readonly string[]): Promise<SiteCosines[]>;
};

/** What an experiment does in a session whose rows are prepared. */
export function handsOf(session: Session): Hands {
  const { api, request } = session;
  /** The adapter that is in place. */
  let place: string | null = null;
  const replaceBy = async (id: string) => {
    if (place !== null) await api.removeAdapter(place);
    place = id;
    unlessStopped();
  };

  const keep = async (seed: number, job: Job, made: Made): Promise<Made> => {
    const files = await api.adapterFiles(place!);
    const before = job.kind === 'reduce' ? null : jobOf(keptNow(), seed, job.name);
    await keepJob({
      ...{ seed, name: job.name, made, files, measured: before?.measured ?? null },
      ...(job.kind === 'reduce' && { lambda: keptNow().lambda }),
    });
    return made;
  };

  /** The files of an adapter; one that was too large to be kept is made again, as it was. */
  const filesOf = async (seed: number, name: string): Promise<NamedFile[]> => {
    const files = jobOf(keptNow(), seed, name)?.files;
    if (files) return files;
    const job = jobsOf(askedOf(keptNow())).find((one) => one.name === name)!;
    warn(`${upper(jobWords(job))} is made again: its adapter was too large to be kept in this browser.`);
    await make(seed, job);
    return jobOf(keptNow(), seed, name)!.files!;
  };

  const train = async (seed: number, job: Extract<Job, { kind: 'train' }>): Promise<Made> => {
    const { plan, budget, given, title } = keptNow();
    const { batch, accumulate } = given.settings;
    const initAdapter = job.from === null ? undefined : await filesOf(seed, job.from);
    const { steps, parts } = trainingOf(job, {
      ...{ tasks: plan.tasks, budget, rowsOfStep: batch * accumulate, seed },
      replay: plan.replay && given.replay && { rows: plan.replay.rows, share: given.replay.share },
    });
    nowAt('Training: reading its rows');
    await request.events(hearPiece(), (worker, listener) => worker.openMixture(parts, listener));
    unlessStopped();
    const whole = requestOf(keptNow());
    const summary = await trainIn({
      ...{ api, request, keepAs: title, dataTitle: `${title}: ${job.name}, seed ${seed}`, what: 'Training' },
      warn,
      training: { ...whole, initAdapter, settings: { ...whole.settings, seed, steps } },
    });
    await replaceBy(summary.adapter);
    return keep(seed, job, { seconds: summary.seconds, memory_bytes: memoryOf(summary), steps });
  };

  const sources = async (seed: number, names: readonly string[]) => {
    const files: NamedFile[][] = [];
    for (const name of names) files.push(await filesOf(seed, name));
    const found: { id: string; name: string; weight: number }[] = [];
    for (const [i, name] of names.entries()) {
      unlessStopped();
      found.push({ id: (await api.addAdapter(files[i])).id, name, weight: 1 });
    }
    return found;
  };
  const remove = async (adapters: readonly { id: string }[]) => {
    for (const { id } of adapters) await api.removeAdapter(id);
  };

  const merge = async (seed: number, job: Extract<Job, { kind: 'merge' }>): Promise<Made> => {
    const { takes, id: way } = wayOf(job.way);
    const adapters = await sources(seed, job.of);
    const begin = performance.now();
    nowAt('Merging');
    const merged = await request.events(hearPiece(), (worker, listener) =>
      worker.mergeAdapters(
        {
          ...{ way, adapters, ...(takes.density && { density: MERGE_DENSITY }) },
          ...(takes.seed && { seed }),
        },
        listener,
      ),
    );
    await replaceBy(merged.adapter);
    const scale = await bestScale(MERGE_SCALES, (strength) => {
      unlessStopped();
      const done = MERGE_SCALES.indexOf(strength as (typeof MERGE_SCALES)[number]);
      const what = 'How strong the merge is to be, by training rows';
      useLab.setState({ work: { what, done, total: MERGE_SCALES.length }, left: null });
      return api.lossOnTraining({ id: merged.adapter, strength });
    });
    if (scale !== 1) {
      const name = `${way} of ${job.of.join(', ')}`;
      const whole = [{ id: merged.adapter, name, weight: scale }];
      const scaled = await request.events(hearPiece(), (worker, listener) =>
        worker.mergeAdapters({ way: 'sum', adapters: whole }, listener),
      );
      await replaceBy(scaled.adapter);
    }
    const seconds = (performance.now() - begin) / 1000;
    await remove(adapters);
    return keep(seed, job, {
      ...{ seconds, memory_bytes: null, steps: 0 },
      ...{ merge_error: medianError(merged.errors), merge_scale: scale },
    });
  };

  const reduce = async (seed: number, job: Extract<Job, { kind: 'reduce' }>): Promise<Made> => {
    const [source] = await sources(seed, [job.of]);
    const begin = performance.now();
    nowAt('Looking for intruder dimensions');
    const { adapter, sites } = await request.events(hearPiece(), (worker, listener) =>
      worker.reduceIntruders(
        { ...USUAL_INTRUDERS, lambda: keptNow().lambda, adapter: source.id, name: job.of },
        listener,
      ),
    );
    await replaceBy(adapter);
    const seconds = (performance.now() - begin) / 1000;
    await remove([source]);
    const intruders = sites.reduce((sum, site) => sum + site.intruders, 0);
    return keep(seed, job, { seconds, memory_bytes: null, steps: 0, intruders });
  };

  const make = (seed: number, job: Job): Promise<Made> => {
    unlessStopped();
    return job.kind === 'train'
      ? train(seed, job)
      : job.kind === 'merge'
        ? merge(seed, job)
        : reduce(seed, job);
  };

  const measure = async (of: { seed: number; job: Job } | null): Promise<Measured> => {
    const use = of && { id: place!, strength: 1 };
    const measured: Measured = { tasks: [], elsewhere: null };
    for (let task = 0; task < keptNow().plan.tasks.length; task++) {
      unlessStopped();
      const { rows } = await request.events(hearPiece(), (worker, listener) =>
        worker.answerTask(task, use, listener),
      );
      measured.tasks.push({ rows });
    }
    nowAt('Loss on general text');
    measured.elsewhere = await api.lossElsewhere(use);
    unlessStopped();
    if (of === null) await change({ base: measured });
    else await keepJob({ ...(jobOf(keptNow(), of.seed, of.job.name) as KeptJob), measured });
    return measured;
  };

  return {
    ...{ make, measure },
    kept: {
      base: () => keptNow().base,
      made(seed, job) {
        const known = jobOf(keptNow(), seed, job.name);
        return known && (known.files || known.measured) ? known.made : null;
      },
      measured: (seed, job) => jobOf(keptNow(), seed, job.name)?.measured ?? null,
    },
    async take(seed, job) {
      await replaceBy((await api.addAdapter(await filesOf(seed, job.name))).id);
    },
    async compare(seed, names) {
      const adapters = await sources(seed, names);
      nowAt('How alike the changes are');
      const cosines = await request.events(hearPiece(), (worker, listener) =>
        worker.compareAdapters(
          adapters.map(({ id }) => id),
          listener,
        ),
      );
      await remove(adapters);
      return cosines;
    },
  };
}

function upper(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
