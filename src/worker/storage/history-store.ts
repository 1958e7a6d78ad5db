import { deleteDB } from 'idb';
import { zipFiles } from '../../files/zip.ts';
import type { KeptData, PastRun } from '../api/api.ts';
import { databaseOf } from './database.ts';
import { keeping } from './keeping.ts';

/**
 * Finished and stopped runs, in IndexedDB: what was asked for, the curve, what came of it, a name and a note, what the
 * person expects of its answers, and the adapter where it is small. No row of the data and no answer is among it. Where
 * storage is refused, or the person keeps nothing, the page has its runs until it is closed.
 */

export const HISTORY_DATABASE = 'lowrank-history';
const RUNS = 'runs';
const ADAPTERS = 'adapters';
/** The oldest runs beyond these are dropped. */
const MOST_RUNS = 100;
/** A larger adapter is not kept: it is what the download is for. */
const LARGEST_ADAPTER = 8e6;

const { use, exists } = databaseOf(HISTORY_DATABASE, (database) => {
  database.createObjectStore(RUNS, { keyPath: 'id' });
  database.createObjectStore(ADAPTERS);
});

/** The newest first; none where nothing is kept. */
export async function pastRuns(): Promise<PastRun[]> {
  try {
    if (!(await exists())) return [];
    const runs = await use((database) => database.getAll(RUNS) as Promise<PastRun[]>);
    return runs.sort((a, b) => (a.ended < b.ended ? 1 : -1));
  } catch {
    return [];
  }
}

/**
 * Keeps a run in place of what was kept of it, and its adapter where that is given and small.
 * @param adapterFiles makes the adapter's files; not asked for one that is too large
 * @returns the run as kept, or as given where nothing is
 */
export async function keepRun(
  run: PastRun,
  adapterFiles: (() => Promise<readonly { path: string; blob: Blob }[]>) | null,
): Promise<PastRun> {
  if (keeping.nothing) return run;
  // Float32: before they are packed it is known whether they fit.
  const fits = 4 * run.summary.trainable_parameters <= LARGEST_ADAPTER;
  const zip = adapterFiles && fits ? await zipFiles(await adapterFiles()) : null;
  const small = zip && zip.size <= LARGEST_ADAPTER ? zip : null;
  const kept = small ? { ...run, adapterBytes: small.size } : run;
  await use(async (database) => {
    await database.put(RUNS, kept);
    if (small) await database.put(ADAPTERS, small, run.id);
    const all = ((await database.getAll(RUNS)) as PastRun[]).sort((a, b) => (a.ended < b.ended ? 1 : -1));
    for (const { id } of all.slice(MOST_RUNS)) {
      await database.delete(RUNS, id);
      await database.delete(ADAPTERS, id);
    }
  });
  return kept;
}

export async function removeRun(id: string): Promise<void> {
  if (!(await exists())) return;
  await use(async (database) => {
    await database.delete(RUNS, id);
    await database.delete(ADAPTERS, id);
  });
}

/** The adapter of a past run as a .zip; null where it was too large to keep. */
export async function pastAdapter(id: string): Promise<Blob | null> {
  return use(async (database) => ((await database.get(ADAPTERS, id)) as Blob | undefined) ?? null);
}

/** How many runs are kept, about how many bytes they take, and how many expectations are among that. */
export async function historySize(): Promise<KeptData['history']> {
  const runs = await pastRuns();
  const bytes = runs.reduce((sum, run) => sum + JSON.stringify(run).length + run.adapterBytes, 0);
  const expectations = runs.reduce((sum, { expected }) => sum + (expected?.list.length ?? 0), 0);
  return { count: runs.length, bytes, expectations };
}

export async function eraseHistory(): Promise<void> {
  await deleteDB(HISTORY_DATABASE).catch(() => {});
}
