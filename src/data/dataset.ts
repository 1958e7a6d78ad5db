import { UserError } from '../errors.ts';
import { permutation } from './batches.ts';
import { countTargets, type EncodedRow, encodeRow, toExample } from './encode.ts';
import { asJsonLines, type JsonLines } from './files/as-json-lines.ts';
import { asRow, parseJson } from './files/jsonl.ts';
import type { DataFile, MakeScratch } from './files/one-file.ts';
import type { RowIndex } from './files/row-index.ts';
import { BadRows, type Scan, scanRows } from './files/scan.ts';
import { exchangeOf, type Question, questionOf } from './forms/questions.ts';
import { type Reading, readRow } from './forms/read.ts';
import type { Row } from './forms/row.ts';
import { previewRow } from './preview.ts';
import { EXACT_ROWS, type Measured, makeReport, SAMPLE_ROWS } from './report.ts';
import { unknownToken } from './text/known-tokens.ts';
import type { RowTokenizer } from './text/tokenizer.ts';
import type { DataOptions, DataReport, Dataset, Example, RowPreview } from './types.ts';

const SAMPLE_SEED = 20_000;
/** Bytes read at once while rows are tokenised. */
const READ_BYTES = 1 << 20;
/** The event loop gets a turn this often, so that messages (an abort) come through. */
const TURN_MS = 50;

export interface OpenProgress {
  phase: 'scan' | 'tokenise';
  done: number;
  total: number;
}

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
  const refuse = (row: Row, line: number): string | null => {
    if (row.kind === 'messages' && !tokenizer.hasTemplate) {
      needTemplate++;
      return NO_TEMPLATE;
    }
    const rendered =
      row.kind === 'messages' || (row.kind === 'pair' && tokenizer.hasTemplate && !options.raw);
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
  const reading = { main: scan.main, mapping, forms };
  const reader = new RowReader({ file, index: scan.index, reading, tokenizer, options, watch });
  const measured = await measure(scan, reader, options, progress, signal);
  measured.needTemplate = needTemplate;
  const used = measured.drop.size === 0 ? scan.index : scan.index.filter((i) => !measured.drop.has(i));
  const report = makeReport(source, scan, used, measured, options);
  return new FileDataset(report, reader.over(used), used, source);
}

async function measure(
  scan: Scan,
  reader: RowReader,
  options: DataOptions,
  progress: (event: OpenProgress) => void,
  signal?: AbortSignal,
): Promise<Measured> {
  const { index, bad } = scan;
  const exact = index.rows <= EXACT_ROWS;
  const chosen = exact
    ? Uint32Array.from({ length: index.rows }, (_, i) => i)
    : permutation(index.rows, SAMPLE_SEED, 'sample', 0).slice(0, SAMPLE_ROWS).sort();
  const measured: Measured = {
    drop: new Set(),
    dropped: 0,
    droppedRows: new BadRows(),
    needTemplate: 0,
    refused: 0,
    longestDropped: 0,
    tokenised: chosen.length,
    lengths: [],
    truncatedRows: 0,
    lastTurnOnly: 0,
    notes: new Map(),
    tokens: 0,
    supervisedTokens: 0,
    longest: 0,
    exact,
  };
  let turn = performance.now();
  let done = 0;
  await reader.each(chosen, async (i, row) => {
    if (typeof row === 'string') {
      bad.add(index.at(i).line, row);
      measured.drop.add(i);
      measured.refused++;
    } else measureRow(measured, i, index.at(i).line, row, options);
    done++;
    if (performance.now() - turn < TURN_MS) return;
    signal?.throwIfAborted();
    progress({ phase: 'tokenise', done, total: chosen.length });
    await new Promise((resolve) => setTimeout(resolve, 0));
    turn = performance.now();
  });
  signal?.throwIfAborted();
  if (!exact && measured.drop.size === chosen.length) refuseRest(measured, index, bad);
  return measured;
}

function measureRow(
  measured: Measured,
  i: number,
  line: number,
  row: EncodedRow,
  options: DataOptions,
): void {
  const { maxLength } = options;
  const kept = Math.min(row.ids.length, maxLength);
  const targets = countTargets(row, kept);
  measured.lengths.push(row.ids.length);
  if (targets === 0) {
    measured.drop.add(i);
    measured.dropped++;
    if (row.targets.length > 0) measured.longestDropped = Math.max(measured.longestDropped, row.ids.length);
    measured.droppedRows.add(line, nothingToLearn(row, options));
    return;
  }
  if (row.ids.length > maxLength) measured.truncatedRows++;
  if (row.lastTurnOnly) measured.lastTurnOnly++;
  for (const what of row.notes) measured.notes.set(what, (measured.notes.get(what) ?? 0) + 1);
  measured.tokens += kept;
  measured.supervisedTokens += targets;
  measured.longest = Math.max(measured.longest, kept);
}

function nothingToLearn(
  { ids, targets }: EncodedRow,
  { maxLength, positions = Infinity }: DataOptions,
): string {
  if (targets.length === 0) return 'No turn of the row is to be trained on.';
  return `The answer begins at token ${targets[0].begin + 1} of ${ids.length}, and rows are cut at ${maxLength}: ${targets[0].begin < positions ? 'raise the max length' : 'shorten what comes before it'}.`;
}

/** No row of a sample of thousands can be used: the others are taken to be the same. */
function refuseRest(measured: Measured, index: RowIndex, bad: BadRows): void {
  const allDropped = measured.dropped === measured.tokenised;
  for (let i = 0; i < index.rows; i++) {
    if (measured.drop.has(i)) continue;
    measured.drop.add(i);
    if (allDropped) measured.dropped++;
    else bad.add(index.at(i).line, 'No row of the sample that was tried could be used.');
  }
}

interface RowSource {
  file: Blob;
  index: RowIndex;
  reading: Reading;
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
    visit: (index: number, row: EncodedRow | string) => Promise<void>,
  ): Promise<void> {
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
        await visit(rows[at], this.encode(this.parse(text), rows[at]));
      }
    }
  }

  async source(i: number): Promise<string> {
    const { offset, length } = this.from.index.at(i);
    return this.decoder.decode(await this.read(offset, offset + length));
  }

  parse(text: string): Row {
    try {
      const read = readRow(asRow(parseJson(text)) ?? {}, this.from.reading);
      if (typeof read !== 'string') return read.example;
    } catch {
      // Below: the text was a row when the file was scanned.
    }
    throw fileChanged();
  }

  encode(row: Row, i: number): EncodedRow | string {
    const { line, length } = this.from.index.at(i);
    const hung = this.from.watch?.late.get(line);
    if (hung !== undefined) return hung;
    this.from.watch?.begin(line, length);
    try {
      return encodeOrRefuse(row, this.tokenizer, this.from.options.raw);
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

/** A row of no file as it would be trained: its tokens, or the sentence of why it would not be. */
export function tryRow(
  row: Record<string, unknown>,
  tokenizer: RowTokenizer,
  options: DataOptions,
): RowPreview['tokens'] | string {
  const read = readRow(row, options);
  if (typeof read === 'string') return read;
  const encoded = encodeOrRefuse(read.example, tokenizer, options.raw);
  return typeof encoded === 'string' ? encoded : previewRow(encoded, tokenizer, options.maxLength);
}

function encodeOrRefuse(row: Row, tokenizer: RowTokenizer, raw: boolean): EncodedRow | string {
  try {
    const encoded = encodeRow(row, tokenizer, raw);
    return unknownToken(encoded.ids, tokenizer) ?? encoded;
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
      if (countTargets(row, reader.maxLength) === 0) return;
      examples.push({ index, line: this.line(index), ...toExample(row, reader.maxLength) });
    });
    return examples;
  }

  async questions(indices: readonly number[]): Promise<Question[]> {
    const sources = await Promise.all(indices.map((i) => this.reader.source(i)));
    return indices.flatMap((index, n) => questionOf(this.reader.parse(sources[n]), this.line(index)) ?? []);
  }

  async preview(begin: number, end: number): Promise<RowPreview[]> {
    const previews: RowPreview[] = [];
    for (let index = Math.max(0, begin); index < Math.min(end, this.rows); index++) {
      const source = await this.reader.source(index);
      const row = this.reader.parse(source);
      const encoded = this.reader.encode(row, index);
      previews.push({
        index,
        line: this.line(index),
        source: source.slice(0, 2000),
        ...exchangeOf(row),
        tokens:
          typeof encoded === 'string'
            ? []
            : previewRow(encoded, this.reader.tokenizer, this.reader.maxLength),
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
