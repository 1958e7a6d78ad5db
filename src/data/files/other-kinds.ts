import { outlineOf } from './json-outline.ts';

/** Files that are often given in place of rows, each with what it is and what to do about it. */

interface OtherKind {
  /** To follow "is". */
  what: string;
  is(head: Head): boolean;
}

/** The beginning of a file. */
export interface Head {
  bytes: Uint8Array;
  /** In lower case; empty where it is not known. */
  name: string;
}

const starts =
  (...signatures: (string | readonly number[])[]) =>
  ({ bytes }: Head): boolean =>
    signatures.some((signature) =>
      typeof signature === 'string'
        ? textAt(bytes, 0, signature.length) === signature
        : signature.every((byte, i) => bytes[i] === byte),
    );

function textAt(bytes: Uint8Array, begin: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(begin, begin + length));
}

/** The first characters behind a byte order mark and blanks, in lower case. */
function words({ bytes }: Head): string {
  return textAt(bytes, 0, 300)
    .replace(/^(\xef\xbb\xbf)?\s+|^\xef\xbb\xbf/, '')
    .toLowerCase();
}

const PACKED = 'an archive of a kind that is not unpacked here; unpack it, and drop what is in it';
const SEEN = 'a picture, and the models here read text; drop a file of rows';
const HEARD = 'a sound or a film, and the models here read text; drop a file of rows';
const ARROW = 'an Arrow file; save the dataset as Parquet or JSONL (to_parquet, to_json) and drop that';
const NUMBERS =
  'a file of tables or numbers that is not read here; save its rows as Parquet, CSV or JSONL and drop that';
const PICKLE =
  'a pickle of Python or PyTorch, which can run code when it is opened and is therefore not read; save weights as safetensors, rows as Parquet or JSONL';
const PROGRAM = 'a program or a shortcut, and no data; drop a file of rows';

/** An ISO media file is told by the word behind its first four bytes. */
const isMedia = ({ bytes }: Head): boolean => textAt(bytes, 4, 4) === 'ftyp';
const isHeic = ({ bytes }: Head): boolean => /^(heic|heix|mif1|avif)$/.test(textAt(bytes, 8, 4));

/** The length of a header, and the header's brace. */
function isSafetensors({ bytes }: Head): boolean {
  if (bytes.length < 9 || bytes[8] !== 0x7b) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return view.getUint32(4, true) === 0 && view.getUint32(0, true) < 200e6;
}

const OTHERS: readonly OtherKind[] = [
  {
    what: 'a text in UTF-32; save it as UTF-8 and drop that',
    is: starts([0xff, 0xfe, 0, 0], [0, 0, 0xfe, 0xff]),
  },
  {
    what: 'a PDF; save its text as .txt, or its tables as CSV, and drop that',
    is: starts('%PDF'),
  },
  {
    what: 'a document (RTF); save it as plain text and drop that',
    is: starts('{\\rtf'),
  },
  {
    what: 'an Office document; save its rows as “CSV UTF-8” and drop that',
    is: starts([0xd0, 0xcf, 0x11, 0xe0]),
  },
  {
    what: 'a zip archive with nothing in it; drop a file of rows',
    is: starts([0x50, 0x4b, 5, 6]),
  },
  {
    what: 'the weights of an adapter without its settings; drop adapter_config.json together with it, or the whole folder',
    is: (head) =>
      isSafetensors(head) && (/adapter/.test(head.name) || /lora_[ab]/i.test(textAt(head.bytes, 8, 300))),
  },
  {
    what: 'the weights of a model, and no data; drop config.json and tokenizer.json together with it, or the whole folder',
    is: isSafetensors,
  },
  {
    what: 'a model (GGUF), and no data; choose it as the model',
    is: starts('GGUF'),
  },
  {
    what: 'a model in a format from before GGUF; take a GGUF file of it, or its folder with safetensors',
    is: starts('lmgg', 'tjgg', 'ggjt', 'fmgg'),
  },
  { what: PICKLE, is: starts([0x80, 2], [0x80, 3], [0x80, 4], [0x80, 5]) },
  { what: 'compressed (Zstandard); unpack it and drop it again', is: starts([0x28, 0xb5, 0x2f, 0xfd]) },
  {
    what: PACKED,
    is: (head) =>
      starts('BZh', '7z\xbc\xaf', 'Rar!', [0xfd, 0x37, 0x7a, 0x58, 0x5a], [4, 0x22, 0x4d, 0x18])(head) ||
      textAt(head.bytes, 257, 5) === 'ustar',
  },
  {
    what: SEEN,
    is: (head) =>
      starts([0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], 'GIF8', 'II*\0', 'MM\0*')(head) ||
      (starts('RIFF')(head) && textAt(head.bytes, 8, 4) === 'WEBP') ||
      (isMedia(head) && isHeic(head)),
  },
  {
    what: HEARD,
    is: (head) => starts('ID3', 'fLaC', 'OggS', 'RIFF', [0x1a, 0x45, 0xdf, 0xa3])(head) || isMedia(head),
  },
  { what: 'a database (SQLite); save its table as CSV and drop that', is: starts('SQLite format 3') },
  { what: ARROW, is: starts('ARROW1', 'FEA1', [0xff, 0xff, 0xff, 0xff]) },
  { what: NUMBERS, is: starts([0x89, 0x48, 0x44, 0x46], '\x93NUMPY', 'Obj\x01', 'ORC') },
  {
    what: PROGRAM,
    is: starts([0x4d, 0x5a, 0x90], [0x7f, 0x45, 0x4c, 0x46], [0xcf, 0xfa, 0xed, 0xfe], [0x4c, 0, 0, 0, 1]),
  },
  {
    what: 'a pointer of Git LFS and not the file itself; fetch the file (git lfs pull), or download it from its page',
    is: starts('version https://git-lfs'),
  },
  {
    what: 'a web page, perhaps in place of a download that failed; download the file again',
    is: (head) => /^(<!doctype html|<html|<head)/.test(words(head)),
  },
  {
    what: 'XML, which is not read; write its rows as JSONL or CSV and drop that',
    is: (head) => /^<\?xml/.test(words(head)),
  },
];

/** What a file is by its first bytes, where it is none of rows; null where it may have some. */
export function otherByBytes(head: Head): string | null {
  return OTHERS.find((kind) => kind.is(head))?.what ?? null;
}

const MODEL_PART = 'a part of a model, and no data; drop the model’s whole folder';

/** JSON files that have no rows, by keys that only they have together. */
const JSON_KINDS: readonly [what: string, ...keys: string[]][] = [
  ['a notebook, and no data; save what it makes as JSONL, CSV or Parquet and drop that', 'cells', 'nbformat'],
  [
    'the settings of an adapter without its weights; drop the adapter’s whole folder or zip',
    'peft_type',
    'base_model_name_or_path',
  ],
  [MODEL_PART, 'model_type', 'architectures'],
  [MODEL_PART, 'model_type', 'hidden_size'],
  [MODEL_PART, 'weight_map'],
  [MODEL_PART, 'added_tokens', 'model'],
  [MODEL_PART, 'tokenizer_class'],
  [MODEL_PART, 'transformers_version', 'eos_token_id'],
];

/** What a file that begins with a JSON object is, where it is none of rows. @param head its beginning */
export function otherByKeys(head: string): string | null {
  if (!/^\s*\{/.test(head)) return null;
  const names = new Set(outlineOf(head).keys.map(({ key }) => key));
  return JSON_KINDS.find(([, ...keys]) => keys.every((key) => names.has(key)))?.[0] ?? null;
}

/** What a zip is by the names in it, where it is none of rows. @param rows it has files that may be of rows */
export function otherByNames(names: readonly string[], rows: boolean): string | null {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/(^|\/)data\.pkl$/)) return PICKLE;
  if (has(/adapter_(config\.json|model\.)/i))
    return 'a packed adapter, and no data; choose it by itself, as the adapter';
  if (has(/(^|\/)config\.json$/i) && has(/\.(safetensors|bin)$/i))
    return 'a packed model, and no data; unpack it and drop its folder';
  if (rows) return null;
  if (has(/\.(safetensors|gguf)$/i)) return 'a packed model, and no data; unpack it and drop what is in it';
  if (has(/\.(pkl|pt|pth)$/i)) return PICKLE;
  if (has(/\.npy$/i)) return NUMBERS;
  if (has(/\.(zip|tar|tgz|7z|rar|gz)$/i))
    return 'a zip archive with another archive in it; unpack it, and drop what is in that';
  if (has(/\.(png|jpe?g|gif|webp|heic|bmp)$/i))
    return 'a zip archive of pictures, and the models here read text; drop a file of rows';
  return null;
}
