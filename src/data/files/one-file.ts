/** One file as JSON Lines. `lines[i]`: where line i + 1 of `blob` begins in the file; null: the same. */
export interface OneFile {
  blob: Blob;
  lines: ArrayLike<number> | null;
  problems: ReadonlyMap<number, string>;
}

const CHUNK_BYTES = 1 << 20;

export async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let begin = 0; begin < blob.size; begin += CHUNK_BYTES)
    yield new Uint8Array(await blob.slice(begin, begin + CHUNK_BYTES).arrayBuffer());
}
