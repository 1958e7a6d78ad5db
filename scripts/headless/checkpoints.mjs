import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { importTypeScript } from '../typescript.mjs';
import { writeWhole } from './outputs.mjs';

/**
 * Checkpoints of a run in `--out/checkpoints`: `step-000050.safetensors`, the two newest whole ones, and
 * `result.json` once it is finished. What is in one: src/run/checkpoint.ts.
 *
 * @typedef {import('../../src/run/checkpoint.ts').RunIdentity} RunIdentity
 * @typedef {{ step: number, path: string, identity: RunIdentity }} Found
 */

const KEPT = 2;
const NAME = /^step-(\d+)\.safetensors$/;
/** What `writeWhole` calls our files until they are whole: others' temporary files are left alone. */
const HALF_WRITTEN =
  /^((adapter_model|step-\d+)\.safetensors|(adapter_config|run|result)\.json|README\.md)?\.\d+\.tmp$/;

/** A file on the disk, as the page reads files. @returns {import('../../src/weights/range-reader.ts').RangeReader} */
function diskReader(/** @type {string} */ name, /** @type {number} */ file) {
  return {
    name,
    size: fstatSync(file).size,
    async read(begin, end) {
      const bytes = Buffer.alloc(end - begin);
      for (let at = 0; at < bytes.length; ) {
        const count = readSync(file, bytes, at, bytes.length - at, begin + at);
        if (count === 0) throw new RangeError('it ends early');
        at += count;
      }
      return bytes;
    },
  };
}

/**
 * What a checkpoint says of its run; null where it is not whole.
 * @throws The system's error where it cannot be read at all: it may well be whole.
 */
async function readWhole(/** @type {string} */ path) {
  /** @type {typeof import('../../src/run/checkpoint-file.ts')} */
  const { readCheckpointFile } = await importTypeScript('src/run/checkpoint-file.ts');
  const file = openSync(path, 'r');
  try {
    return JSON.parse((await readCheckpointFile(diskReader(path, file))).run);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).syscall) throw error;
    return null;
  } finally {
    closeSync(file);
  }
}

/** The checkpoints of one `--out`. */
export function checkpointFolder(/** @type {string} */ out) {
  const folder = join(out, 'checkpoints');
  const resultFile = join(folder, 'result.json');
  const names = () => (existsSync(folder) ? readdirSync(folder) : []);
  const stepOf = (/** @type {string} */ name) => Number(NAME.exec(name)?.[1]);
  /** Newest first. */
  const steps = () =>
    names()
      .filter((name) => NAME.test(name) && statSync(join(folder, name), { throwIfNoEntry: false })?.isFile())
      .sort((a, b) => stepOf(b) - stepOf(a));
  return {
    /** Removes what a killed run left half written. */
    sweep() {
      for (const place of [out, folder])
        for (const name of existsSync(place) ? readdirSync(place) : [])
          if (HALF_WRITTEN.test(name)) rmSync(join(place, name), { force: true });
    },
    /** A run that starts afresh leaves nothing behind that another could be resumed from. */
    clear() {
      for (const name of names())
        if (NAME.test(name) || name === 'result.json' || HALF_WRITTEN.test(name))
          rmSync(join(folder, name), { force: true });
      // What others put there stays, and the folder with it.
      if (existsSync(folder) && names().length === 0) rmdirSync(folder);
    },
    /** @returns {Promise<Found | null>} the newest whole one */
    async newest() {
      for (const name of steps()) {
        const path = join(folder, name);
        const run = await readWhole(path);
        if (run) return { step: run.progress.step, path, identity: run.identity };
      }
      return null;
    },
    /** A run that goes on from `step` has no use for later ones, which are damaged. */
    dropAfter(/** @type {number} */ step) {
      for (const name of steps()) if (stepOf(name) > step) rmSync(join(folder, name), { force: true });
    },
    write(/** @type {number} */ step, /** @type {Uint8Array} */ bytes) {
      mkdirSync(folder, { recursive: true });
      writeWhole(join(folder, `step-${String(step).padStart(6, '0')}.safetensors`), bytes);
      // The one just written stays, whatever else lies there.
      const others = steps().filter((name) => stepOf(name) !== step);
      for (const name of others.slice(KEPT - 1)) rmSync(join(folder, name), { force: true });
    },
    /** @returns {{ identity: RunIdentity, result: Record<string, any> } | null} */
    finished() {
      try {
        const read = JSON.parse(readFileSync(resultFile, 'utf8'));
        return read?.identity && read.result ? read : null;
      } catch {
        return null;
      }
    },
    finish(/** @type {RunIdentity} */ identity, /** @type {Record<string, any>} */ result) {
      mkdirSync(folder, { recursive: true });
      writeWhole(resultFile, `${JSON.stringify({ identity, result })}\n`);
      for (const name of steps()) rmSync(join(folder, name), { force: true });
    },
  };
}
