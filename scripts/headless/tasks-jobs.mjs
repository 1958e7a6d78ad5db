import { Failure, STATUS } from './failure.mjs';

/** How each adapter of an experiment with several tasks is made in the page, measured, and kept. */

/** @typedef {import('./browser.mjs').Headless} Headless */
/** @typedef {import('../../src/lab/tasks/jobs.ts').Job} Job */
/** @typedef {import('../../src/lab/tasks/experiment.ts').Made} Made */
/** @typedef {import('../../src/worker/api/api.ts').TrainRequest} TrainRequest */
/** @typedef {import('../../src/lab/tasks/steps.ts').Training} Training */

/**
 * @typedef {object} Given
 * @property {ReturnType<typeof import('./kept-tasks.mjs').keptTasks>} kept
 * @property {typeof import('../../src/lab/tasks/making.ts')} making
 * @property {TrainRequest} request Of every training, but for its seed and steps.
 * @property {(job: Extract<Job, { kind: 'train' }>, seed: number) => Training} trainingOf
 * @property {ReturnType<typeof import('./tasks-inputs.mjs').waysInput>} ways
 * @property {readonly number[]} scales Of a merge; where there are several, training rows choose.
 * @property {import('../../src/merging/intruders.ts').IntruderOptions} intruders
 * @property {number} tasks How many.
 * @property {boolean} resume
 * @property {(line: string) => void} say
 */

export const interrupted = (/** @type {string} */ what) =>
  new Failure(
    STATUS.interrupted,
    `${what} What was trained and measured is in --out. The same command with --resume continues from there.`,
  );

/** What an experiment does in the page. `checkpoints` are those of the training that is under way. */
export function taskJobs() {
  /** @type {ReturnType<typeof import('./checkpoints.mjs').checkpointFolder> | null} */
  let checkpoints = null;
  return {
    get checkpoints() {
      return checkpoints;
    },
    /**
     * @param {Headless} headless
     * @param {Given} given
     */
    of(headless, given) {
      const { page, bridge, inbox } = headless;
      const { kept, request, resume, say } = given;
      const { bestScale, medianError } = given.making;

      /** The files of the adapter that is in place. */
      const files = async () => {
        const paths = await bridge.evaluate(
          (lowrank, to) => lowrank.sendAdapterFiles(to),
          inbox.path('adapter'),
        );
        return new Map(paths.map((path) => [path, inbox.received.get(`adapter/${path}`) ?? Buffer.alloc(0)]));
      };
      const keep = async (/** @type {number} */ seed, /** @type {Job} */ job, /** @type {Made} */ made) => {
        kept.keepMade(seed, job.name, { made, files: await files() });
        return made;
      };

      /** @returns {Promise<Made>} */
      const train = async (
        /** @type {number} */ seed,
        /** @type {Extract<Job, { kind: 'train' }>} */ job,
      ) => {
        const { steps, parts } = given.trainingOf(job, seed);
        await bridge.evaluate((lowrank, rows) => lowrank.openMixture(rows), parts);
        await page.setInputFiles('#adapter', job.from === null ? [] : kept.filesOf(seed, job.from));
        const whole = { ...request, settings: { ...request.settings, seed, steps } };
        const folder = kept.checkpointsOf(seed, job.name);
        folder.sweep();
        const from = resume ? await folder.newest() : null;
        if (from) {
          say(`Resuming the training after step ${from.step}.`);
          folder.dropAfter(from.step);
        } else folder.clear();
        await page.setInputFiles('#checkpoint', from ? [from.path] : []);
        checkpoints = folder;
        const summary = await bridge
          .evaluate(
            (lowrank, [asked, to]) => lowrank.train(asked, to),
            /** @type {const} */ ([whole, inbox.path('checkpoint')]),
          )
          .finally(() => {
            checkpoints = null;
          });
        if (summary.interrupted) throw interrupted(`Interrupted after step ${summary.steps} of a training.`);
        const { seconds, memory } = summary;
        const made = { seconds, memory_bytes: memory.peak_bytes || memory.plan_bytes || null, steps };
        await keep(seed, job, made);
        folder.clear();
        return made;
      };

      /** @returns {Promise<Made>} */
      const merge = async (
        /** @type {number} */ seed,
        /** @type {Extract<Job, { kind: 'merge' }>} */ job,
      ) => {
        const { way, density } = /** @type {(typeof given.ways)[number]} */ (
          given.ways.find((one) => one.way.id === job.way)
        );
        const adapters = await sources(seed, job.of);
        const begin = performance.now();
        const { errors } = await bridge.evaluate((lowrank, asked) => lowrank.merge(asked), {
          ...{ way: way.id, density, adapters },
          ...(way.takes.seed && { seed }),
        });
        const scale = await bestScale(given.scales, (by) =>
          bridge.evaluate((lowrank, factor) => lowrank.lossOnTraining(factor), by),
        );
        if (scale !== 1)
          await bridge.evaluate(
            (lowrank, [factor, name]) => lowrank.scaleAdapter(factor, name),
            /** @type {const} */ ([scale, `${way.id} of ${job.of.join(', ')}`]),
          );
        const seconds = (performance.now() - begin) / 1000;
        await bridge.evaluate(
          (lowrank, ids) => lowrank.removeSources(ids),
          adapters.map(({ id }) => id),
        );
        return keep(seed, job, {
          ...{ seconds, memory_bytes: null, steps: 0 },
          ...{ merge_error: medianError(errors), merge_scale: scale },
        });
      };

      const sources = async (/** @type {number} */ seed, /** @type {readonly string[]} */ names) => {
        const found = [];
        for (const name of names) {
          await page.setInputFiles('#adapter', kept.filesOf(seed, name));
          const { id } = await bridge.evaluate((lowrank) => lowrank.addSource());
          found.push({ id, name, weight: 1 });
        }
        return found;
      };

      const take = async (/** @type {number} */ seed, /** @type {string} */ name) => {
        await page.setInputFiles('#adapter', kept.filesOf(seed, name));
        await bridge.evaluate((lowrank) => lowrank.setAdapter());
      };

      /** @returns {Promise<Made>} */
      const reduce = async (
        /** @type {number} */ seed,
        /** @type {Extract<Job, { kind: 'reduce' }>} */ job,
      ) => {
        await take(seed, job.of);
        const begin = performance.now();
        const sites = await bridge.evaluate((lowrank, asked) => lowrank.reduceIntruders(asked), {
          ...given.intruders,
          name: job.of,
        });
        const seconds = (performance.now() - begin) / 1000;
        const intruders = sites.reduce((sum, site) => sum + site.intruders, 0);
        return keep(seed, job, { seconds, memory_bytes: null, steps: 0, intruders });
      };

      return {
        /** @returns {Promise<Made>} */
        make: (/** @type {number} */ seed, /** @type {Job} */ job) =>
          job.kind === 'train'
            ? train(seed, job)
            : job.kind === 'merge'
              ? merge(seed, job)
              : reduce(seed, job),
        take: (/** @type {number} */ seed, /** @type {Job} */ job) => take(seed, job.name),
        async measure(/** @type {{ seed: number, job: Job } | null} */ of) {
          const strength = of === null ? 0 : 1;
          /** @type {import('../../src/lab/tasks/experiment.ts').Measured} */
          const measured = { tasks: [], elsewhere: null };
          for (let task = 0; task < given.tasks; task++) {
            const { rows } = await bridge.evaluate(
              (lowrank, [place, by]) => lowrank.answerTask(place, by),
              /** @type {const} */ ([task, strength]),
            );
            measured.tasks.push({ rows });
          }
          measured.elsewhere = await bridge.evaluate((lowrank, by) => lowrank.lossElsewhere(by), strength);
          if (of === null) kept.keepBase(measured);
          else kept.keepMeasured(of.seed, of.job.name, measured);
          return measured;
        },
        /** The cosines of the changes of several adapters. */
        async compare(/** @type {number} */ seed, /** @type {readonly string[]} */ names) {
          const ids = (await sources(seed, names)).map(({ id }) => id);
          const cosines = await bridge.evaluate((lowrank, asked) => lowrank.compareSources(asked), ids);
          await bridge.evaluate((lowrank, asked) => lowrank.removeSources(asked), ids);
          return cosines;
        },
      };
    },
  };
}
