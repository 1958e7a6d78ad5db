import { UserError } from '../../errors.ts';
import { type MakeScratch, type OneFile, TextWriter } from './one-file.ts';

/** Bytes of a row group that are decoded at once; a larger one is read in ranges of rows. */
const GROUP_BYTES = 64 << 20;
/**
 * A group without a page index can only be read whole, and is then held more than twice: one of 250 MB took 660 MB. A
 * larger one than this would take over a gigabyte.
 */
const MOST_WITHOUT_INDEX = 400 << 20;

type Reader = Pick<typeof import('hyparquet'), 'parquetMetadataAsync' | 'parquetReadObjects'> &
  Pick<typeof import('hyparquet-compressors'), 'compressors'>;

async function loadReader(): Promise<Reader> {
  const [{ parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  return { parquetMetadataAsync, parquetReadObjects, compressors };
}

/**
 * Parquet, as hubs serve datasets, → an object a row. The reader is loaded only here. Its lines are rows, from 1.
 *
 * @param load gets the reader, from the page's server.
 * @throws UserError `wrong-file`, `no-reader`
 */
export async function parquetToLines(
  file: Blob,
  called: string,
  { makeScratch, done }: { makeScratch: MakeScratch; done: (bytes: number) => void },
  load = loadReader,
): Promise<OneFile> {
  const { parquetMetadataAsync, parquetReadObjects, compressors } = await load().catch((cause) => {
    throw new UserError(
      'no-reader',
      `${called} was not read, since the part of this page that reads Parquet could not be loaded. Nothing was changed. Check the connection and open the file again, or reload the page.`,
      { cause },
    );
  });
  const source = {
    byteLength: file.size,
    slice: (begin: number, end?: number) => file.slice(begin, end).arrayBuffer(),
  };
  const writer = new TextWriter(makeScratch());
  const read = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      if (cause instanceof DOMException) throw cause;
      const why = cause instanceof Error ? cause.message.slice(0, 160) : 'it cannot be parsed';
      throw new UserError(
        'wrong-file',
        `${called} is a Parquet file that cannot be read (${why}). Nothing was changed. Download it again, or convert it to JSONL.`,
        { cause },
      );
    }
  };
  const metadata = await read(parquetMetadataAsync(source));
  for (const { total_byte_size: size, columns } of metadata.row_groups) {
    const bytes = Number(size);
    if (bytes <= MOST_WITHOUT_INDEX || columns.every(({ offset_index_offset: index }) => index)) continue;
    throw new UserError(
      'wrong-file',
      `${called} has ${(bytes / 1e9).toFixed(1)} GB in one row group without a page index, which cannot be read in parts. Nothing was changed. Write it with smaller row groups, as to_parquet(…, row_group_size=20000) does, or as JSONL.`,
    );
  }
  const total = Number(metadata.num_rows);
  let row = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const parts = Math.max(1, Math.ceil(Number(group.total_byte_size) / GROUP_BYTES));
    const step = Math.ceil(rows / parts);
    const end = row + rows;
    while (row < end) {
      const rowEnd = Math.min(end, row + step);
      const values = await read(
        parquetReadObjects({
          file: source,
          metadata,
          compressors,
          rowStart: row,
          rowEnd,
          useOffsetIndex: true,
        }),
      );
      for (const value of values) {
        writer.add(`${JSON.stringify(value, plainValue)}\n`);
        await writer.flush();
      }
      row = rowEnd;
      done(Math.round((file.size * row) / Math.max(1, total)));
    }
  }
  return { blob: await writer.end(), lines: null, problems: new Map() };
}

/** Integers are numbers where they fit, else text; bytes, which are no text, are told by their number. */
function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint')
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : String(value);
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  return value;
}
