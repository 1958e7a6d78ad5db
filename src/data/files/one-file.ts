/** A file as it comes from the person. */
export type DataFile = Blob & { readonly name?: string };

/** One file as JSON Lines. `lines[i]`: where line i + 1 of `blob` begins in the file; null: the same. */
export interface OneFile {
  blob: Blob;
  lines: ArrayLike<number> | null;
  problems: ReadonlyMap<number, string>;
}

export type Bytes = Uint8Array<ArrayBuffer>;

const CHUNK_BYTES = 1 << 20;

/** @param done told how many bytes were read so far. */
export async function* chunksOf(blob: Blob, done: (bytes: number) => void = () => {}): AsyncGenerator<Bytes> {
  for (let begin = 0; begin < blob.size; begin += CHUNK_BYTES) {
    yield new Uint8Array(await blob.slice(begin, begin + CHUNK_BYTES).arrayBuffer());
    done(Math.min(blob.size, begin + CHUNK_BYTES));
  }
}

/** Where something that is made of a file is kept while it is used: written from beginning to end, then read. */
export interface Scratch {
  write(bytes: Bytes): void | Promise<void>;
  end(): Blob | Promise<Blob>;
}

export type MakeScratch = () => Scratch;

/** Text in Blobs lies outside the heap; a browser may put it on the disk. */
export function memoryScratch(): Scratch {
  const parts: Blob[] = [];
  return {
    write: (bytes) => void parts.push(new Blob([bytes])),
    end: () => new Blob(parts),
  };
}

/** Text for a scratch, gathered so that it is written in large pieces. */
export class TextWriter {
  private text = '';
  private readonly encoder = new TextEncoder();

  constructor(private readonly scratch: Scratch) {}

  add(text: string): void {
    this.text += text;
  }

  /** Writes what was gathered, where it is much. */
  async flush(least = CHUNK_BYTES): Promise<void> {
    if (this.text.length < least) return;
    const { text } = this;
    this.text = '';
    await this.scratch.write(this.encoder.encode(text));
  }

  async end(): Promise<Blob> {
    await this.flush(1);
    return this.scratch.end();
  }
}
