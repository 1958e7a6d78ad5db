import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

/**
 * Makes a lock that holds our process's number; one whose process is gone is taken over.
 * @returns {boolean} False where another command holds it.
 */
export function takeLock(/** @type {string} */ lock) {
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

export function processLives(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return false;
  }
  try {
    // One that has ended and that nobody asked after still has its number: in a container, for ever.
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // Elsewhere than on Linux there is no such file.
    return true;
  }
}

function holderLives(/** @type {string} */ lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // An empty lock is one that is being written at this moment.
    return pid <= 0 || processLives(pid);
  } catch {
    // It went away meanwhile.
    return false;
  }
}
