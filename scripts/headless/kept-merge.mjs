import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './outputs.mjs';

/**
 * What a merge has measured, in `--out/sweep.json` while it goes on; its report has it then.
 *
 * @typedef {import('./kept-identity.mjs').Identity} Identity
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
