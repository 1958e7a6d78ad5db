import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { userCache } from '../paths.mjs';
import { takeLock } from './lock.mjs';
import { makeFolder } from './outputs.mjs';

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
  makeFolder(root);
  for (let number = 0; ; number++) {
    const lock = join(root, `${number}.lock`);
    if (!takeLock(lock)) continue;
    return {
      folder: join(root, String(number)),
      release: () => rmSync(lock, { force: true }),
    };
  }
}
