import { UserError } from '../../errors.ts';
import { type Bytes, chunksOf, type DataFile } from './one-file.ts';
import { refuseOtherBytes, utf16Of } from './other-files.ts';

/** A file as the bytes of UTF-8 text: gzip is unpacked and UTF-16 written anew, as they are read. */
export interface Opened {
  /** Without `.gz`. */
  name: string;
  /** The bytes from the beginning; may be asked for again. */
  chunks(done?: (bytes: number) => void): AsyncIterable<Bytes>;
  /** False where `chunks` gives the file's own bytes. */
  changed: boolean;
  /** What the file was read as, a sentence each. */
  notes: string[];
}

/** A file of rows that claims to unpack to more is none. */
export const MOST_UNPACKED = 4 * 2 ** 30;
/** Text packs to a twentieth; what packs to less than a two-hundredth is made to fill memory. */
const MOST_RATIO = 200;
const SMALL = 64 << 20;
const HEAD_BYTES = 512;

/** @param called how a sentence names the file. */
export async function openFile(file: DataFile, called: string): Promise<Opened> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  const name = file.name ?? '';
  const raw = (done?: (bytes: number) => void): AsyncIterable<Bytes> =>
    packed ? unpacked(chunksOf(file, done), 'gzip', { called, packed: file.size }) : chunksOf(file, done);
  const opened: Opened = {
    name: packed ? name.replace(/\.gz(ip)?$/i, '') : name,
    chunks: raw,
    changed: packed,
    notes: [],
  };
  const begin = await headOf(raw(), HEAD_BYTES);
  if (packed) refuseOtherBytes(begin, opened.name, `${called}, unpacked,`);
  const encoding = utf16Of(begin);
  if (!encoding) return opened;
  return {
    ...opened,
    chunks: (done) => transcoded(raw(done), encoding),
    changed: true,
    notes: [`${called} is read as UTF-16 text.`],
  };
}

/** The first bytes of a stream, as many as there are up to `length`. */
export async function headOf(chunks: AsyncIterable<Bytes>, length: number): Promise<Bytes> {
  const parts: Bytes[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes >= length) break;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer()).subarray(0, length);
}

/** Text in another encoding as UTF-8. */
export async function* transcoded(chunks: AsyncIterable<Bytes>, encoding: string): AsyncGenerator<Bytes> {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  for await (const chunk of chunks) yield encoder.encode(decoder.decode(chunk, { stream: true }));
  yield encoder.encode(decoder.decode());
}

/**
 * Unpacks as it reads; the memory is that of a chunk.
 * @throws UserError `wrong-file`
 */
export async function* unpacked(
  chunks: AsyncIterable<Bytes>,
  format: CompressionFormat,
  { called, packed }: { called: string; packed: number },
): AsyncGenerator<Bytes> {
  const iterator = chunks[Symbol.asyncIterator]();
  const source = new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await iterator.return?.()),
  });
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        if (cause instanceof UserError || (cause as Error)?.name === 'AbortError') throw cause;
        throw new UserError(
          'wrong-file',
          `${called} is compressed, and damaged or cut off. Nothing was changed. Download or save it again.`,
          { cause },
        );
      });
      if (done) return;
      bytes += value.length;
      if (bytes > MOST_UNPACKED || bytes > SMALL + MOST_RATIO * packed)
        throw new UserError(
          'wrong-file',
          `${called} unpacks to far more than it should (over ${Math.round(bytes / 1e6)} MB from ${Math.round(packed / 1e6)}). Nothing was changed. Unpack it yourself, and drop what is in it.`,
        );
      yield value as Bytes;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
