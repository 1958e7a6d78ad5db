import { readCheckpoint } from '../train/checkpoint.ts';
import type { SyncFile } from '../weights/download-cache.ts';
import type { DataChoice, ModelChoice, SavedRun, TrainRequest } from './api.ts';
import { keeping } from './keeping.ts';

/**
 * The page's open run in the origin's private file system, so that a closed tab or a crash costs the steps since the
 * last checkpoint and nothing else. One folder: `run.json` (what was asked for), `data` (a copy of a dropped file),
 * `step-000040.safetensors` (the two newest checkpoints, each a file of its own: a handle that a crash left locked
 * blocks nothing). A checkpoint counts only when it is whole (train/checkpoint.ts).
 */

export const RUN_FOLDER = 'run';
const KEPT = 2;
const NAME = /^step-(\d+)\.safetensors$/;
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

async function folder(create: boolean): Promise<FileSystemDirectoryHandle | null> {
  if (create && keeping.nothing) return null;
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(RUN_FOLDER, { create });
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
    let at = 0;
    while (at < bytes.byteLength) {
      const wrote = handle.write(bytes.subarray(at) as Uint8Array<ArrayBuffer>, { at });
      if (wrote === 0) throw new DOMException('no room', 'QuotaExceededError');
      at += wrote;
    }
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
function reopenable(choice: ModelChoice, name: string): SavedRun['model'] {
  if (choice.kind === 'bundled') return { choice, name };
  // A token is never written down.
  if (choice.kind === 'hub') return { choice: { ...choice, token: undefined }, name };
  return { choice: null, name };
}

/** Begins a new record in place of the one before. @returns false where nothing can be kept here */
export async function beginRecord(
  name: string,
  model: { choice: ModelChoice; name: string },
  data: { choice: DataChoice; file: File },
  request: TrainRequest,
): Promise<boolean> {
  await forgetRun();
  const directory = await folder(true);
  if (!directory) return false;
  let source: SavedRun['data'] = { choice: null, name: data.file.name };
  if (data.choice.kind === 'sample') source = { choice: data.choice, name: data.file.name };
  else if (data.file.size <= LARGEST_COPY) {
    await write(directory, 'data', new Uint8Array(await data.file.arrayBuffer()));
    source = { choice: { kind: 'stored', name: data.file.name }, name: data.file.name };
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
 * Keeps a checkpoint and the one before.
 * @throws Error where the record is gone: the person has wiped it, and a checkpoint without it is of no use.
 */
export async function keepCheckpoint(step: number, file: Uint8Array): Promise<void> {
  const directory = await folder(false);
  if (!directory) throw new Error('what was kept of it has been wiped');
  await write(directory, `step-${String(step).padStart(6, '0')}.safetensors`, file);
  for (const name of (await checkpointNames(directory)).slice(KEPT))
    await directory.removeEntry(name).catch(() => undefined);
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
  const directory = await folder(false);
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
  const directory = await folder(false);
  return directory && newestWhole(directory);
}

/** The copy of the run's data. */
export async function savedData(name: string): Promise<File | null> {
  try {
    const directory = await folder(false);
    const file = await (await directory?.getFileHandle('data'))?.getFile();
    return file ? new File([file], name) : null;
  } catch {
    return null;
  }
}

export async function forgetRun(): Promise<void> {
  try {
    await (await navigator.storage.getDirectory()).removeEntry(RUN_FOLDER, { recursive: true });
  } catch {
    // There was none, or this browser keeps nothing.
  }
}
