import { UserError } from '../../errors.ts';

/** Bytes that a text with rows has none of stand near the beginning of any other file. */
const HEAD_BYTES = 512;

/**
 * Refuses files that are often dropped by mistake, told by their first bytes and by their names.
 * @param called how the sentence names the file
 * @throws UserError `wrong-file`
 */
export async function refuseOtherFiles(
  file: Blob & { readonly name?: string },
  called: string,
): Promise<void> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const what = otherFile(head, file.name?.toLowerCase() ?? '');
  if (what) throw new UserError('wrong-file', `${called} is ${what}. Nothing was changed.`);
}

const ZIP = [0x50, 0x4b, 3, 4];
const PARQUET = [0x50, 0x41, 0x52, 0x31];

/** A zip that is no spreadsheet or other Office file. */
export async function isZip(file: Blob & { readonly name?: string }): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (ZIP.some((byte, i) => head[i] !== byte)) return false;
  if (/\.(xlsx|xlsm|ods)$/i.test(file.name ?? '')) return false;
  // The first entry of every Office file.
  return !new TextDecoder('latin1').decode(head).includes('[Content_Types].xml');
}

export async function isParquet(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, PARQUET.length).arrayBuffer());
  return PARQUET.every((byte, i) => head[i] === byte);
}

/** What the file is, and what to do about it; null where it may have rows. */
function otherFile(head: Uint8Array, name: string): string | null {
  const starts = (...bytes: number[]): boolean => bytes.every((byte, i) => head[i] === byte);
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff) || starts(0x1f, 0x8b) || starts(...PARQUET)) return null;
  if (starts(...ZIP)) {
    return /\.(xlsx|xlsm|ods)$/.test(name)
      ? 'a spreadsheet; save it as “CSV UTF-8” and drop that'
      : 'an Office document; save its rows as “CSV UTF-8” and drop that';
  }
  if (starts(0xd0, 0xcf, 0x11, 0xe0)) return 'an Office document; save its rows as “CSV UTF-8” and drop that';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'compressed (Zstandard); unpack it and drop it again';
  // A damaged line among rows of JSON is that line's own trouble.
  const rows = head[0] === 0x7b || head[0] === 0x5b;
  const pdf = starts(0x25, 0x50, 0x44, 0x46);
  if (pdf || (!rows && head.includes(0)))
    return 'not a text file; rows come as JSONL, JSON, CSV, TSV, Parquet or plain text';
  return null;
}
