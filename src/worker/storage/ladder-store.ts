import { deleteDB } from 'idb';
import type { KeptLadder, LadderAdapter } from '../api/api.ts';
import { databaseOf } from './database.ts';
import { keeping } from './keeping.ts';
import { reopenable } from './run-store.ts';

/**
 * The page's ladder, in IndexedDB: what was given, each rung that was measured with its questions and answers, and the
 * adapter. One at a time; another takes its place. Where storage is refused, or the person keeps nothing, the page has it
 * until it is closed.
 */

export const LADDER_DATABASE = 'lowrank-ladder';
const STORE = 'ladder';
const KEY = 'latest';
/** Files that are not copied, and adapters that are not kept, since they are larger than that together. */
const LARGEST_COPY = 256 * 1024 * 1024;
const LARGEST_ADAPTERS = 64e6;

const { use, exists } = databaseOf(LADDER_DATABASE, (database) => {
  database.createObjectStore(STORE);
});

/** Null where none is kept, or one of another version of the page. */
export async function keptLadder(): Promise<KeptLadder | null> {
  try {
    if (!(await exists())) return null;
    const kept = await use((database) => database.get(STORE, KEY) as Promise<KeptLadder | undefined>);
    return kept?.version === 2 ? kept : null;
  } catch {
    return null;
  }
}

/** Keeps it in place of the one before. @throws what the browser says where it has no room */
export async function keepLadder(ladder: KeptLadder): Promise<void> {
  if (keeping.nothing) return;
  const kept = keepable(ladder);
  await use((database) => database.put(STORE, kept, KEY));
}

/** Without what would take too much room, and without a token: files are dropped again, the adapter is trained again. */
export function keepable(ladder: KeptLadder): KeptLadder {
  const { given, adapter, apart } = ladder;
  const files = [...filesOf(given.data), ...(given.heldOut ? [given.heldOut] : [])];
  const tooLarge = files.reduce((sum, { size }) => sum + size, 0) > LARGEST_COPY;
  const own = adaptersBytes(adapter ? [adapter] : []);
  const parts = adaptersBytes(apart ?? []);
  const { choice, name } = given.model;
  return {
    ...ladder,
    given: {
      ...given,
      ...(tooLarge && { data: withoutFiles(given.data), heldOut: null }),
      model: choice ? reopenable(choice, name) : given.model,
    },
    adapter: own <= LARGEST_ADAPTERS ? adapter : null,
    apart: apart && (own + parts <= LARGEST_ADAPTERS ? apart : []),
  };
}

function filesOf(data: KeptLadder['given']['data']): readonly File[] {
  if (data?.kind === 'files') return data.files;
  return data?.kind === 'file' ? [data.file] : [];
}

function withoutFiles(data: KeptLadder['given']['data']): KeptLadder['given']['data'] {
  return data?.kind === 'file' || data?.kind === 'files' ? null : data;
}

function adaptersBytes(adapters: readonly LadderAdapter[]): number {
  return adapters.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

export async function forgetLadder(): Promise<void> {
  await deleteDB(LADDER_DATABASE).catch(() => {});
}

/** What is kept, and about how many bytes it takes; null where nothing is. */
export async function ladderSize(): Promise<{ name: string; bytes: number } | null> {
  const kept = await keptLadder();
  if (!kept) return null;
  const { given, rungs, adapter, apart, title } = kept;
  const files = [...filesOf(given.data), ...(given.heldOut ? [given.heldOut] : [])];
  const texts = JSON.stringify([rungs, given.documents]).length;
  return {
    name: title,
    bytes:
      texts +
      files.reduce((sum, { size }) => sum + size, 0) +
      adaptersBytes([...(adapter ? [adapter] : []), ...(apart ?? [])]),
  };
}
