import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { userCache } from '../paths.mjs';

/**
 * A browser profile that outlives the command, so that a model from the hub is fetched once: its files lie in the
 * private file system of this origin. Storage belongs to an origin, hence one name and port for every command.
 */
export const KEPT_ORIGIN = 'http://lowrank.localhost';

/**
 * A profile that no other running command uses. Where several commands run at once each has its own.
 * @returns {{ folder: string, release: () => void }}
 */
export function takeProfile(root = join(userCache(), 'hub')) {
  mkdirSync(root, { recursive: true });
  for (let number = 0; ; number++) {
    const lock = join(root, `${number}.lock`);
    if (!takeLock(lock)) continue;
    return {
      folder: join(root, String(number)),
      release: () => rmSync(lock, { force: true }),
    };
  }
}

function takeLock(/** @type {string} */ lock) {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(lock, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return true;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (holderLives(lock)) return false;
    rmSync(lock, { force: true });
  }
  return false;
}

function holderLives(/** @type {string} */ lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // An empty lock is one that is being written at this moment.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
