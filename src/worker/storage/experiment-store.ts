import { deleteDB } from 'idb';
import type { ExperimentId, KeptData, KeptExperiments } from '../api/api.ts';
import { databaseOf } from './database.ts';
import { keepableDistil } from './distil-kept.ts';
import { keepableFrontier } from './frontier-kept.ts';
import { keeping } from './keeping.ts';
import { keepable } from './ladder-kept.ts';
import { keepableTasks } from './tasks-kept.ts';

/**
 * What the experiments of the lab have measured, in IndexedDB: the last of each kind, with what was given to it. Another
 * takes its place. Where storage is refused, or the person keeps nothing, the page has it until it is closed.
 */

export const LAB_DATABASE = 'lowrank-lab';
/** Where the ladder was kept before the other experiments came. */
export const EARLIER_DATABASE = 'lowrank-ladder';
const [EARLIER_STORE, EARLIER_KEY] = ['ladder', 'latest'];
const STORE = 'experiments';

/** Of each experiment, which version of its record is read, and what of one is kept, within the limits. */
const KINDS: { [Id in ExperimentId]: Kind<KeptExperiments[Id]> } = {
  ladder: { version: 2, keepable },
  distil: { version: 1, keepable: keepableDistil },
  tasks: { version: 1, keepable: keepableTasks },
  frontier: { version: 1, keepable: keepableFrontier },
};

interface Kind<Kept> {
  version: number;
  keepable(record: Kept): Kept;
}

const { use, exists } = databaseOf(LAB_DATABASE, (database) => {
  database.createObjectStore(STORE);
});
const earlier = databaseOf(EARLIER_DATABASE, (database) => {
  database.createObjectStore(EARLIER_STORE);
});

/** A ladder that an earlier version of the page kept, put where the others are. */
async function moveEarlier(): Promise<void> {
  if (keeping.nothing || !(await earlier.exists())) return;
  const ladder = await earlier.use((database) => database.get(EARLIER_STORE, EARLIER_KEY));
  if (ladder)
    await use(
      async (database) => (await database.get(STORE, 'ladder')) ?? database.put(STORE, ladder, 'ladder'),
    );
  await deleteDB(EARLIER_DATABASE);
}

/** Null where none is kept, or one of another version of the page. */
export async function keptExperiment<Id extends ExperimentId>(id: Id): Promise<KeptExperiments[Id] | null> {
  try {
    await moveEarlier();
    if (!(await exists())) return null;
    const kept = await use((database) => database.get(STORE, id) as Promise<KeptExperiments[Id] | undefined>);
    return kept?.version === KINDS[id].version ? kept : null;
  } catch {
    return null;
  }
}

/** Keeps it in place of the one before. @throws what the browser says where it has no room */
export async function keepExperiment<Id extends ExperimentId>(
  id: Id,
  record: KeptExperiments[Id],
): Promise<void> {
  if (keeping.nothing) return;
  const kept = KINDS[id].keepable(record);
  await use((database) => database.put(STORE, kept, id));
}

/** The last one takes the database with it. */
export async function forgetExperiment(id: ExperimentId): Promise<void> {
  if (id === 'ladder') await deleteDB(EARLIER_DATABASE).catch(() => {});
  if (!(await exists())) return;
  await use((database) => database.delete(STORE, id));
  const left = await use((database) => database.count(STORE));
  if (left === 0) await forgetExperiments();
}

export async function forgetExperiments(): Promise<void> {
  for (const name of [LAB_DATABASE, EARLIER_DATABASE]) await deleteDB(name).catch(() => {});
}

/** What is kept, and about how many bytes each takes. */
export async function experimentSizes(): Promise<KeptData['experiments']> {
  const sizes: KeptData['experiments'] = [];
  for (const id of Object.keys(KINDS) as ExperimentId[]) {
    const kept = await keptExperiment(id);
    if (kept) sizes.push({ id, name: kept.title, bytes: bytesOf(kept) });
  }
  return sizes;
}

/** Of texts, numbers and files, however deep. */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Blob) return value.size;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value === null || typeof value !== 'object') return 8;
  return Object.values(value).reduce((sum: number, part) => sum + bytesOf(part), 0);
}
