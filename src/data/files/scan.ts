import { formatOf, type RowFormat, readRowOf } from '../forms/formats.ts';
import type { DataFormat, Row } from '../forms/row.ts';
import type { BadRow, DataOptions } from '../types.ts';
import { type Line, MAX_LINE_BYTES, parseLine, scanLines } from './jsonl.ts';
import { hashBytes, RowIndex } from './row-index.ts';

/** How many bad rows a report lists. */
export const LISTED_BAD_ROWS = 1000;

/** Rows looked at, at most, before the format is decided. */
const FORMAT_ROWS = 200;
const FORMAT_BYTES = 8 << 20;
const LISTED_COLUMNS = 64;

/** Bad rows: all counted, the first listed, in the order of their lines. */
export class BadRows {
  count = 0;
  private readonly listed: BadRow[] = [];

  add(line: number, reason: string): void {
    this.count++;
    if (this.listed.length < LISTED_BAD_ROWS) this.listed.push({ line, reason });
    else if (line < this.listed[LISTED_BAD_ROWS - 1].line) {
      this.listed.push({ line, reason });
      this.sort();
      this.listed.pop();
    }
  }

  list(): BadRow[] {
    this.sort();
    return this.listed;
  }

  private sort(): void {
    this.listed.sort((a, b) => a.line - b.line);
  }
}

export interface Scan {
  bytes: number;
  sha256: string;
  format: DataFormat | 'preference' | null;
  formatReason: string;
  columns: string[];
  /** Lines that are not blank. */
  read: number;
  index: RowIndex;
  bad: BadRows;
}

interface HeldRow {
  value: Record<string, unknown>;
  at: { offset: number; length: number; line: number; hash: number };
}

/**
 * Reads a dataset once: its format, its bad lines, and where its usable rows lie. Rows are checked, not kept.
 *
 * @param refuse a further reason against a row, or null (rows that this model's tokenizer cannot render).
 * @param problems lines that are known to be bad, with the reason.
 */
export async function scanRows(
  file: Blob,
  options: Pick<DataOptions, 'format' | 'mapping'>,
  refuse: (row: Row, line: number) => string | null,
  progress: (done: number) => void,
  signal?: AbortSignal,
  problems?: ReadonlyMap<number, string>,
): Promise<Scan> {
  const bad = new BadRows();
  const index = new RowIndex();
  const columns = new Set<string>();
  const votes = new Map<RowFormat, number>();
  let held: HeldRow[] | null = [];
  let heldBytes = 0;
  let read = 0;
  let objects = 0;
  let format: Scan['format'] = options.mapping ? 'mapped' : (options.format ?? null);

  const take = (row: HeldRow): void => {
    const result = readRowOf(row.value, format, options.mapping);
    const reason = typeof result === 'string' ? result : refuse(result, row.at.line);
    if (reason === null) index.push(row.at);
    else bad.add(row.at.line, reason);
  };
  const decide = (): void => {
    if (!held) return;
    if (format === null) format = winner(votes);
    for (const row of held) take(row);
    held = null;
  };
  const visit = (line: Line): void => {
    const problem = problems?.get(line.number);
    const parsed = problem === undefined ? parseLine(line) : ({ kind: 'bad', reason: problem } as const);
    if (parsed.kind === 'blank') return;
    read++;
    if (parsed.kind === 'bad') {
      bad.add(line.number, parsed.reason);
      return;
    }
    const { offset, length, number, bytes } = line;
    const row = { value: parsed.value, at: { offset, length, line: number, hash: hashBytes(bytes!) } };
    objects++;
    const vote = formatOf(parsed.value);
    if (vote) votes.set(vote, (votes.get(vote) ?? 0) + 1);
    if (!held) {
      take(row);
      return;
    }
    held.push(row);
    heldBytes += length;
    for (const key of Object.keys(parsed.value)) if (columns.size < LISTED_COLUMNS) columns.add(key);
    if (held.length >= FORMAT_ROWS || heldBytes >= FORMAT_BYTES) decide();
  };

  const { bytes, sha256 } = await scanLines(file, visit, { progress, signal, maxLineBytes: MAX_LINE_BYTES });
  decide();
  // Rows of a known format may begin only behind those that decided.
  if (format === null) format = winner(votes);
  const formatReason =
    read === 0 ? 'The file has no rows.' : explain(format, options, votes, objects, [...columns]);
  return { bytes, sha256, format, formatReason, columns: [...columns], read, index, bad };
}

/** The formats, the most frequent first; one that cannot be trained on is the last. */
function ranked(votes: ReadonlyMap<RowFormat, number>): [format: RowFormat, count: number][] {
  const last = ([format]: [RowFormat, number]) => Number(format === 'preference');
  return [...votes].sort((a, b) => last(a) - last(b) || b[1] - a[1]);
}

function winner(votes: ReadonlyMap<RowFormat, number>): RowFormat | null {
  return ranked(votes)[0]?.[0] ?? null;
}

const EVIDENCE: Record<RowFormat, string> = {
  chat: 'a "messages" list',
  sharegpt: 'a "conversations" list',
  preference: '"chosen" and "rejected"',
  'prompt-completion': '"prompt" and "completion"',
  alpaca: '"instruction" and "output"',
  text: '"text"',
};

function explain(
  format: Scan['format'],
  options: Pick<DataOptions, 'format' | 'mapping'>,
  votes: Map<RowFormat, number>,
  rows: number,
  columns: readonly string[],
): string {
  if (options.mapping) return 'The columns were chosen by hand.';
  if (options.format && format !== null) return 'The format was chosen by hand.';
  if (rows === 0) return 'No line of the file is a JSON object.';
  if (format === null || format === 'mapped') {
    const names = columns.slice(0, 8).join(', ');
    return `The columns ${names} are no known format; choose which of them are prompt and completion, or the text.`;
  }
  const found = ranked(votes).map(([one, count]) => ({ count, evidence: EVIDENCE[one] }));
  const [first, ...others] = found;
  const share =
    first.count === rows
      ? `${rows === 1 ? 'The row has' : 'The rows have'} ${first.evidence}`
      : [
          `${first.count} of ${rows} rows have ${first.evidence}`,
          ...others.map(({ count, evidence }) => `${count} ${count === 1 ? 'has' : 'have'} ${evidence}`),
        ].join(', ');
  return votes.has('preference')
    ? `${share}: preference pairs, which cannot be trained on yet.`
    : `${share}.`;
}
