import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { userCache } from '../paths.mjs';
import { usage } from './failure.mjs';
import { takeLock } from './lock.mjs';
import { makeFolder } from './outputs.mjs';

/**
 * One command at a time writes into a folder.
 * @returns {() => void} Gives it back.
 */
export function lockOut(/** @type {string} */ out) {
  const name = createHash('sha256').update(realpathSync(out)).digest('hex').slice(0, 16);
  const folder = join(userCache(), 'locks');
  try {
    makeFolder(folder);
    const lock = join(folder, `${name}.lock`);
    // One that was killed a moment ago may still be ending.
    for (let again = 0; again < 20; again++) {
      if (takeLock(lock)) return () => rmSync(lock, { force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  } catch {
    // Without a cache folder nobody can be kept out.
    return () => {};
  }
  throw usage(`--out: another command writes into ${out}. Wait for it, or give another folder.`);
}
