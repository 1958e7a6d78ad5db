import { UserError } from '../../errors.ts';
import { chunksOf, type DataFile, type MakeScratch } from './one-file.ts';
import { unpacked } from './opened.ts';

/** Files of rows by their names. */
const ROWS = /\.(jsonl|ndjson|json|csv|tsv|tab|txt|md|parquet)(\.gz)?$/i;
const END_BYTES = 65_557;

/** Whether a zip is one of files of rows and not an adapter's, by the names at its end. */
export async function zipHoldsRows(file: Blob): Promise<boolean> {
  const end = await file.slice(Math.max(0, file.size - (1 << 20))).arrayBuffer();
  const names = new TextDecoder('latin1').decode(end);
  return (
    !names.includes('adapter_config.json') && /\.(jsonl|ndjson|json|csv|tsv|txt|md|parquet)/i.test(names)
  );
}

/**
 * The files of rows in a zip, unpacked one after another. Folders, hidden files and anything else in it is left alone.
 *
 * @throws UserError `wrong-file`
 */
export async function filesInZip(
  file: DataFile,
  called: string,
  makeScratch: MakeScratch,
): Promise<{ files: File[]; left: number }> {
  const damaged = (cause?: unknown): UserError =>
    new UserError(
      'wrong-file',
      `${called} is a zip archive that cannot be read. Nothing was changed. Unpack it, and drop what is in it.`,
      { cause },
    );
  const at = Math.max(0, file.size - END_BYTES);
  const tail = new DataView(await file.slice(at).arrayBuffer());
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw damaged();
  const count = tail.getUint16(end + 10, true);
  const begin = tail.getUint32(end + 16, true);
  const directory = new DataView(
    await file.slice(begin, begin + tail.getUint32(end + 12, true)).arrayBuffer(),
  );
  const files: File[] = [];
  let left = 0;
  try {
    for (let i = 0, entry = 0; i < count; i++) {
      if (directory.getUint32(entry, true) !== 0x02014b50) throw damaged();
      const [method, packed] = [directory.getUint16(entry + 10, true), directory.getUint32(entry + 20, true)];
      const nameLength = directory.getUint16(entry + 28, true);
      const name = new TextDecoder().decode(new Uint8Array(directory.buffer, entry + 46, nameLength));
      const offset = directory.getUint32(entry + 42, true);
      entry +=
        46 + nameLength + directory.getUint16(entry + 30, true) + directory.getUint16(entry + 32, true);
      if (name.endsWith('/') || /(^|\/)(\.|__MACOSX)/.test(name)) continue;
      const wanted = ROWS.test(name) && (method === 0 || method === 8) && packed < 0xffffffff;
      if (!wanted) {
        left++;
        continue;
      }
      const head = new DataView(await file.slice(offset, offset + 30).arrayBuffer());
      const data = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
      const body = file.slice(data, data + packed);
      let blob = body;
      if (method === 8) {
        const scratch = makeScratch();
        for await (const chunk of unpacked(chunksOf(body), 'deflate-raw', {
          called: `${name} in ${called}`,
          packed,
        }))
          await scratch.write(chunk);
        blob = await scratch.end();
      }
      files.push(new File([blob], name.slice(name.lastIndexOf('/') + 1)));
    }
  } catch (cause) {
    throw cause instanceof RangeError ? damaged(cause) : cause;
  }
  if (files.length === 0)
    throw new UserError(
      'wrong-file',
      `${called} is a zip archive without a file of rows (JSONL, JSON, CSV, TSV, Parquet or text). Nothing was changed. Drop the file of rows itself.`,
    );
  return { files, left };
}
