import { unpacked } from '../forms/cells.ts';
import type { Form, JsonObject } from '../forms/form.ts';
import { FORMS } from '../forms/list.ts';
import { proposeColumns } from '../forms/propose.ts';
import { exchangeOf } from '../forms/questions.ts';
import { calledFor, formOf, isUnknown, readRowFor } from '../forms/read.ts';
import { type DataFormat, type Example, type Mapping, type RowKind, rowsWithin } from '../forms/row.ts';
import { LabelCounts } from '../labels.ts';
import type { BadRow, DataOptions } from '../types.ts';
import { type Line, MAX_LINE_BYTES, parseLine, scanLines } from './jsonl.ts';
import { hashBytes, RowIndex } from './row-index.ts';

/** How many bad rows a report lists. */
export const LISTED_BAD_ROWS = 1000;

/** Rows looked at, at most, before the format is decided. */
const FORMAT_ROWS = 200;
const FORMAT_BYTES = 8 << 20;
const LISTED_COLUMNS = 64;
/** Rows kept to show how a choice of columns reads them, and the characters of each text in them. */
const FIRST_ROWS = 2;
const FIRST_TEXT = 400;
/** `{{name}}`, `{{ user.name }}`: something to be filled in. */
const TO_FILL_IN = /\{\{\s*[\w.-]+\s*\}\}/;

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

  addAll(other: BadRows): void {
    for (const { line, reason } of other.list()) this.add(line, reason);
    this.count += other.count - other.listed.length;
  }

  private sort(): void {
    this.listed.sort((a, b) => a.line - b.line);
  }
}

export interface Scan {
  bytes: number;
  sha256: string;
  /** What most rows are, where that can be trained on; `main` is how a row is read that speaks for no form. */
  format: DataFormat | null;
  main: Form | null;
  formatReason: string;
  /** As in `DataReport`. */
  rowKind: RowKind;
  calledFor: RowKind;
  guessed: boolean;
  columns: string[];
  firstRows: JsonObject[];
  /** Lines that are not blank. */
  read: number;
  /** Rows of no known form, where the person has to say which column is which. */
  waiting: number;
  proposed: Mapping | null;
  index: RowIndex;
  bad: BadRows;
  /** As in `DataReport`. */
  labels: { label: string; rows: number }[] | null;
  ignored: { key: string; rows: number }[];
  /** What looks like a mistake in the rows, a sentence each. */
  hints: string[];
}

interface HeldRow {
  value: JsonObject;
  at: { offset: number; length: number; line: number; hash: number };
  toFillIn: boolean;
}

interface Scanning {
  progress?: (doneBytes: number) => void;
  signal?: AbortSignal;
  /** Lines that are known to be bad, with the reason. */
  problems?: ReadonlyMap<number, string>;
}

/**
 * Reads a dataset once: its form, its bad lines, and where its usable rows lie. Rows are checked, not kept.
 *
 * @param refuse a further reason against a row, or null (rows that this model's tokenizer cannot render).
 */
export async function scanRows(
  file: Blob,
  options: Pick<DataOptions, 'mapping' | 'forms' | 'rowKind'> & { raw?: boolean },
  refuse: (row: Example, line: number) => string | null,
  { progress = () => {}, signal, problems }: Scanning = {},
): Promise<Scan> {
  const { mapping, forms = FORMS } = options;
  const bad = new BadRows();
  const unknown = new BadRows();
  const index = new RowIndex();
  const columns = new Set<string>();
  const firstRows: JsonObject[] = [];
  const votes = new Votes(forms);
  const labels = new LabelCounts();
  const ignored = new Map<string, number>();
  let held: HeldRow[] | null = [];
  let heldBytes = 0;
  let read = 0;
  let objects = 0;
  let toFillIn = 0;
  let rendered = 0;
  let cutOff = false;
  let main: Form | null = null;
  let proposed: Mapping | null = null;
  let rows: RowKind = options.rowKind ?? 'answers';
  let called: RowKind = 'answers';

  const take = (row: HeldRow): void => {
    const result = readRowFor(row.value, { main, mapping, forms, rows });
    const reason = typeof result === 'string' ? result : refuse(result.example, row.at.line);
    if (reason !== null || typeof result === 'string') {
      const waits = !mapping && !main && isUnknown(row.value, forms);
      (waits ? unknown : bad).add(row.at.line, reason ?? '');
      return;
    }
    index.push(row.at);
    if (labels.open) {
      const { question, answer } = exchangeOf(result.example);
      labels.add(question === '' || rows !== 'answers' ? '' : answer);
    }
    if (row.toFillIn) toFillIn++;
    if (isRendered(result.example)) rendered++;
    for (const key of result.unused)
      if (ignored.has(key) || ignored.size < LISTED_COLUMNS) ignored.set(key, (ignored.get(key) ?? 0) + 1);
  };
  const decide = (): void => {
    if (!held) return;
    called = calledFor(
      held.map(({ value }) => value),
      { mapping, forms },
    );
    rows = options.rowKind ?? called;
    if (!mapping) main = votes.winner(rows);
    proposed = proposeColumns(held.map(({ value }) => shortened(value) as JsonObject));
    for (const row of held) take(row);
    held = null;
  };
  const visit = (line: Line): void => {
    const problem = problems?.get(line.number);
    const parsed = problem === undefined ? parseLine(line) : ({ kind: 'bad', reason: problem } as const);
    if (parsed.kind === 'blank') return;
    read++;
    if (parsed.kind === 'bad') {
      // The last line, without a line break behind it.
      cutOff = line.bytes?.[0] === 0x7b && line.offset + line.length === file.size && objects > 0;
      bad.add(line.number, parsed.reason);
      return;
    }
    const { offset, length, number, bytes } = line;
    const row = {
      value: parsed.value,
      at: { offset, length, line: number, hash: hashBytes(bytes!) },
      toFillIn: TO_FILL_IN.test(parsed.text),
    };
    objects++;
    votes.add(parsed.value);
    if (firstRows.length < FIRST_ROWS) firstRows.push(shortened(parsed.value) as JsonObject);
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
  // Rows of a known form may begin only after those that decided.
  main ??= mapping ? null : votes.winner(rows);
  if (main) bad.addAll(unknown);
  return {
    bytes,
    sha256,
    format: mapping ? 'mapped' : main && whyNot(main, rows) === null ? main.name : null,
    main,
    formatReason: reasonOf({ read, rows: objects, votes, columns: [...columns], mapping, kind: rows }),
    rowKind: rows,
    calledFor: called,
    guessed: !mapping && main?.guess === true,
    columns: [...columns],
    firstRows,
    read,
    waiting: main ? 0 : unknown.count,
    proposed,
    index,
    bad,
    labels: labels.list(),
    ignored: [...ignored].map(([key, rows]) => ({ key, rows })),
    hints: [
      ...(toFillIn > 1 && toFillIn === index.rows
        ? ['Every row holds something like {{name}}, which looks like a place to be filled in.']
        : []),
      ...(rendered > 1 && rendered === index.rows && !options.raw
        ? [
            'Every question has the frame of a prompt already (“Assistant:”, “### Response:” or control tokens), and the model’s chat template writes its own around it. Skip the chat template, or take the frame out.',
          ]
        : []),
      ...(cutOff ? ['The last line is not whole: the file may have been cut off.'] : []),
    ],
  };
}

/** A question that ends where an answer is to begin, or that has control tokens: a template was applied before. */
const RENDERED =
  /(^|\n)\s*(#+ *)?(assistant|ai|answer|response|output)\s*:\s*$|<\|im_start\|>|\[INST\]|<\|start_header_id\|>|<start_of_turn>/i;

function isRendered(example: Example): boolean {
  const [row] = rowsWithin(example);
  return row.kind === 'pair' && RENDERED.test(row.prompt);
}

/** Why rows of a form cannot be used for what is to be learned from, to follow a colon; null where they can. */
function whyNot({ untrainable, rows: has }: Form, rows: RowKind): string | null {
  if (untrainable !== undefined) return untrainable;
  return has === 'pairs' && rows !== 'pairs'
    ? `pairs, which ${rows === 'answers' ? 'supervised training' : 'KTO'} does not learn from`
    : null;
}

/** What the rows of a file speak for. */
class Votes {
  readonly #forms: readonly Form[];
  readonly #counts = new Map<Form, { count: number; evidence: string }>();

  constructor(forms: readonly Form[]) {
    this.#forms = forms;
  }

  add(row: JsonObject): void {
    const found = formOf(row, this.#forms);
    if (!found) return;
    const known = this.#counts.get(found.form);
    if (known) known.count++;
    else this.#counts.set(found.form, { count: 1, evidence: found.evidence });
  }

  /** The forms, the most frequent first; those that cannot be used for this are the last. */
  ranked(rows: RowKind): { form: Form; count: number; evidence: string }[] {
    const last = (form: Form) => Number(whyNot(form, rows) !== null);
    return [...this.#counts]
      .map(([form, vote]) => ({ form, ...vote }))
      .sort((a, b) => last(a.form) - last(b.form) || b.count - a.count);
  }

  winner(rows: RowKind): Form | null {
    return this.ranked(rows)[0]?.form ?? null;
  }
}

interface Found {
  read: number;
  rows: number;
  votes: Votes;
  columns: readonly string[];
  mapping: Mapping | undefined;
  kind: RowKind;
}

function reasonOf({ read, rows, votes, columns, mapping, kind }: Found): string {
  if (read === 0) return 'The file has no rows.';
  if (mapping) return chosenColumns(mapping);
  if (rows === 0) return 'No line of the file is a JSON object.';
  const [first, ...others] = votes.ranked(kind);
  if (!first) {
    const names = columns.slice(0, 8).join(', ');
    if (columns.length === 0) return 'The rows have no columns.';
    const isRow = columns.every((name) => name.length > 60 || /[.?!。？！]$/.test(name));
    const header = isRow
      ? ' These look like a row and not like names of columns: write such names into the first line of the file.'
      : '';
    return `The ${columns.length === 1 ? 'column' : 'columns'} ${names} could mean anything: which is the question, and which the answer?${header}`;
  }
  const share =
    first.count === rows
      ? `${rows === 1 ? 'The row has' : 'The rows have'} ${first.evidence}`
      : [
          `${first.count} of ${rows} rows have ${first.evidence}`,
          ...others.map(({ count, evidence }) => `${count} ${count === 1 ? 'has' : 'have'} ${evidence}`),
        ].join(', ');
  const untrainable = [first, ...others].flatMap(({ form }) => whyNot(form, kind) ?? []);
  return untrainable.length > 0 ? `${share}: ${untrainable.join('; ')}.` : `${share}.`;
}

function chosenColumns(mapping: Mapping): string {
  if ('text' in mapping) return `As chosen, "${mapping.text}" is a text to continue.`;
  const { prompt, completion, system } = mapping;
  const context = system === undefined ? '' : `, with "${system}" as the system text`;
  return `As chosen, "${prompt}" is asked and "${completion}" answered${context}.`;
}

/** A value whose texts and lists are cut to what a page shows of them; a cell of JSON is still JSON. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.length <= FIRST_TEXT) return value;
    const inner = unpacked(value);
    return inner === value ? `${value.slice(0, FIRST_TEXT)}…` : JSON.stringify(shortened(inner));
  }
  if (Array.isArray(value)) return value.slice(0, 8).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, LISTED_COLUMNS)
      .map(([key, inner]) => [key, shortened(inner)]),
  );
}
