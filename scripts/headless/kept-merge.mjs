import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from './failure.mjs';
import { differing } from './kept-rungs.mjs';
import { writeWhole } from './outputs.mjs';

/**
 * What a merge has measured, in `--out/sweep.json` while it goes on; its report has it then.
 *
 * @typedef {Record<string, unknown>} Identity What decides the result, by what a person would call it.
 * @typedef {import('../../src/lab/merging/sweep.ts').SweepPoint} SweepPoint
 * @typedef {{ base: readonly number[] | null, points: SweepPoint[] }} Measured
 */

/** What has to be there for a merge to be done. */
const RESULT = ['adapter_model.safetensors', 'adapter_config.json', 'report.html'];

export function keptMerge(/** @type {string} */ out) {
  const file = join(out, 'sweep.json');
  const read = (/** @type {string} */ path) => {
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      return null;
    }
  };
  return {
    /** The report of a merge that is done, with its identity. */
    finished() {
      const report = read(join(out, 'report.json'));
      return report?.identity && RESULT.every((name) => existsSync(join(out, name))) ? report : null;
    },
    /** @returns {{ identity: Identity, measured: Measured } | null} */
    measured() {
      const found = read(file);
      return found?.identity && Array.isArray(found.measured?.points) ? found : null;
    },
    keep(/** @type {Identity} */ identity, /** @type {Measured} */ measured) {
      writeWhole(file, `${JSON.stringify({ identity, measured })}\n`);
    },
    clear() {
      rmSync(file, { force: true });
    },
  };
}

/**
 * @param {Identity} one
 * @param {Identity} other
 * @param {string} [what] they are
 * @throws a usage failure that names what they differ in
 */
export function refuseOther(one, other, what = 'merge') {
  const different = differing(one, other);
  if (different.length > 0)
    throw usage(
      `--resume: --out holds another ${what}: ${different.join(', ')} ${different.length === 1 ? 'differs' : 'differ'}. What is there is safe. Give what it was started with, or another --out.`,
    );
}
