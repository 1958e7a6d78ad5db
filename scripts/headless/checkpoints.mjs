import { createHash } from 'node:crypto';
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
import { writeWhole } from './outputs.mjs';

/**
 * Checkpoints of a run in `--out/checkpoints`: `step-000050.safetensors`, the two newest whole ones, and
 * `result.json` once it is finished. What is in one, and its hash: src/run/checkpoint.ts.
 *
 * @typedef {import('../../src/run/checkpoint.ts').RunIdentity} RunIdentity
 * @typedef {{ step: number, path: string, identity: RunIdentity }} Found
 */

const KEPT = 2;
const NAME = /^step-(\d+)\.safetensors$/;
/** What `writeWhole` calls our files until they are whole: others' temporary files are left alone. */
const HALF_WRITTEN =
  /^((adapter_model|step-\d+)\.safetensors|(adapter_config|run|result)\.json|README\.md)?\.\d+\.tmp$/;

/** Bytes [begin, end) of an open file, piece by piece: Node reads no more than 2 GiB at once. */
function* piecesOf(/** @type {number} */ file, /** @type {number} */ begin, /** @type {number} */ end) {
  const piece = Buffer.alloc(Math.min(16 << 20, Math.max(0, end - begin)));
  for (let at = begin; at < end; ) {
    const count = readSync(file, piece, 0, Math.min(piece.length, end - at), at);
    if (count === 0) throw new RangeError('it ends early');
    yield piece.subarray(0, count);
    at += count;
  }
}

/**
 * What a checkpoint says of its run; null where it is not whole.
 * @throws The system's error where it cannot be read at all: it may well be whole.
 */
function readWhole(/** @type {string} */ path) {
  const file = openSync(path, 'r');
  try {
    const bytes = (/** @type {number} */ begin, /** @type {number} */ end) =>
      Buffer.concat([...piecesOf(file, begin, end)].map((piece) => Buffer.from(piece)));
    const length = Number(bytes(0, 8).readBigUInt64LE(0));
    if (length > fstatSync(file).size) return null;
    const header = JSON.parse(bytes(8, 8 + length).toString('utf8'));
    const { run, sha256 } = header.__metadata__;
    const hash = createHash('sha256').update(run);
    for (const name of Object.keys(header).sort()) {
      if (name === '__metadata__') continue;
      const [begin, end] = header[name].data_offsets;
      hash.update(name);
      for (const piece of piecesOf(file, 8 + length + begin, 8 + length + end)) hash.update(piece);
    }
    return hash.digest('hex') === sha256 ? JSON.parse(run) : null;
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
    /** @returns {Found | null} the newest whole one */
    newest() {
      for (const name of steps()) {
        const path = join(folder, name);
        const run = readWhole(path);
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
