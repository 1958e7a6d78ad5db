import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './outputs.mjs';

/**
 * What a distillation has done, stage by stage, in `--out/distil.json`: the split of the rows, the teacher's figure, what it
 * has made so far, and what is known of the student before it is trained. The students' own stages are ladders beside it.
 *
 * @typedef {import('./kept-identity.mjs').Identity} Identity
 * @typedef {import('../../src/lab/distillation/stages.ts').Stages} Stages
 */

export function keptDistil(/** @type {string} */ out) {
  const file = join(out, 'distil.json');
  return {
    /** @returns {{ identity: Identity, stages: Stages } | null} null also where the file is not whole */
    read() {
      try {
        const found = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
        return found?.identity && found.stages ? found : null;
      } catch {
        return null;
      }
    },
    keep(/** @type {Identity} */ identity, /** @type {Stages} */ stages) {
      writeWhole(file, `${JSON.stringify({ identity, stages })}\n`);
    },
    clear() {
      rmSync(file, { force: true });
    },
  };
}
