import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointFolder } from './checkpoints.mjs';
import { differing } from './kept-identity.mjs';
import { makeFolder, writeWhole } from './outputs.mjs';

/** @typedef {import('../../src/lab/ladder/climb.ts').Training} Training */
/** @typedef {import('../../src/worker/api/api.ts').TrainRequest} TrainRequest */
/** @typedef {import('./kept-identity.mjs').Identity} Identity */

const NEEDED = ['adapter_config.json', 'adapter_model.safetensors', 'run.json'];

/**
 * An adapter of a ladder, in a folder of `--out`: PEFT's files, `training.json` with what training took, and checkpoints while it
 * is under way.
 */
export function ladderTraining(/** @type {string} */ out, name = 'adapter') {
  const folder = join(out, name);
  const record = join(folder, 'training.json');
  const checkpoints = checkpointFolder(folder);
  let running = false;
  return {
    get running() {
      return running;
    },
    checkpoints,
    /**
     * What the training of this very ladder took, where it has ended and its adapter is whole.
     * @param {Identity} identity
     * @returns {{ training: Training, files: string[] } | null}
     */
    finished(identity) {
      const files = NEEDED.map((name) => join(folder, name));
      if (![record, ...files].every((path) => existsSync(path))) return null;
      try {
        const read = JSON.parse(readFileSync(record, 'utf8'));
        return read.training && differing(read.identity, identity).length === 0
          ? { training: read.training, files }
          : null;
      } catch {
        return null;
      }
    },
    /**
     * Trains, from the newest checkpoint where `resume` says so.
     * @param {import('./browser.mjs').Headless} headless
     * @param {{ identity: Identity, request: TrainRequest, resume: boolean, say: (line: string) => void }} asked
     * @returns {Promise<Training | { interruptedAfter: number }>}
     */
    async train({ page, bridge, inbox }, { identity, request, resume, say }) {
      const before = await bridge.evaluate((lowrank) => lowrank.generalLoss(0));
      const from = resume ? await checkpoints.newest() : null;
      if (from) {
        say(`Resuming the training after step ${from.step}.`);
        checkpoints.dropAfter(from.step);
        await page.setInputFiles('#checkpoint', from.path);
      }
      makeFolder(folder);
      running = true;
      const summary = await bridge
        .evaluate(
          (lowrank, [given, to]) => lowrank.train(given, to),
          /** @type {const} */ ([request, inbox.path('checkpoint')]),
        )
        .finally(() => {
          running = false;
        });
      if (summary.interrupted) return { interruptedAfter: summary.steps };
      const paths = await bridge.evaluate(
        (lowrank, to) => lowrank.sendAdapterFiles(to),
        inbox.path('adapter'),
      );
      for (const path of paths)
        writeWhole(join(folder, path), inbox.received.get(`adapter/${path}`) ?? Buffer.alloc(0));
      const { seconds, memory } = summary;
      const training = {
        train_seconds: seconds,
        memory_bytes: memory.peak_bytes || memory.plan_bytes || null,
        elsewhere_before: before,
        elsewhere_after: await bridge.evaluate((lowrank) => lowrank.generalLoss(1)),
      };
      writeWhole(record, `${JSON.stringify({ identity, training })}\n`);
      checkpoints.clear();
      return training;
    },
  };
}
