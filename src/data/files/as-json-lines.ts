import { UserError } from '../../errors.ts';
import { columnsToLines, elementsToLines } from './json-lines.ts';
import { type Kind, kindOf } from './kind.ts';
import { nameOfFiles, ROW_FILES } from './names.ts';
import { chunksOf, type DataFile, type MakeScratch, memoryScratch, type OneFile } from './one-file.ts';
import { headOf, type Opened, openFile } from './opened.ts';
import { isParquet, isZip, otherKind, refuseOtherFiles } from './other-files.ts';
import { otherByKeys } from './other-kinds.ts';
import { parquetToLines } from './parquet.ts';
import { paragraphsToLines } from './plain-text.ts';
import { tableToLines } from './table.ts';
import { asUtf8 } from './utf8.ts';
import { filesInZip } from './zip-entries.ts';

/**
 * Whatever was opened, as JSON Lines: one JSON Lines file as it is; anything else written anew, a row a line; several
 * files one after another. Problems and lines are known by the lines of the result.
 */
export interface JsonLines {
  name: string;
  blob: Blob;
  /** False where `blob` is the file itself. */
  converted: boolean;
  /** Rows that could not be read, with the reason; their lines are blank. */
  problems: ReadonlyMap<number, string>;
  /** What files were read as, where that is not plain from their names; a sentence each. */
  notes: string[];
  /** Where a line comes from: the line of its file, and that file's name where there are several. */
  place(line: number): { file: string | null; line: number };
}

export type ReadProgress = (done: number, total: number) => void;

export interface ReadOptions {
  /** Where what is written anew is kept. */
  makeScratch?: MakeScratch;
  /** Characters of a text that is cut out of plain text. */
  longestText?: number;
}

const HEAD_BYTES = 1 << 20;
const LONGEST_TEXT = 1000;

interface Part {
  name: string;
  one: OneFile;
  converted: boolean;
}

/** @throws UserError `wrong-file`; the signal's reason when aborted. */
export async function asJsonLines(
  given: readonly DataFile[],
  progress: ReadProgress = () => {},
  signal?: AbortSignal,
  { makeScratch = memoryScratch, longestText = LONGEST_TEXT }: ReadOptions = {},
): Promise<JsonLines> {
  const notes: string[] = [];
  const files = await withoutZips(given, makeScratch, notes);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const parts: Part[] = [];
  let before = 0;
  for (const file of files) {
    const called = files.length > 1 && file.name ? file.name : 'The file';
    await refuseOtherFiles(file, called);
    const done = (bytes: number): void => {
      signal?.throwIfAborted();
      progress(before + bytes, total);
    };
    parts.push(await readFile(file, { called, done, notes, makeScratch, longestText }));
    before += file.size;
  }
  const name = nameOfFiles(given);
  if (parts.length === 1) {
    const { one, converted } = parts[0];
    const { lines } = one;
    return {
      name,
      blob: one.blob,
      converted,
      problems: one.problems,
      notes,
      place: (line) => ({ file: null, line: lines ? (lines[line - 1] ?? line) : line }),
    };
  }
  return { name, notes, ...(await joined(parts, signal)) };
}

interface Reader extends Required<ReadOptions> {
  called: string;
  done: (bytes: number) => void;
  notes: string[];
}

async function readFile(file: DataFile, reader: Reader): Promise<Part> {
  const { called, done, notes, makeScratch } = reader;
  const name = file.name ?? '';
  if (await isParquet(file))
    return { name, one: await parquetToLines(file, called, { makeScratch, done }), converted: true };
  const opened = await openFile(file, called);
  notes.push(...opened.notes);
  const head = new TextDecoder().decode(await headOf(opened.chunks(), HEAD_BYTES));
  const other = otherByKeys(head) ?? noKind(opened.name, head);
  if (other) throw otherKind(called, other);
  const kind = kindOf(opened.name, head);
  const converted = opened.changed || kind.kind !== 'lines';
  return { name, one: converted ? await linesOf(opened, kind, reader) : asItIs(file), converted };
}

/** A text under a name that is none of rows, and that does not begin like JSON either: a script, a log, a mail. */
function noKind(name: string, head: string): string | null {
  const [, ending] = /\.([a-z]\w{0,9})$/i.exec(name) ?? [];
  if (ending === undefined || ROW_FILES.test(name) || /^\s*[[{"]/.test(head)) return null;
  return 'a text that is neither JSON nor a table; call it .txt to train on its words, or .csv where it is a table';
}

function asItIs(blob: Blob): OneFile {
  return { blob, lines: null, problems: new Map() };
}

async function linesOf(opened: Opened, kind: Kind, reader: Reader): Promise<OneFile> {
  const { called, done, notes, makeScratch, longestText } = reader;
  switch (kind.kind) {
    case 'lines': {
      const scratch = makeScratch();
      for await (const chunk of opened.chunks(done)) await scratch.write(chunk);
      return asItIs(await scratch.end());
    }
    case 'elements': {
      if (kind.key !== undefined) {
        const left = kind.left ? `; ${kind.left.map((key) => `“${key}”`).join(', ')} is left out` : '';
        notes.push(`${called} is read as the rows under “${kind.key}”${left}.`);
      }
      const one = await elementsToLines(opened.chunks(done), kind, makeScratch);
      if (one.cutOff)
        notes.push(
          `${called} ends within its list: it was cut off after these rows. Save or download it again.`,
        );
      return one;
    }
    case 'split':
      throw new UserError(
        'wrong-file',
        `${called} is a table as pandas writes it with orient="split": its rows have no names of columns. Nothing was changed. Write it with to_json(…, orient="records", lines=True).`,
      );
    case 'columns':
      notes.push(`${called} is read as a table by columns.`);
      return columnsToLines(opened.chunks(done), called, makeScratch);
    case 'table':
      return tableToLines(await asUtf8(opened, reader), kind.delimiter, makeScratch);
    case 'text': {
      const one = await paragraphsToLines(await asUtf8(opened, reader), longestText, makeScratch);
      const count = one.lines?.length ?? 0;
      notes.push(
        `${called} is read as ${count} ${count === 1 ? 'text' : 'texts'} to continue, cut at blank lines.`,
      );
      return one;
    }
  }
}

/** Archives of files of rows, as those files. */
async function withoutZips(
  given: readonly DataFile[],
  makeScratch: MakeScratch,
  notes: string[],
): Promise<DataFile[]> {
  const files: DataFile[] = [];
  for (const file of given) {
    const called = given.length > 1 && file.name ? file.name : 'The file';
    if (!(await isZip(file))) {
      files.push(file);
      continue;
    }
    const inside = await filesInZip(file, called, makeScratch);
    files.push(...inside.files);
    const names = inside.files.map(({ name }) => name).join(', ');
    const left =
      inside.left === 0 ? '' : `; ${inside.left} other ${inside.left === 1 ? 'file' : 'files'} left alone`;
    notes.push(`${called} is a zip: ${names} ${inside.files.length === 1 ? 'is' : 'are'} read${left}.`);
  }
  return files;
}

/** Several files as one, each with a line break at its end. */
async function joined(
  parts: readonly Part[],
  signal?: AbortSignal,
): Promise<Omit<JsonLines, 'name' | 'notes'>> {
  const blobs: Blob[] = [];
  const problems = new Map<number, string>();
  /** First line of each file in the whole. */
  const begins: number[] = [];
  let next = 1;
  for (const { one } of parts) {
    begins.push(next);
    for (const [line, reason] of one.problems) problems.set(next + line - 1, reason);
    // A byte order mark is one only at the start of a file.
    const head = new Uint8Array(await one.blob.slice(0, 3).arrayBuffer());
    const marked = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
    blobs.push(marked ? one.blob.slice(3) : one.blob, new Blob(['\n']));
    next += (await countBreaks(one.blob, signal)) + 1;
  }
  return {
    blob: new Blob(blobs),
    converted: true,
    problems,
    place(line) {
      let at = begins.length - 1;
      while (at > 0 && begins[at] > line) at--;
      const own = line - begins[at] + 1;
      const { lines } = parts[at].one;
      return { file: parts[at].name, line: lines ? (lines[own - 1] ?? own) : own };
    },
  };
}

async function countBreaks(blob: Blob, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for await (const chunk of chunksOf(blob)) {
    signal?.throwIfAborted();
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++;
  }
  return count;
}
