/** Where downloads lie: the origin's private file system where there is one, else Blobs in memory. */
export interface DownloadCache {
  /** Bytes that are there already. */
  size(key: string): Promise<number>;
  /** Writes behind the first `from` bytes; what was written stays if `chunks` throws. */
  write(key: string, from: number, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  blob(key: string): Promise<Blob | null>;
  remove(key: string): Promise<void>;
  list(): Promise<{ key: string; bytes: number }[]>;
}

/** Blobs lie outside the JS heap in a browser; they end with the tab. */
export function memoryCache(): DownloadCache {
  const files = new Map<string, Blob>();
  return {
    size: async (key) => files.get(key)?.size ?? 0,
    async write(key, from, chunks) {
      files.set(key, (files.get(key) ?? new Blob([])).slice(0, from));
      for await (const chunk of chunks)
        files.set(key, new Blob([files.get(key)!, chunk as Uint8Array<ArrayBuffer>]));
    },
    blob: async (key) => files.get(key) ?? null,
    async remove(key) {
      files.delete(key);
    },
    list: async () => [...files].map(([key, blob]) => ({ key, bytes: blob.size })),
  };
}

/** As the standard has it; TypeScript's page library leaves it out. */
interface SyncAccessHandle {
  write(data: Uint8Array, options: { at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
export type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };

/** Writes all of it behind `at`, however little a call takes. @returns the place behind it */
export function writeAll(handle: SyncAccessHandle, bytes: Uint8Array, at: number): number {
  const end = at + bytes.byteLength;
  for (let from = 0; at < end; ) {
    const wrote = handle.write(bytes.subarray(from), { at });
    if (wrote === 0) throw new DOMException('no room', 'QuotaExceededError');
    from += wrote;
    at += wrote;
  }
  return at;
}

export const MODELS_FOLDER = 'models';

/** Files in `models/` of the origin's private file system. In a worker only: the sync handle keeps what a cut left. */
export function privateFileCache(root: FileSystemDirectoryHandle): DownloadCache {
  const folder = (create = false) => root.getDirectoryHandle(MODELS_FOLDER, { create });
  const absent = (error: unknown): null => {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null;
    throw error;
  };
  const fileName = (key: string) => encodeURIComponent(key);
  const blob = async (key: string): Promise<Blob | null> => {
    try {
      return await (await (await folder()).getFileHandle(fileName(key))).getFile();
    } catch (error) {
      return absent(error);
    }
  };
  return {
    blob,
    size: async (key) => (await blob(key))?.size ?? 0,
    async write(key, from, chunks) {
      const file = (await (await folder(true)).getFileHandle(fileName(key), { create: true })) as SyncFile;
      const handle = await file.createSyncAccessHandle();
      try {
        handle.truncate(from);
        let at = from;
        for await (const chunk of chunks) at = writeAll(handle, chunk, at);
      } finally {
        handle.flush();
        handle.close();
      }
    },
    async remove(key) {
      await folder()
        .then((directory) => directory.removeEntry(fileName(key)))
        .catch(absent);
    },
    async list() {
      const found: { key: string; bytes: number }[] = [];
      const directory = await folder().catch(absent);
      for await (const [name, handle] of directory?.entries() ?? []) {
        if (handle.kind === 'file')
          found.push({
            key: decodeURIComponent(name),
            bytes: (await (handle as FileSystemFileHandle).getFile()).size,
          });
      }
      return found;
    },
  };
}

let shared: DownloadCache | null = null;

/** Whether downloads from now on outlive this context. */
export function keepDownloads(keep: boolean): void {
  shared = keep ? null : memoryCache();
}

/** The cache of this context. */
export async function downloadCache(): Promise<DownloadCache> {
  if (shared) return shared;
  const storage = globalThis.navigator?.storage as StorageManager | undefined;
  const inWorker =
    typeof (globalThis as { FileSystemSyncAccessHandle?: unknown }).FileSystemSyncAccessHandle !==
      'undefined' && !('document' in globalThis);
  // Private windows have the function and refuse.
  const root = inWorker ? await storage?.getDirectory?.().catch(() => null) : null;
  shared = root ? privateFileCache(root) : memoryCache();
  return shared;
}
