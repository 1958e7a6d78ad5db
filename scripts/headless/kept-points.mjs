import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './outputs.mjs';

/**
 * The points of a frontier that are measured already, in `--out/points.json`. What decides them all is said once; which model
 * and precision each is of, with it, so that others can be added to them.
 *
 * @typedef {import('./kept-identity.mjs').Identity} Identity
 * @typedef {import('../../src/lab/progression/points.ts').MeasuredPoint} MeasuredPoint
 * @typedef {{ of: unknown, point: MeasuredPoint }} KeptPoint
 * @typedef {{ identity: Identity, about: { metric: import('../../src/lab/criterion.ts').Criterion, removed: number } | null, points: KeptPoint[] }} KeptPoints
 */

export function keptPoints(/** @type {string} */ out) {
  const file = join(out, 'points.json');
  return {
    /** @returns {KeptPoints | null} null also where the file is not whole */
    read() {
      try {
        const found = JSON.parse(readFileSync(file, 'utf8'));
        return found?.identity && Array.isArray(found.points) ? found : null;
      } catch {
        return null;
      }
    },
    keep(/** @type {KeptPoints} */ points) {
      writeWhole(file, `${JSON.stringify(points)}\n`);
    },
    clear() {
      rmSync(file, { force: true });
    },
  };
}
