import { UserError } from '../errors.ts';
import { type Encoded, type EncodedRow, encodeExample, toExample } from './encode.ts';
import { asJsonLines, type JsonLines } from './files/as-json-lines.ts';
import { asRow, parseJson } from './files/jsonl.ts';
import type { DataFile, MakeScratch } from './files/one-file.ts';
import type { RowIndex } from './files/row-index.ts';
import { scanRows } from './files/scan.ts';
import { askingOf, exchangeOf, oneSpelling, type Question, questionOf } from './forms/questions.ts';
import { calledFor, type Reading, readRowFor } from './forms/read.ts';
import { type Example as Read, type RowKind, rowsWithin } from './forms/row.ts';
import { measure, nothingToLearn, type OpenProgress } from './measure.ts';
import { previewRow } from './preview.ts';
import { promptedRow } from './prompted.ts';
import { makeReport } from './report.ts';
import { unknownToken } from './text/known-tokens.ts';
import type { RowTokenizer } from './text/tokenizer.ts';
import type {
  DataOptions,
  DataReport,
  Dataset,
  Example,
  Prompted,
  PromptedRow,
  RowPreview,
  RowSearch,
} from './types.ts';

/** Bytes read at once while rows are tokenised. */
const READ_BYTES = 1 << 20;
/** What a disposable worker adds: word of each row before it is rendered, and rows that hung it before. */
export interface RowWatch {
  begin(line: number, bytes: number): void;
  end(): void;
  /** Reasons by line; such rows are bad without being rendered. */
  hung: ReadonlyMap<number, string>;
  /** Lines that hung after the report was made: they keep their index, and have no example. */
  late: ReadonlyMap<number, string>;
  /** Set once the template hung too often: every conversation is bad for this reason. */
  refuseAll: string | null;
}

const NO_TEMPLATE =
  'The model has no chat template, which conversations are trained through: choose one (--chat-template in a command).';

/** How the opening of a dataset is followed. */
interface Opening {
  progress?: (event: OpenProgress) => void;
  signal?: AbortSignal;
  watch?: RowWatch;
  /** Where what is written anew as JSON Lines is kept; in memory where none is given. */
  makeScratch?: MakeScratch;
}

/** Fewer than a token has in most texts, so that most of what is cut out of plain text fits into a row. */
const CHARACTERS_A_TOKEN = 3;

/**
 * Opens one file or several: one streaming pass for format, bad lines and the places of the rows, then token lengths,
 * exactly up to 20,000 rows and from a seeded sample of 2,000 above that. No row stays in memory.
 *
 * A row that is found unusable only when its batch is near (possible above 20,000 rows, and where the template
 * hangs) is left out of what `examples` returns.
 *
 * @throws UserError `wrong-file`, `file-changed`; the signal's reason when aborted.
 */
export async function openDataset(
  given: DataFile | readonly DataFile[],
  own: RowTokenizer,
  options: DataOptions,
  { progress = () => {}, signal, watch, makeScratch }: Opening = {},
): Promise<Dataset> {
  const tokenizer = options.date === undefined ? own : own.on(options.date);
  let needTemplate = 0;
  const refuse = (example: Read, line: number): string | null => {
    const rows = rowsWithin(example);
    if (rows.some(({ kind }) => kind === 'messages') && !tokenizer.hasTemplate) {
      needTemplate++;
      return NO_TEMPLATE;
    }
    const rendered = rows.some(
      ({ kind }) => kind === 'messages' || (kind === 'pair' && tokenizer.hasTemplate && !options.raw),
    );
    return watch?.hung.get(line) ?? (rendered ? (watch?.refuseAll ?? null) : null);
  };
  const files = given instanceof Blob ? [given] : given;
  const told = (done: number, total: number): void => progress({ phase: 'scan', done, total });
  const longestText = options.maxLength * CHARACTERS_A_TOKEN;
  const source = await readable(asJsonLines(files, told, signal, { makeScratch, longestText }));
  const { blob: file } = source;
  const scan = await readable(
    scanRows(file, options, refuse, {
      progress: (done) => told(done, file.size),
      signal,
      problems: source.problems,
    }),
  );
  const { mapping, forms } = options;
  const reading = { main: scan.main, mapping, forms, rows: scan.rowKind };
  const reader = new RowReader({ file, index: scan.index, reading, tokenizer, options, watch });
  const measured = await measure(scan, reader, { options, progress, signal });
  measured.needTemplate = needTemplate;
  const used = measured.drop.size === 0 ? scan.index : scan.index.filter((i) => !measured.drop.has(i));
  const report = makeReport(source, scan, used, measured, options);
  return new FileDataset(report, reader.over(used), used, source);
}

interface RowSource {
  file: Blob;
  index: RowIndex;
  reading: Reading & { rows: RowKind };
  tokenizer: RowTokenizer;
  options: DataOptions;
  watch?: RowWatch;
}

/** Reads rows of a scanned file again, by index, and tokenises them. */
class RowReader {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(private readonly from: RowSource) {}

  get tokenizer(): RowTokenizer {
    return this.from.tokenizer;
  }

  get maxLength(): number {
    return this.from.options.maxLength;
  }

  over(index: RowIndex): RowReader {
    return new RowReader({ ...this.from, index });
  }

  /**
   * Visits rows in ascending order, reading neighbours in one go.
   *
   * @param visit gets the tokenised row, or the reason why it has none.
   */
  async each(
    rows: Uint32Array,
    visit: (index: number, row: Encoded | string) => Promise<void>,
  ): Promise<void> {
    await this.eachRead(rows, (index, row) => visit(index, this.encode(row, index)));
  }

  /** As `each`, without tokens. */
  async eachRead(rows: Uint32Array, visit: (index: number, row: Read) => Promise<void>): Promise<void> {
    for (let at = 0; at < rows.length; ) {
      const begin = this.from.index.at(rows[at]).offset;
      let upTo = at;
      let end = begin;
      while (upTo < rows.length) {
        const { offset, length } = this.from.index.at(rows[upTo]);
        if (upTo > at && offset + length - begin > READ_BYTES) break;
        end = offset + length;
        upTo++;
      }
      const bytes = await this.read(begin, end);
      for (; at < upTo; at++) {
        const { offset, length } = this.from.index.at(rows[at]);
        const text = this.decoder.decode(bytes.subarray(offset - begin, offset - begin + length));
        await visit(rows[at], this.parse(text));
      }
    }
  }

  async source(i: number): Promise<string> {
    const { offset, length } = this.from.index.at(i);
    return this.decoder.decode(await this.read(offset, offset + length));
  }

  parse(text: string): Read {
    try {
      const read = readRowFor(asRow(parseJson(text)) ?? {}, this.from.reading);
      if (typeof read !== 'string') return read.example;
    } catch {
      // Below: the text was a row when the file was scanned.
    }
    throw fileChanged();
  }

  encode(row: Read, i: number): Encoded | string {
    return this.watched(i, 0, () => encodeOrRefuse(row, this.tokenizer, this.from.options.raw));
  }

  /** Whether it has more tokens than a row may have. */
  isCut(row: Read, i: number): boolean {
    const encoded = this.encode(row, i);
    if (typeof encoded === 'string') return false;
    return Math.max(encoded.ids.length, encoded.rejected?.ids.length ?? 0) > this.maxLength;
  }

  /** A row with a prompt before it, or the reason why it has none. */
  prompted(row: Read, i: number, prompt: string): PromptedRow | string {
    const student = this.encode(row, i);
    if (typeof student === 'string') return student;
    const { tokenizer, maxLength } = this;
    return this.watched(i, prompt.length, () =>
      orRefusal(() => promptedRow(row, prompt, { student, tokenizer, maxLength })),
    );
  }

  /** What renders a row, unless it has hung before. */
  private watched<T>(i: number, more: number, render: () => T): T | string {
    const { line, length } = this.from.index.at(i);
    const hung = this.from.watch?.late.get(line);
    if (hung !== undefined) return hung;
    this.from.watch?.begin(line, length + more);
    try {
      return render();
    } finally {
      this.from.watch?.end();
    }
  }

  private async read(begin: number, end: number): Promise<Uint8Array> {
    return readable(
      this.from.file
        .slice(begin, end)
        .arrayBuffer()
        .then((buffer) => new Uint8Array(buffer)),
    );
  }
}

/** A row of no file as it would be trained: its tokens (of a pair the better answer’s), or why it would not be. */
export function tryRow(
  row: Record<string, unknown>,
  tokenizer: RowTokenizer,
  options: DataOptions,
): RowPreview['tokens'] | string {
  const rows = options.rowKind ?? calledFor([row], options);
  const read = readRowFor(row, { ...options, rows });
  if (typeof read === 'string') return read;
  const encoded = encodeOrRefuse(read.example, tokenizer, options.raw);
  return typeof encoded === 'string' ? encoded : previewRow(encoded, tokenizer, options.maxLength);
}

function encodeOrRefuse(row: Read, tokenizer: RowTokenizer, raw: boolean): Encoded | string {
  return orRefusal(() => {
    const encoded = encodeExample(row, tokenizer, raw);
    const ids = encoded.rejected ? encoded.ids.concat(encoded.rejected.ids) : encoded.ids;
    return unknownToken(ids, tokenizer) ?? encoded;
  });
}

function orRefusal<T>(render: () => T): T | string {
  try {
    return render();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return `The chat template refuses the row (${detail.slice(0, 200)}).`;
  }
}

class FileDataset implements Dataset {
  readonly report: DataReport;
  private readonly reader: RowReader;
  private readonly index: RowIndex;
  private readonly source: JsonLines;

  constructor(report: DataReport, reader: RowReader, index: RowIndex, source: JsonLines) {
    this.report = report;
    this.reader = reader;
    this.index = index;
    this.source = source;
  }

  async jsonLines(): Promise<Blob> {
    return this.source.blob;
  }

  async jsonLinesWithout(indices: readonly number[]): Promise<Blob> {
    const { blob } = this.source;
    const parts: Blob[] = [];
    let from = 0;
    for (const { offset, length } of [...indices].sort((a, b) => a - b).map((i) => this.index.at(i))) {
      parts.push(blob.slice(from, offset));
      from = offset + length;
    }
    return new Blob([...parts, blob.slice(from)]);
  }

  async jsonLinesOf(indices: readonly number[]): Promise<Blob> {
    const { blob } = this.source;
    const lines = indices.flatMap((i) => {
      const { offset, length } = this.index.at(i);
      return [blob.slice(offset, offset + length), '\n'];
    });
    // Read now: what they are cut out of may be closed by the time the rows are asked for.
    return new Blob([await readable(new Blob(lines).arrayBuffer())]);
  }

  /** The line of a row in its file. */
  private line(index: number): number {
    return this.source.place(this.index.at(index).line).line;
  }

  async leaks(heldOut: readonly number[]): Promise<number> {
    return this.index.alsoOutside(heldOut);
  }

  get rows(): number {
    return this.index.rows;
  }

  async examples(indices: readonly number[]): Promise<Example[]> {
    const { reader } = this;
    const sources = await Promise.all(indices.map((i) => reader.source(i)));
    const examples: Example[] = [];
    indices.forEach((index, n) => {
      const row = reader.encode(reader.parse(sources[n]), index);
      if (typeof row === 'string') return;
      const { maxLength } = reader;
      if (nothingToLearn(row, { maxLength }) !== null) return;
      const { rejected, good } = row;
      examples.push({
        ...{ index, line: this.line(index), ...toExample(row, maxLength) },
        ...(rejected && { rejected: toExample(rejected, maxLength) }),
        ...(good !== undefined && { good }),
      });
    });
    return examples;
  }

  async prompted(indices: readonly number[], prompt: string): Promise<Prompted[]> {
    const sources = await Promise.all(indices.map((i) => this.reader.source(i)));
    return indices.map((index, n) => {
      const made = this.reader.prompted(this.reader.parse(sources[n]), index, prompt);
      const row = typeof made === 'string' ? { reason: made } : made;
      return { index, line: this.line(index), ...row };
    });
  }

  async questions(indices: readonly number[]): Promise<Question[]> {
    const sources = await Promise.all(indices.map((i) => this.reader.source(i)));
    return indices.flatMap((index, n) => questionOf(this.reader.parse(sources[n]), this.line(index)) ?? []);
  }

  async askings(indices: readonly number[]): Promise<string[]> {
    const sources = await Promise.all(indices.map((i) => this.reader.source(i)));
    return sources.map((source) => askingOf(this.reader.parse(source)));
  }

  async find({ words, cut }: RowSearch, among: Uint32Array): Promise<number[]> {
    const found: number[] = [];
    const wanted = oneSpelling(words);
    await this.reader.eachRead(among, async (index, row) => {
      const { question, answer } = exchangeOf(row);
      if (wanted !== '' && !oneSpelling(`${question}\n${answer}`).includes(wanted)) return;
      if (!cut || this.reader.isCut(row, index)) found.push(index);
    });
    return found;
  }

  async preview(begin: number, end: number): Promise<RowPreview[]> {
    const previews: RowPreview[] = [];
    for (let index = Math.max(0, begin); index < Math.min(end, this.rows); index++) {
      const source = await this.reader.source(index);
      const row = this.reader.parse(source);
      const encoded = this.reader.encode(row, index);
      const tokensOf = (part: EncodedRow) => previewRow(part, this.reader.tokenizer, this.reader.maxLength);
      const { rejected, good } = typeof encoded === 'string' ? {} : encoded;
      previews.push({
        index,
        line: this.line(index),
        source: source.slice(0, 2000),
        ...exchangeOf(row),
        tokens: typeof encoded === 'string' ? [] : tokensOf(encoded),
        ...(rejected &&
          row.kind === 'preference' && {
            rejected: { answer: exchangeOf(row.rejected).answer, tokens: tokensOf(rejected) },
          }),
        ...(good !== undefined && { good }),
      });
    }
    return previews;
  }
}

function fileChanged(cause?: unknown): UserError {
  return new UserError(
    'file-changed',
    'The dataset file was changed or moved after it was opened. Checkpoints that were written are safe. Open the file again.',
    { cause },
  );
}

/** A browser refuses to read a file that changed on disk since it was picked. */
async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const name = error instanceof Error || error instanceof DOMException ? error.name : '';
    if (name === 'NotReadableError' || name === 'NotFoundError') throw fileChanged(error);
    throw error;
  }
}
