import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './outputs.mjs';

/**
 * What a distillation has done, stage by stage, in `--out/distil.json`: the split of the rows, the teacher's figure, what it
 * has made so far, and what is known of the student before it is trained. The students' own stages are ladders beside it.
 *
 * @typedef {import('./kept-identity.mjs').Identity} Identity
 * @typedef {import('../../src/data/forms/questions.ts').Question} Question
 * @typedef {object} Stages
 * @property {{ train: Question[], heldOut: Question[], removed: number, without: number }} [rows] `without`: rows that are
 *   no question with an answer.
 * @property {{ metric: import('../../src/lab/criterion.ts').Criterion, rung: import('../../src/lab/ladder/measure.ts').MeasuredRung, parameters: number, tokens_per_second: number | null }} [teacher]
 * @property {import('../../src/lab/distillation/made.ts').Attempt[]} [attempts]
 * @property {true} [made] All attempts are there.
 * @property {{ parameters: number, tokens_per_second: number | null, answersOnly: string | null }} [student] `answersOnly`: why
 *   it has not the teacher's probabilities.
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
