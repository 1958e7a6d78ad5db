import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ladderTraining } from './ladder-training.mjs';

/** @typedef {import('../../src/lab/ladder/climb.ts').KeptRung} KeptRung */
/** @typedef {import('../../src/lab/ladder/climb.ts').Training} Training */
/** @typedef {import('../../src/worker/api/ladder.ts').LadderKinds} LadderKinds */
/** @typedef {import('../../src/worker/api/api.ts').TrainRequest} TrainRequest */
/** @typedef {import('./kept-identity.mjs').Identity} Identity */

/** The adapters of a ladder that is taken apart, in `--out/apart/1` and so on: one for each kind of question. */
export function ladderApart(/** @type {string} */ out) {
  /** @type {ReturnType<typeof ladderTraining> | null} */
  let under = null;
  const place = (/** @type {number} */ kind) => ladderTraining(out, `apart/${kind + 1}`);
  return {
    get running() {
      return under?.running ?? false;
    },
    /** Those of the adapter that is being trained. */
    get checkpoints() {
      return under?.checkpoints ?? null;
    },
    /** Leaves no checkpoint that another ladder could go on from. */
    clear() {
      const folder = join(out, 'apart');
      for (const name of existsSync(folder) ? readdirSync(folder) : [])
        if (/^\d+$/.test(name)) ladderTraining(out, `apart/${name}`).checkpoints.clear();
    },
    /**
     * Trains an adapter for each kind, or takes those that are there, and has all of them answer.
     * @param {import('./browser.mjs').Headless} headless
     * @param {{ kinds: LadderKinds, identity: Identity, request: TrainRequest, resume: boolean, trainingOfAll: typeof import('../../src/lab/ladder/apart.ts').trainingOfAll, say: (line: string) => void }} asked
     * @returns {Promise<KeptRung | { interruptedAfter: number }>}
     */
    async measure(headless, { kinds, identity, request, resume, trainingOfAll, say }) {
      const { page, bridge } = headless;
      /** @type {Training[]} */
      const took = [];
      /** @type {string[][]} */
      const files = [];
      for (const [kind, leaveOut] of kinds.leaveOut.entries()) {
        const own = {
          ...identity,
          'kind of questions': createHash('sha256').update(leaveOut.join(' ')).digest('hex'),
        };
        under = place(kind);
        const earlier = resume ? under.finished(own) : null;
        if (!earlier) {
          say(
            `Adapter ${kind + 1} of ${kinds.names.length}, for ${kinds.names[kind]}: ${kinds.training[kind]} training questions.`,
          );
          // It begins with no other adapter, and goes on from no other's checkpoint.
          await page.setInputFiles('#adapter', []);
          await page.setInputFiles('#checkpoint', []);
          const result = await under.train(headless, {
            ...{ identity: own, resume, say },
            request: { ...request, leaveOut },
          });
          if ('interruptedAfter' in result) return result;
        }
        const whole = under.finished(own);
        if (!whole) throw new Error(`the adapter of ${kinds.names[kind]} was not kept`);
        took.push(whole.training);
        files.push(whole.files);
      }
      under = null;
      const ids = [];
      for (const own of files) {
        await page.setInputFiles('#adapter', own);
        ids.push((await bridge.evaluate((lowrank) => lowrank.addSource())).id);
      }
      const measured = await bridge.evaluate((lowrank, adapters) => lowrank.measureApart(adapters), ids);
      return { ...measured, ...trainingOfAll(took) };
    },
  };
}
