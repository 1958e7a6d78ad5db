import { unzipSync } from 'fflate';
import { UserError } from '../errors.ts';
import type { NamedBlob, NamedFile } from './named-file.ts';

/** Larger than any adapter; a zip that claims to unpack to more is not one. */
const MAX_UNPACKED = 4 * 2 ** 30;
/** Bytes that are read at once while a file is summed. */
const STEP = 8 * 2 ** 20;
/** Earliest date that a zip can hold, 1 January 1980: equal files give an equal zip. */
const FIXED_DATE = (1 << 5) | 1;
const MAX_32 = 0xffffffff;

/** CRC-32 of every byte (polynomial 0xEDB88320). */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

async function crc32(blob: Blob, progress: (bytes: number) => void): Promise<number> {
  let crc = MAX_32;
  for (let at = 0; at < blob.size; at += STEP) {
    const bytes = new Uint8Array(await blob.slice(at, at + STEP).arrayBuffer());
    for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    progress(bytes.length);
  }
  return (crc ^ MAX_32) >>> 0;
}

/** Little-endian fields of 2, 4 and 8 bytes. */
function fields(...values: [size: 2 | 4 | 8, value: number][]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of values) {
    if (size === 2) view.setUint16(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return bytes;
}

/**
 * Files → zip, stored without compression: weights do not compress and text is small. The zip is made of the files'
 * own Blobs, so nothing is held twice, and of any size (Zip64 where a file or the whole is beyond 4 GB).
 * @param progress told of bytes summed and in all
 */
export async function zipFiles(
  files: readonly NamedBlob[],
  progress: (done: number, total: number) => void = () => {},
): Promise<Blob> {
  const total = files.reduce((sum, { blob }) => sum + blob.size, 0);
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let done = 0;
  let offset = 0;
  let directoryBytes = 0;
  for (const { path, blob } of files) {
    const name = new TextEncoder().encode(path);
    const crc = await crc32(blob, (bytes) => {
      done += bytes;
      progress(done, total);
    });
    const large = blob.size >= MAX_32;
    const far = offset >= MAX_32;
    const size = large ? MAX_32 : blob.size;
    // Bit 11: the name is UTF-8. Version 4.5 knows Zip64.
    const common = (extra: number): [2 | 4 | 8, number][] => [
      [2, large || far ? 45 : 20],
      [2, 1 << 11],
      [2, 0],
      [2, 0],
      [2, FIXED_DATE],
      [4, crc],
      [4, size],
      [4, size],
      [2, name.length],
      [2, extra],
    ];
    const local = large ? fields([2, 1], [2, 16], [8, blob.size], [8, blob.size]) : new Uint8Array();
    const head = fields([4, 0x04034b50], ...common(local.length));
    parts.push(head, name, local, blob);
    const wide = [...(large ? [blob.size, blob.size] : []), ...(far ? [offset] : [])];
    const extra =
      wide.length > 0
        ? fields([2, 1], [2, 8 * wide.length], ...wide.map((value): [8, number] => [8, value]))
        : new Uint8Array();
    const entry = fields(
      [4, 0x02014b50],
      [2, 45],
      ...common(extra.length),
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, far ? MAX_32 : offset],
    );
    directory.push(entry, name, extra);
    directoryBytes += entry.length + name.length + extra.length;
    offset += head.length + name.length + local.length + blob.size;
  }
  const count = files.length;
  const end: Uint8Array<ArrayBuffer>[] = [];
  if (offset >= MAX_32)
    end.push(
      fields(
        [4, 0x06064b50],
        [8, 44],
        [2, 45],
        [2, 45],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, directoryBytes],
        [8, offset],
      ),
      fields([4, 0x07064b50], [4, 0], [8, offset + directoryBytes], [4, 1]),
    );
  end.push(
    fields(
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, count],
      [2, count],
      [4, directoryBytes],
      [4, Math.min(offset, MAX_32)],
      [2, 0],
    ),
  );
  return new Blob([...parts, ...directory, ...end], { type: 'application/zip' });
}

/**
 * Zip → files; folders and hidden entries are left out.
 * @throws UserError `bad-zip`
 */
export function unzipFiles(zip: Uint8Array, name = 'The zip'): NamedFile[] {
  let total = 0;
  try {
    const unpacked = unzipSync(zip, {
      filter: (entry) => {
        if (entry.name.endsWith('/') || /(^|\/)(\.|__MACOSX\/)/.test(entry.name)) return false;
        total += entry.originalSize;
        if (total > MAX_UNPACKED) throw new RangeError('unpacks to more than 4 GB');
        return true;
      },
    });
    return Object.entries(unpacked).map(([path, bytes]) => ({ path, bytes }));
  } catch (cause) {
    throw new UserError(
      'bad-zip',
      `${name} could not be unzipped (${cause instanceof Error ? cause.message : 'unreadable'}). Download it again, or unzip it and choose its folder.`,
      { cause },
    );
  }
}
