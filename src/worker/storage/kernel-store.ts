import { openDB } from 'idb';
import type { Gpu } from '../../gpu/device.ts';
import { keeping } from './keeping.ts';

/**
 * The choice of kernels outlives the page: another variant sums in another order, so a run that is repeated with the
 * same seed must find the same choice. Kept by adapter and browser, in IndexedDB; where that is refused (private mode)
 * each visit chooses anew.
 */

export const KERNEL_DATABASE = 'lowrank-kernels';
const STORE = 'kernels';

function open() {
  return openDB(KERNEL_DATABASE, 1, {
    upgrade(database) {
      database.createObjectStore(STORE);
    },
  });
}

function keyOf(gpu: Gpu): string {
  return JSON.stringify([gpu.info, globalThis.navigator?.userAgent ?? '']);
}

export async function storedChoices(gpu: Gpu): Promise<Record<string, string>> {
  if (keeping.nothing) return {};
  try {
    const database = await open();
    try {
      return (await database.get(STORE, keyOf(gpu))) ?? {};
    } finally {
      database.close();
    }
  } catch {
    return {};
  }
}

export async function storeChoices(gpu: Gpu, choices: Readonly<Record<string, string>>): Promise<void> {
  if (keeping.nothing) return;
  try {
    const database = await open();
    try {
      await database.put(STORE, { ...choices }, keyOf(gpu));
    } finally {
      database.close();
    }
  } catch {
    // The next visit chooses anew.
  }
}
