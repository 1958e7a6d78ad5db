import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointFolder } from './checkpoints.mjs';
import { makeFolder, writeWhole } from './outputs.mjs';

/**
 * What an experiment with several tasks has done already, in `--out`: `experiment.json` says which it is, `base.json` what was
 * measured of the base, and `seed-0/together/` and so on have an adapter each, with `made.json`, `measured.json`, and
 * checkpoints while it is trained.
 *
 * @typedef {import('./kept-identity.mjs').Identity} Identity
 * @typedef {import('../../src/lab/tasks/experiment.ts').Made} Made
 * @typedef {import('../../src/lab/tasks/experiment.ts').Measured} Measured
 */

const ADAPTER = ['adapter_config.json', 'adapter_model.safetensors'];
/** All that a job leaves in its folder. */
const FILES = [...ADAPTER, 'README.md', 'run.json', 'chat_template.jinja', 'made.json', 'measured.json'];
/** What `writeWhole` calls a file until it is whole. */
const HALF_WRITTEN = /^(.+)\.\d+\.tmp$/;
const SEED = /^seed-\d+$/;

export function keptTasks(/** @type {string} */ out) {
  const experiment = join(out, 'experiment.json');
  const base = join(out, 'base.json');
  const folderOf = (/** @type {number} */ seed, /** @type {string} */ job) => join(out, `seed-${seed}`, job);
  const keep = (/** @type {string} */ path, /** @type {object} */ value) =>
    writeWhole(path, `${JSON.stringify(value)}\n`);
  return {
    /** @returns {Identity | null} */
    identity: () => read(experiment, 'identity'),
    begin: (/** @type {Identity} */ identity) => keep(experiment, { identity }),
    /** @returns {Measured | null} */
    base: () => read(base, 'measured'),
    keepBase: (/** @type {Measured} */ measured) => keep(base, { measured }),
    folderOf,
    checkpointsOf: (/** @type {number} */ seed, /** @type {string} */ job) =>
      checkpointFolder(folderOf(seed, job)),
    /** The files of an adapter that is whole, for who opens it. */
    filesOf(/** @type {number} */ seed, /** @type {string} */ job) {
      const folder = folderOf(seed, job);
      return [...ADAPTER, 'run.json'].map((name) => join(folder, name)).filter((path) => existsSync(path));
    },
    /** @returns {Made | null} null also where a file of the adapter is gone */
    made(/** @type {number} */ seed, /** @type {string} */ job) {
      const folder = folderOf(seed, job);
      return ADAPTER.every((name) => existsSync(join(folder, name)))
        ? read(join(folder, 'made.json'), 'made')
        : null;
    },
    /**
     * @param {number} seed
     * @param {string} job
     * @param {{ made: Made, files: Map<string, Uint8Array> }} done
     */
    keepMade(seed, job, { made, files }) {
      const folder = folderOf(seed, job);
      makeFolder(folder);
      for (const [name, bytes] of files) writeWhole(join(folder, name), bytes);
      // Last: what it says of must be there.
      keep(join(folder, 'made.json'), { made });
    },
    /** @returns {Measured | null} */
    measured: (/** @type {number} */ seed, /** @type {string} */ job) =>
      read(join(folderOf(seed, job), 'measured.json'), 'measured'),
    keepMeasured(/** @type {number} */ seed, /** @type {string} */ job, /** @type {Measured} */ measured) {
      keep(join(folderOf(seed, job), 'measured.json'), { measured });
    },
    /** Removes what a killed command left half written. */
    sweep() {
      sweepHalves(out, ['experiment.json', 'base.json', 'report.html', 'report.json']);
      for (const seed of foldersIn(out).filter((name) => SEED.test(name)))
        for (const job of foldersIn(join(out, seed))) sweepHalves(join(out, seed, job), FILES);
    },
    /** What another experiment left goes; what others put there stays, and its folder with it. */
    clear() {
      for (const path of [experiment, base]) rmSync(path, { force: true });
      for (const seed of foldersIn(out).filter((name) => SEED.test(name))) {
        for (const job of foldersIn(join(out, seed))) {
          const folder = join(out, seed, job);
          checkpointFolder(folder).clear();
          for (const name of FILES) rmSync(join(folder, name), { force: true });
          removeEmpty(folder);
        }
        removeEmpty(join(out, seed));
      }
    },
  };
}

/** What a file has under a key; null where it is not whole. */
function read(/** @type {string} */ path, /** @type {string} */ key) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))[key] ?? null;
  } catch {
    return null;
  }
}

function sweepHalves(/** @type {string} */ folder, /** @type {readonly string[]} */ files) {
  for (const name of readdirSync(folder))
    if (files.includes(HALF_WRITTEN.exec(name)?.[1] ?? '')) rmSync(join(folder, name), { force: true });
}

function foldersIn(/** @type {string} */ folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

function removeEmpty(/** @type {string} */ folder) {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
