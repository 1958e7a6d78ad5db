import { deleteDB } from 'idb';
import { UserError } from '../../errors.ts';
import { keepDownloads, MODELS_FOLDER, privateFileCache } from '../../weights/download-cache.ts';
import { listDownloads } from '../../weights/hub.ts';
import type { KeptData } from '../api/api.ts';
import { scratchBytes, sweepScratch } from '../files/disk-scratch.ts';
import { experimentSizes, forgetExperiments } from './experiment-store.ts';
import { eraseHistory, historySize } from './history-store.ts';
import { keeping } from './keeping.ts';
import { KERNEL_DATABASE } from './kernel-store.ts';
import { RUN_FOLDER, savedRun } from './run-store.ts';

/**
 * Data at rest: what the worker keeps in this browser, and an end to it. By name, never all that is there: another
 * page may live on the same host.
 */

/** From now on nothing is written to the disk, or it is again. */
export function keepNothing(nothing: boolean): void {
  keeping.nothing = nothing;
  keepDownloads(!nothing);
}

async function root(): Promise<FileSystemDirectoryHandle | null> {
  // Absent or refused in some private modes, where nothing is kept either.
  return (await (navigator as Partial<Navigator>).storage?.getDirectory?.().catch(() => null)) ?? null;
}

export async function keptData(): Promise<KeptData> {
  const directory = await root();
  // Of the disk, where models may lie too that were fetched before nothing was to be kept.
  const models = directory ? await listDownloads(privateFileCache(directory)) : [];
  const run = await savedRun();
  const databases = (await globalThis.indexedDB?.databases?.().catch(() => [])) ?? [];
  return {
    run: run && { name: run.name, bytes: await bytesIn(RUN_FOLDER) },
    history: await historySize(),
    experiments: await experimentSizes(),
    models: { count: models.length, bytes: models.reduce((sum, model) => sum + model.bytes, 0) },
    openData: await scratchBytes().catch(() => 0),
    kernels: databases.some(({ name }) => name === KERNEL_DATABASE),
  };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  const directory = await (await root())?.getDirectoryHandle(folder);
  for await (const handle of directory?.values() ?? [])
    if (handle.kind === 'file') bytes += (await (handle as FileSystemFileHandle).getFile()).size;
  return bytes;
}

/** @throws UserError `still-written` where a file is open: a run or a download, perhaps in another tab. */
export async function eraseData(): Promise<void> {
  const directory = await root();
  let open = false;
  for (const folder of [RUN_FOLDER, MODELS_FOLDER]) {
    try {
      await directory?.removeEntry(folder, { recursive: true });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) open = true;
    }
  }
  // What is open stays so until it is closed.
  await sweepScratch().catch(() => {});
  await deleteDB(KERNEL_DATABASE).catch(() => {});
  await eraseHistory();
  await forgetExperiments();
  if (open)
    throw new UserError(
      'still-written',
      'A run or a download is still being written, perhaps in another tab. Whatever was closed is erased. Stop it or close the other tabs, then erase again.',
    );
}
