import { type Bytes, type MakeScratch, memoryScratch, type Scratch } from '../../data/files/one-file.ts';
import { UserError } from '../../errors.ts';
import { type SyncFile, writeAll } from '../../weights/download-cache.ts';

/**
 * What is made of a large file (unpacked, or written anew as JSON Lines) lies in the browser's private files while it is
 * open, so that it takes no memory. Each worker has a folder of its own and a lock on it for as long as it lives;
 * folders whose worker is gone are removed by the next.
 */
export const SCRATCH_FOLDER = 'open-data';

/** What is smaller is kept in memory. */
const IN_MEMORY = 64 << 20;

const lockOf = (folder: string): string => `lowrank-${SCRATCH_FOLDER}-${folder}`;

async function scratchRoot(create: boolean): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(SCRATCH_FOLDER, { create });
  } catch {
    // Absent or refused in some private modes; or never made.
    return null;
  }
}

/** Removes the folders of workers that are gone. */
export async function sweepScratch(): Promise<void> {
  const root = await scratchRoot(false);
  for await (const name of root?.keys() ?? []) {
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      if (lock) await root?.removeEntry(name, { recursive: true }).catch(() => {});
    });
  }
}

/** Bytes in the folders of all workers. */
export async function scratchBytes(): Promise<number> {
  let bytes = 0;
  for await (const folder of (await scratchRoot(false))?.values() ?? []) {
    if (folder.kind !== 'directory') continue;
    for await (const handle of (folder as FileSystemDirectoryHandle).values())
      if (handle.kind === 'file') bytes += (await (handle as FileSystemFileHandle).getFile()).size;
  }
  return bytes;
}

/** This worker's folder. */
export class DiskScratch {
  #folder: Promise<FileSystemDirectoryHandle | null> | null = null;
  #files = 0;
  readonly #scratches = new Map<number, LargeScratch[]>();

  /** For one dataset. @param id what `discard` names it by */
  for(id: number): MakeScratch {
    return () => {
      const scratch = new LargeScratch(() => this.#create(id));
      this.#scratches.set(id, [...(this.#scratches.get(id) ?? []), scratch]);
      return scratch;
    };
  }

  /** Removes what was kept for a dataset. */
  async discard(id: number): Promise<void> {
    // Reading may have been given up while one was written.
    for (const scratch of this.#scratches.get(id) ?? []) scratch.close();
    this.#scratches.delete(id);
    const folder = await this.#folder;
    for await (const name of folder?.keys() ?? [])
      if (name.startsWith(`${id}-`)) await folder?.removeEntry(name).catch(() => {});
  }

  async #create(id: number): Promise<SyncFile | null> {
    this.#folder ??= this.#open();
    const file = await (await this.#folder)?.getFileHandle(`${id}-${this.#files++}`, { create: true });
    return (file as SyncFile | undefined) ?? null;
  }

  async #open(): Promise<FileSystemDirectoryHandle | null> {
    await sweepScratch();
    const name = crypto.randomUUID();
    await new Promise<void>((held) => {
      // Held until the worker ends.
      void navigator.locks.request(lockOf(name), () => {
        held();
        return new Promise(() => {});
      });
    });
    return (await scratchRoot(true))?.getDirectoryHandle(name, { create: true }) ?? null;
  }
}

type Access = Awaited<ReturnType<SyncFile['createSyncAccessHandle']>>;

class LargeScratch implements Scratch {
  readonly #memory = memoryScratch();
  #inMemory = 0;
  #file: { handle: SyncFile; access: Access } | null = null;
  #bytes = 0;
  #memoryOnly = false;

  constructor(private readonly create: () => Promise<SyncFile | null>) {}

  async write(bytes: Bytes): Promise<void> {
    if (!this.#file && !this.#memoryOnly && this.#inMemory + bytes.length > IN_MEMORY) await this.#toDisk();
    if (this.#file) this.#append(bytes);
    else {
      this.#inMemory += bytes.length;
      this.#memory.write(bytes);
    }
  }

  async end(): Promise<Blob> {
    if (!this.#file) return this.#memory.end();
    this.close();
    return this.#file.handle.getFile();
  }

  close(): void {
    this.#file?.access.close();
  }

  async #toDisk(): Promise<void> {
    const handle = await this.create();
    if (!handle) {
      this.#memoryOnly = true;
      return;
    }
    this.#file = { handle, access: await handle.createSyncAccessHandle() };
    this.#append(new Uint8Array(await (await this.#memory.end()).arrayBuffer()));
  }

  #append(bytes: Bytes): void {
    try {
      this.#bytes = writeAll(this.#file!.access, bytes, this.#bytes);
    } catch (cause) {
      this.close();
      throw new UserError(
        'storage-full',
        'There is no room in the browser’s storage for what the file unpacks to. Nothing was changed. Free some, or drop the rows as JSONL, which are read where they lie.',
        { cause },
      );
    }
  }
}
