import { UserError } from '../../errors.ts';
import { otherByBytes } from './other-kinds.ts';

const HEAD_BYTES = 512;

type Named = Blob & { readonly name?: string };

/**
 * Refuses files that are often dropped by mistake, told by their first bytes and by their names.
 * @param called how the sentence names the file
 * @throws UserError `wrong-file`
 */
export async function refuseOtherFiles(file: Named, called: string): Promise<void> {
  refuseOtherBytes(await headOf(file), file.name ?? '', called);
}

/** The same of bytes that were unpacked. */
export function refuseOtherBytes(bytes: Uint8Array, name: string, called: string): void {
  const what = otherFile(bytes.subarray(0, HEAD_BYTES), name.toLowerCase());
  if (what) throw otherKind(called, what);
}

export function otherKind(called: string, what: string): UserError {
  return new UserError('wrong-file', `${called} is ${what}. Nothing was changed.`);
}

const ZIP = [0x50, 0x4b, 3, 4];
const PARQUET = [0x50, 0x41, 0x52, 0x31];
const SHEET = /\.(xlsx|xlsm|ods)$/i;

/** A zip that is no spreadsheet or other Office file. */
export async function isZip(file: Named): Promise<boolean> {
  const head = await headOf(file);
  if (!begins(head, ZIP)) return false;
  if (SHEET.test(file.name ?? '')) return false;
  // The first entry of every Office file.
  return !new TextDecoder('latin1').decode(head).includes('[Content_Types].xml');
}

export async function isParquet(file: Blob): Promise<boolean> {
  return begins(await headOf(file), PARQUET);
}

/** UTF-16 by its byte order mark, or by the zero that is every second byte of a text in a European language. */
export function utf16Of(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const isUtf32 = head[2] === 0 && head[3] === 0;
  if (head[0] === 0xff && head[1] === 0xfe && !isUtf32) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const [even, odd] = [0, 1].map((first) => {
    let zeros = 0;
    for (let i = first; i < head.length; i += 2) zeros += Number(head[i] === 0);
    return zeros / (head.length / 2);
  });
  if (head.length < 16) return null;
  if (odd > MOSTLY && even === 0) return 'utf-16le';
  return even > MOSTLY && odd === 0 ? 'utf-16be' : null;
}

const MOSTLY = 0.8;

async function headOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
}

function begins(head: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => head[i] === byte);
}

/** What the file is, and what to do about it; null where it may have rows. */
function otherFile(head: Uint8Array, name: string): string | null {
  if (utf16Of(head) || begins(head, [0x1f, 0x8b]) || begins(head, PARQUET)) return null;
  if (begins(head, ZIP)) {
    return SHEET.test(name)
      ? 'a spreadsheet; save it as “CSV UTF-8” and drop that'
      : 'an Office document; save its rows as “CSV UTF-8” and drop that';
  }
  const known = otherByBytes({ bytes: head, name });
  if (known) return known;
  // A damaged line among rows of JSON is that line's own trouble.
  const rows = head[0] === 0x7b || head[0] === 0x5b;
  // Bytes that a text with rows has none of stand near the beginning of any other file.
  return !rows && head.includes(0)
    ? 'not a text file; rows come as JSONL, JSON, CSV, TSV, Parquet or plain text'
    : null;
}
