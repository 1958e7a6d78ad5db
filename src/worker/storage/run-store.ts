import { nameOfFiles } from '../../data/files/names.ts';
import { readCheckpoint } from '../../run/checkpoint.ts';
import type { RunEvent } from '../../run/events.ts';
import { type SyncFile, writeAll } from '../../weights/download-cache.ts';
import type { DataChoice, ModelChoice, SavedRun, TrainRequest } from '../api/api.ts';
import { keeping } from './keeping.ts';
import { type RunJournal, readJournal } from './run-journal.ts';

/**
 * The page's open run in the origin's private file system, so that a closed tab or a crash costs the steps since the
 * last checkpoint and nothing else. One folder: `run.json` (what was asked for), `data` (a copy of a dropped file),
 * `events-0001.jsonl` (what it has shown, run-journal.ts), `step-000040.safetensors` (the two newest checkpoints, each a file of its own; where a crash left a handle locked on
 * it, `step-000040-1.safetensors`). A checkpoint counts only when it is whole (run/checkpoint.ts).
 */

export const RUN_FOLDER = 'run';
const KEPT = 2;
/** Files of one step that crashed workers may hold. */
const MOST_LOCKED = 9;
const NAME = /^step-(\d+)(-\d)?\.safetensors$/;
/** A larger file is not copied: it must be dropped again. */
const LARGEST_COPY = 256 * 1024 * 1024;

interface Stored {
  version: 1;
  name: string;
  began: string;
  model: SavedRun['model'];
  data: SavedRun['data'];
  request: TrainRequest;
}

/** @throws Error in words, where the browser gives the page no files of its own */
async function privateFiles(): Promise<FileSystemDirectoryHandle> {
  const { storage } = navigator as Partial<Navigator>;
  const root = await storage?.getDirectory?.().catch(() => null);
  if (!root) throw new Error('this browser gives the page no storage, as in a private window');
  return root;
}

/** The run's folder; null where there is none. */
async function folder(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (await privateFiles()).getDirectoryHandle(RUN_FOLDER);
  } catch {
    return null;
  }
}

async function write(
  directory: FileSystemDirectoryHandle,
  name: string,
  content: Uint8Array | string,
): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const file = (await directory.getFileHandle(name, { create: true })) as SyncFile;
  const handle = await file.createSyncAccessHandle();
  try {
    handle.truncate(0);
    writeAll(handle, bytes, 0);
    handle.flush();
  } finally {
    handle.close();
  }
}

async function names(directory: FileSystemDirectoryHandle): Promise<string[]> {
  const found: string[] = [];
  for await (const name of directory.keys()) found.push(name);
  return found;
}

async function checkpointNames(directory: FileSystemDirectoryHandle): Promise<string[]> {
  return (await names(directory))
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}

/** A model that can be opened again without the person; a dropped one must be dropped again. */
export function reopenable({ chatTemplate, ...choice }: ModelChoice, name: string): SavedRun['model'] {
  const chosen = { name, ...(chatTemplate !== undefined && { chatTemplate }) };
  if (choice.kind === 'bundled') return { choice, ...chosen };
  // A token is never written down.
  if (choice.kind === 'hub') return { choice: { ...choice, token: undefined }, ...chosen };
  return { choice: null, ...chosen };
}

/**
 * Begins a new record in place of the one before.
 * @returns false where the person wants nothing kept
 * @throws Error where this browser has no room, or keeps nothing
 */
export async function beginRecord(
  name: string,
  model: { choice: ModelChoice; name: string },
  data: { choice: DataChoice; files: readonly File[] },
  request: TrainRequest,
): Promise<boolean> {
  await forgetRun();
  if (keeping.nothing) return false;
  const root = await privateFiles();
  const directory = await root.getDirectoryHandle(RUN_FOLDER, { create: true });
  // Those of another run must never stand beside this one's record.
  if ((await names(directory)).length > 0)
    throw new Error('an earlier run’s files are still open in another tab');
  const [file, ...more] = data.files;
  let source: SavedRun['data'] = { choice: null, name: nameOfFiles(data.files) };
  if (data.choice.kind === 'sample') source.choice = data.choice;
  else if (file.size <= LARGEST_COPY && more.length === 0) {
    await write(directory, 'data', new Uint8Array(await file.arrayBuffer()));
    source = {
      choice: { kind: 'stored', name: file.name, mapping: data.choice.mapping },
      name: file.name,
    };
  }
  const record: Stored = {
    version: 1,
    name,
    began: new Date().toISOString(),
    model: reopenable(model.choice, model.name),
    data: source,
    request,
  };
  await write(directory, 'run.json', JSON.stringify(record));
  return true;
}

/**
 * Keeps a checkpoint and the one before, and first what the run has shown since.
 * @throws Error where the record is gone: the person has wiped it, and a checkpoint without it is of no use.
 */
export async function keepCheckpoint(step: number, file: Uint8Array, journal: RunJournal): Promise<void> {
  const directory = await folder();
  if (!directory) throw new Error('what was kept of it has been wiped');
  // A curve with a gap is no reason to lose the checkpoint.
  await journal.write(directory).catch(() => undefined);
  const name = `step-${String(step).padStart(6, '0')}`;
  for (let again = 0; ; again++) {
    try {
      await write(directory, `${name}${again > 0 ? `-${again}` : ''}.safetensors`, file);
      break;
    } catch (error) {
      const locked = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!locked || again === MOST_LOCKED) throw error;
    }
  }
  for (const old of (await checkpointNames(directory)).slice(KEPT))
    await directory.removeEntry(old).catch(() => undefined);
}

async function newestWhole(
  directory: FileSystemDirectoryHandle,
): Promise<{ name: string; step: number; bytes: Uint8Array } | null> {
  for (const name of await checkpointNames(directory)) {
    try {
      const file = await (await directory.getFileHandle(name)).getFile();
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { progress } = await readCheckpoint(bytes, name);
      return { name, step: progress.step, bytes };
    } catch {
      // Cut by a crash: the one before it is whole.
    }
  }
  return null;
}

export async function savedRun(): Promise<SavedRun | null> {
  const directory = await folder();
  if (!directory) return null;
  try {
    const text = await (await (await directory.getFileHandle('run.json')).getFile()).text();
    const { name, began, model, data, request } = JSON.parse(text) as Stored;
    const checkpoint = await newestWhole(directory);
    return checkpoint && { name, began, model, data, request, step: checkpoint.step };
  } catch {
    return null;
  }
}

/** The newest whole checkpoint, to go on from. */
export async function savedCheckpoint(): Promise<{ name: string; bytes: Uint8Array } | null> {
  const directory = await folder();
  return directory && newestWhole(directory);
}

/** What the saved run had shown up to a step. */
export async function savedEvents(step: number): Promise<RunEvent[]> {
  const directory = await folder();
  return directory ? readJournal(directory, step).catch(() => []) : [];
}

/** The copy of the run's data. */
export async function savedData(name: string): Promise<File | null> {
  try {
    const directory = await folder();
    const file = await (await directory?.getFileHandle('data'))?.getFile();
    return file ? new File([file], name) : null;
  } catch {
    return null;
  }
}

export async function forgetRun(): Promise<void> {
  const directory = await folder();
  if (!directory) return;
  try {
    await (await privateFiles()).removeEntry(RUN_FOLDER, { recursive: true });
  } catch {
    // A locked file keeps its folder, but not the other files in it.
    for (const name of await names(directory)) await directory.removeEntry(name).catch(() => undefined);
  }
}
