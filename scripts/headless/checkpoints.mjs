import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './outputs.mjs';

/**
 * Checkpoints of a run in `--out/checkpoints`: `step-000050.safetensors`, the two newest whole ones, and
 * `result.json` once it is finished. What is in one, and its hash: src/train/checkpoint.ts.
 *
 * @typedef {import('../../src/train/checkpoint.ts').RunIdentity} RunIdentity
 * @typedef {{ step: number, path: string, identity: RunIdentity }} Found
 */

const KEPT = 2;
const NAME = /^step-(\d+)\.safetensors$/;
/** What `writeWhole` calls our files until they are whole: others' temporary files are left alone. */
const HALF_WRITTEN =
  /^((adapter_model|step-\d+)\.safetensors|(adapter_config|run|result)\.json|README\.md)?\.\d+\.tmp$/;

/** What a checkpoint says of its run; null where it is not whole. */
function readWhole(/** @type {string} */ path) {
  try {
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'));
    const { run, sha256 } = header.__metadata__;
    const hash = createHash('sha256').update(run);
    for (const name of Object.keys(header).sort()) {
      if (name === '__metadata__') continue;
      const [begin, end] = header[name].data_offsets;
      hash.update(name).update(bytes.subarray(8 + length + begin, 8 + length + end));
    }
    return hash.digest('hex') === sha256 ? JSON.parse(run) : null;
  } catch {
    return null;
  }
}

/** The checkpoints of one `--out`. */
export function checkpointFolder(/** @type {string} */ out) {
  const folder = join(out, 'checkpoints');
  const resultFile = join(folder, 'result.json');
  const names = () => (existsSync(folder) ? readdirSync(folder) : []);
  const steps = () =>
    names()
      .filter((name) => NAME.test(name))
      .sort()
      .reverse();
  return {
    /** Removes what a killed run left half written. */
    sweep() {
      for (const place of [out, folder])
        for (const name of existsSync(place) ? readdirSync(place) : [])
          if (HALF_WRITTEN.test(name)) rmSync(join(place, name), { force: true });
    },
    /** A run that starts afresh leaves nothing behind that another could be resumed from. */
    clear() {
      rmSync(folder, { recursive: true, force: true });
    },
    /** @returns {Found | null} the newest whole one; damaged ones are removed on the way */
    newest() {
      for (const name of steps()) {
        const path = join(folder, name);
        const run = readWhole(path);
        if (run) return { step: run.progress.step, path, identity: run.identity };
        rmSync(path, { force: true });
      }
      return null;
    },
    write(/** @type {number} */ step, /** @type {Uint8Array} */ bytes) {
      mkdirSync(folder, { recursive: true });
      writeWhole(join(folder, `step-${String(step).padStart(6, '0')}.safetensors`), bytes);
      for (const name of steps().slice(KEPT)) rmSync(join(folder, name), { force: true });
    },
    /** @returns {{ identity: RunIdentity, result: Record<string, any> } | null} */
    finished() {
      try {
        return JSON.parse(readFileSync(resultFile, 'utf8'));
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
