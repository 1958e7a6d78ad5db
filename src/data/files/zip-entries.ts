import { UserError } from '../../errors.ts';
import { ROW_FILES } from './names.ts';
import { chunksOf, type DataFile, type MakeScratch } from './one-file.ts';
import { unpacked } from './opened.ts';
import { otherKind } from './other-files.ts';
import { otherByNames } from './other-kinds.ts';

const END_BYTES = 65_557;

interface Entry {
  name: string;
  /** 0: stored; 8: deflate. */
  method: number;
  packed: number;
  offset: number;
  locked: boolean;
}

/** Whether a zip is to be opened as data, rows or not, and not as an adapter; by the names at its end. */
export async function zipHoldsRows(file: Blob): Promise<boolean> {
  try {
    const names = (await entriesOf(file, 'The file')).map(({ name }) => name);
    return !names.some((name) => /(^|\/)(adapter_config\.json|adapter_model\.|adapters\.)/.test(name));
  } catch {
    return true;
  }
}

/** What a zip lists at its end; folders and hidden files are left out. @throws UserError `wrong-file` */
async function entriesOf(file: Blob, called: string): Promise<Entry[]> {
  const at = Math.max(0, file.size - END_BYTES);
  const tail = new DataView(await file.slice(at).arrayBuffer());
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw damaged(called);
  const count = tail.getUint16(end + 10, true);
  const begin = tail.getUint32(end + 16, true);
  const directory = new DataView(
    await file.slice(begin, begin + tail.getUint32(end + 12, true)).arrayBuffer(),
  );
  const entries: Entry[] = [];
  try {
    for (let i = 0, entry = 0; i < count; i++) {
      if (directory.getUint32(entry, true) !== 0x02014b50) throw damaged(called);
      const nameLength = directory.getUint16(entry + 28, true);
      const name = new TextDecoder().decode(new Uint8Array(directory.buffer, entry + 46, nameLength));
      if (!name.endsWith('/') && !/(^|\/)(\.|__MACOSX)/.test(name))
        entries.push({
          name,
          method: directory.getUint16(entry + 10, true),
          packed: directory.getUint32(entry + 20, true),
          offset: directory.getUint32(entry + 42, true),
          locked: (directory.getUint16(entry + 8, true) & 1) === 1,
        });
      entry +=
        46 + nameLength + directory.getUint16(entry + 30, true) + directory.getUint16(entry + 32, true);
    }
  } catch (cause) {
    throw cause instanceof RangeError ? damaged(called, cause) : cause;
  }
  return entries;
}

function damaged(called: string, cause?: unknown): UserError {
  return new UserError(
    'wrong-file',
    `${called} is a zip archive that cannot be read. Nothing was changed. Download it again, or unpack it and drop what is in it.`,
    { cause },
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
  const entries = await entriesOf(file, called);
  const wanted = entries.filter(({ name }) => ROW_FILES.test(name));
  const other = otherByNames(
    entries.map(({ name }) => name),
    wanted.length > 0,
  );
  if (other) throw otherKind(called, other);
  if (entries.some(({ locked }) => locked))
    throw otherKind(called, 'a zip archive with a password; unpack it, and drop what is in it');
  const unread = wanted.find(({ method, packed }) => (method !== 0 && method !== 8) || packed === 0xffffffff);
  if (unread)
    throw otherKind(
      called,
      `a zip archive with ${unread.name} packed in a way that is not read here; unpack it, and drop what is in it`,
    );
  if (wanted.length === 0)
    throw new UserError(
      'wrong-file',
      `${called} is a zip archive without a file of rows (JSONL, JSON, CSV, TSV, Parquet or text). Nothing was changed. Drop the file of rows itself.`,
    );
  const files: File[] = [];
  for (const entry of wanted) {
    const blob = await unpackedEntry(file, entry, called, makeScratch);
    files.push(new File([blob], entry.name.slice(entry.name.lastIndexOf('/') + 1)));
  }
  return { files, left: entries.length - wanted.length };
}

async function unpackedEntry(
  file: Blob,
  { name, method, packed, offset }: Entry,
  called: string,
  makeScratch: MakeScratch,
): Promise<Blob> {
  const head = new DataView(await file.slice(offset, offset + 30).arrayBuffer());
  if (head.byteLength < 30) throw damaged(called);
  const data = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const body = file.slice(data, data + packed);
  if (method === 0) return body;
  const scratch = makeScratch();
  const inside = { called: `${name} in ${called}`, packed };
  for await (const chunk of unpacked(chunksOf(body), 'deflate-raw', inside)) await scratch.write(chunk);
  return scratch.end();
}
