import { UserError } from '../../errors.ts';
import { DelimitedParser, delimiterOf } from './delimited.ts';
import { listToLines } from './json-list.ts';
import { chunksOf, type OneFile } from './one-file.ts';
import { refuseOtherFiles } from './other-files.ts';

/** A file as it comes from the person. */
export type DataFile = Blob & { readonly name?: string };

/**
 * Whatever was opened, as JSON Lines: one JSON Lines file as it is; a JSON list, CSV or TSV written anew, a row a line;
 * several files one behind the other. Problems and lines are known by the lines of the result.
 */
export interface JsonLines {
  name: string;
  blob: Blob;
  /** False where `blob` is the file itself. */
  converted: boolean;
  /** Rows that could not be read, with the reason; their lines are blank. */
  problems: ReadonlyMap<number, string>;
  /** Where a line comes from: the line of its file, and that file's name where there are several. */
  place(line: number): { file: string | null; line: number };
}

export type ReadProgress = (done: number, total: number) => void;

const HEAD_BYTES = 1 << 20;

/** What several files are called. */
export function nameOfFiles(files: readonly { readonly name?: string }[]): string {
  const [first] = files;
  return files.length <= 1 ? (first?.name ?? '') : `${first.name} and ${files.length - 1} more`;
}

/** @throws UserError `wrong-file`; the signal's reason when aborted. */
export async function asJsonLines(
  files: readonly DataFile[],
  progress: ReadProgress = () => {},
  signal?: AbortSignal,
): Promise<JsonLines> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const parts: { name: string; one: OneFile; kind: Kind }[] = [];
  let before = 0;
  for (const file of files) {
    const called = files.length > 1 && file.name ? file.name : 'The file';
    await refuseOtherFiles(file, called);
    const kind = await kindOf(file);
    const done = (bytes: number): void => {
      signal?.throwIfAborted();
      progress(before + bytes, total);
    };
    parts.push({ name: file.name ?? '', kind, one: await converted(file, kind, called, done) });
    before += file.size;
  }
  const name = nameOfFiles(files);
  if (parts.length === 1) {
    const { one, kind } = parts[0];
    const { lines } = one;
    return {
      name,
      blob: one.blob,
      converted: kind !== 'lines',
      problems: one.problems,
      place: (line) => ({ file: null, line: lines ? (lines[line - 1] ?? line) : line }),
    };
  }
  return { name, ...(await joined(parts, signal)) };
}

type Kind = 'lines' | 'list' | 'table';

async function kindOf(file: DataFile): Promise<Kind> {
  if (/\.(csv|tsv|tab)$/i.test(file.name ?? '')) return 'table';
  const text = new TextDecoder().decode(await file.slice(0, HEAD_BYTES).arrayBuffer()).trimStart();
  if (!text.startsWith('[')) return 'lines';
  if (/\.json$/i.test(file.name ?? '')) return 'list';
  // A first line that is a whole list, with more lines behind it, is a bad row of JSON Lines.
  const end = text.indexOf('\n');
  if (end < 0 || text.slice(end).trim() === '') return 'list';
  try {
    JSON.parse(text.slice(0, end));
    return 'lines';
  } catch {
    return 'list';
  }
}

async function converted(
  file: DataFile,
  kind: Kind,
  called: string,
  done: (bytes: number) => void,
): Promise<OneFile> {
  if (kind === 'list') return listToLines(file, done);
  if (kind === 'table') return tableToLines(file, called, done);
  return { blob: file, lines: null, problems: new Map() };
}

/** Several files as one, each with a line break at its end. */
async function joined(
  parts: readonly { name: string; one: OneFile }[],
  signal?: AbortSignal,
): Promise<Omit<JsonLines, 'name'>> {
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

/** A table with its columns' names in the first record → an object a record. @throws UserError `wrong-file` */
async function tableToLines(file: DataFile, called: string, done: (bytes: number) => void): Promise<OneFile> {
  const lines: number[] = [];
  const problems = new Map<number, string>();
  const parts: Blob[] = [];
  let text = '';
  let columns: string[] | null = null;
  let keys: string[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parser: DelimitedParser | null = null;
  let read = 0;
  const decoded = (chunk?: Uint8Array): string => {
    try {
      // Without a chunk: the end, where half a character is an error too.
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new UserError(
        'wrong-file',
        `${called} is not UTF-8 text, as spreadsheets save it in “CSV UTF-8”, or it was cut off. Save it so and drop it again. Nothing was changed.`,
        { cause },
      );
    }
  };
  for await (const chunk of chunksOf(file)) {
    const piece = decoded(chunk);
    parser ??= new DelimitedParser(
      /\.(tsv|tab)$/i.test(file.name ?? '') ? '\t' : delimiterOf(piece),
      ({ line, fields, problem }) => {
        if (!columns) {
          columns = columnNames(fields);
          keys = columns.map((name) => JSON.stringify(name));
          return;
        }
        lines.push(line);
        const wrong = problem ?? misfit(fields, columns);
        if (wrong) problems.set(lines.length, wrong);
        else text += objectText(fields, columns, keys);
        text += '\n';
      },
    );
    parser.push(piece);
    // Text in Blobs lies outside the heap.
    parts.push(new Blob([text]));
    text = '';
    read += chunk.length;
    done(read);
  }
  decoded();
  parser?.end();
  parts.push(new Blob([text]));
  return { blob: new Blob(parts), lines: Uint32Array.from(lines), problems };
}

function columnNames(fields: readonly string[]): string[] {
  const names: string[] = [];
  for (const [i, field] of fields.entries()) {
    const name = field.trim() || `column ${i + 1}`;
    names.push(names.includes(name) ? `${name} ${i + 1}` : name);
  }
  return names;
}

function misfit(fields: readonly string[], columns: readonly string[]): string | null {
  const kept = fields.findLastIndex((field, i) => i < columns.length || field !== '') + 1;
  if (kept === columns.length) return null;
  const count = (n: number, one: string) => `${n} ${n === 1 ? one : `${one}s`}`;
  return `The row has ${count(fields.length, 'field')}, and the first line names ${count(columns.length, 'column')}.`;
}

/** `keys`: the columns as JSON has them. */
function objectText(fields: readonly string[], columns: readonly string[], keys: readonly string[]): string {
  let text = '';
  for (let i = 0; i < columns.length; i++)
    text += `${i > 0 ? ',' : '{'}${keys[i]}:${cellText(columns[i], fields[i])}`;
  return `${text}}`;
}

/** Conversations stand in a cell as JSON. */
function cellText(column: string, field: string): string {
  if ((column === 'messages' || column === 'conversations') && field.startsWith('[')) {
    try {
      return JSON.stringify(JSON.parse(field));
    } catch {
      // A text that begins like a list.
    }
  }
  return JSON.stringify(field);
}
