import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './outputs.mjs';

/**
 * The rungs of a ladder that are measured already, in `--out/rungs`: `base.json` and so on, each with the ladder that it is
 * of and every row's answer.
 *
 * @typedef {import('../../src/lab/ladder/climb.ts').KeptRung} KeptRung
 * @typedef {import('./kept-identity.mjs').Identity} Identity
 */

const NAME = /^([a-z+]+)\.json$/;

export function keptRungs(/** @type {string} */ out) {
  const folder = join(out, 'rungs');
  const files = () => (existsSync(folder) ? readdirSync(folder).filter((name) => NAME.test(name)) : []);
  return {
    /** @returns {{ identity: Identity, rung: KeptRung }[]} those that are whole */
    all() {
      return files().flatMap((name) => {
        try {
          const read = JSON.parse(readFileSync(join(folder, name), 'utf8'));
          return read?.identity && Array.isArray(read.rung?.rows) ? [read] : [];
        } catch {
          return [];
        }
      });
    },
    keep(/** @type {Identity} */ identity, /** @type {KeptRung} */ rung) {
      mkdirSync(folder, { recursive: true });
      writeWhole(join(folder, `${rung.name}.json`), `${JSON.stringify({ identity, rung }, null, 1)}\n`);
    },
    clear() {
      for (const name of files()) rmSync(join(folder, name), { force: true });
      // What others put there stays, and the folder with it.
      if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
    },
  };
}
