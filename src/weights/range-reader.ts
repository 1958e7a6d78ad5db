/** Random access to a file's bytes, wherever they are: a dropped `File`, a cached download, a server. */
export interface RangeReader {
  /** For messages. */
  readonly name: string;
  readonly size: number;
  /** Bytes [begin, end), 0 ≤ begin ≤ end ≤ size. */
  read(begin: number, end: number): Promise<Uint8Array>;
}

/** A `File` or `Blob` (in Node: from `fs.openAsBlob`), read piece by piece. */
export function blobReader(name: string, blob: Blob): RangeReader {
  return {
    name,
    size: blob.size,
    read: async (begin, end) => new Uint8Array(await blob.slice(begin, end).arrayBuffer()),
  };
}

/** Bytes already in memory; pieces are views, not copies. */
export function bytesReader(name: string, bytes: Uint8Array): RangeReader {
  return { name, size: bytes.byteLength, read: async (begin, end) => bytes.subarray(begin, end) };
}
