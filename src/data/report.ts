import type { JsonLines } from './files/as-json-lines.ts';
import type { RowIndex } from './files/row-index.ts';
import type { BadRows, Scan } from './files/scan.ts';
import { plainName } from './forms/cells.ts';
import type { RowNote } from './text/tokenizer.ts';
import type { BadRow, DataOptions, DataReport } from './types.ts';

/** Up to this many rows every row is tokenised for the report. */
export const EXACT_ROWS = 20_000;
/** Rows tokenised for the report of a larger file. */
export const SAMPLE_ROWS = 2_000;

/** What the token lengths say. Counts are of the rows that were tokenised. */
export interface Measured {
  /** Rows that turned out unusable: no target left, or not renderable. */
  drop: Set<number>;
  dropped: number;
  droppedRows: BadRows;
  /** Rows that were found bad only when they were rendered. */
  refused: number;
  /** Tokens of the longest row that was cut to nothing. */
  longestDropped: number;
  /** Rows that were bad for want of a chat template. */
  needTemplate: number;
  tokenised: number;
  lengths: number[];
  truncatedRows: number;
  lastTurnOnly: number;
  /** Rows by what people are told of them. */
  notes: Map<RowNote, number>;
  tokens: number;
  supervisedTokens: number;
  longest: number;
  exact: boolean;
}

/** The report of a file from its scan and the lengths of its rows. */
export function makeReport(
  { name, converted, notes, place }: JsonLines,
  scan: Scan,
  used: RowIndex,
  measured: Measured,
  options: DataOptions,
): DataReport {
  // Of the rows that are left some are like those that the sample is without.
  const scale =
    measured.exact || used.rows === 0
      ? 1
      : (used.rows + measured.drop.size) / Math.max(1, measured.tokenised);
  const estimate = (count: number): number => Math.round(count * scale);
  const duplicates = used.duplicates();
  const placed = (rows: BadRows): BadRow[] =>
    rows.list().map(({ line, reason }) => {
      const { file, line: own } = place(line);
      return { line: own, reason: file === null ? reason : `${file}: ${reason}` };
    });
  // What the sample is without, the rest is too, in proportion.
  const rest = used.rows === 0 ? 0 : used.rows + measured.drop.size - measured.tokenised;
  const more = (count: number): number =>
    measured.exact ? 0 : Math.round((count * rest) / Math.max(1, measured.tokenised));
  const report: DataReport = {
    name,
    bytes: scan.bytes,
    sha256: scan.sha256,
    converted,
    format: scan.format,
    formatReason: [...notes, scan.formatReason].join(' '),
    rowKind: scan.rowKind,
    calledFor: scan.calledFor,
    columns: scan.columns,
    guessed: scan.guessed,
    firstRows: scan.firstRows,
    ignored: scan.ignored,
    read: scan.read,
    used: used.rows,
    dropped: measured.dropped,
    skipped: {
      bad: scan.bad.count + more(measured.refused),
      dropped: measured.dropped + more(measured.dropped),
      isEstimate: rest > 0 && !measured.exact && measured.drop.size > 0,
    },
    maxLength: options.maxLength,
    keepsAll: measured.longestDropped,
    positions: options.positions ?? null,
    waiting: scan.waiting,
    proposed: scan.proposed,
    badCount: scan.bad.count,
    needTemplate: measured.needTemplate,
    bad: placed(scan.bad),
    droppedRows: placed(measured.droppedRows),
    truncatedRows: estimate(measured.truncatedRows),
    duplicates,
    labels: scan.labels,
    histogram: { ...histogram(measured.lengths, scale), exact: measured.exact },
    tokens: estimate(measured.tokens),
    supervisedTokens: estimate(measured.supervisedTokens),
    // A row that was not in the sample may be as long as rows may be, and buffers are made for the longest.
    longest: measured.exact ? measured.longest : options.maxLength,
    warnings: [],
  };
  const rowNotes = new Map([...measured.notes].map(([what, count]) => [what, estimate(count)] as const));
  report.warnings = [
    ...warningsOf(report, estimate(measured.lastTurnOnly), rowNotes, options.maxLength),
    ...scan.hints,
  ];
  return report;
}

const ROW_NOTES: Record<RowNote, [one: string, many: string, why: string]> = {
  tools: ['has tools', 'have tools', 'that the chat template does not write'],
  calls: [
    'trains its calls of tools as text',
    'train their calls of tools as text',
    'since the chat template writes none',
  ],
  reasoning: [
    'has thinking',
    'have thinking',
    'that the chat template leaves out, so that it is not trained',
  ],
  words: ['has an answer', 'have answers', 'that the chat template writes with other words or without some'],
  besides: [
    'trains words',
    'train words',
    'of the chat template besides those of the answers and their ends: look at the rows',
  ],
  joined: [
    'has an answer',
    'have answers',
    'of which a first or last letter shares a token with the chat template’s own text',
  ],
  control: [
    'holds control tokens in its text',
    'hold control tokens in their text',
    'which are read as control tokens',
  ],
  end: [
    'has an answer',
    'have answers',
    'without an end-of-turn token in the chat template, so that no end is learned and answers may not stop',
  ],
};

/** Columns that may give marks to an answer. */
const SCORES = new Set([
  ...[
    'score',
    'rating',
    'reward',
    'stars',
    'votes',
    'upvotes',
    'helpfulness',
    'correctness',
    'overall_score',
  ],
]);

/** Whose reason is a clause of its own. */
const COMMA: ReadonlySet<RowNote> = new Set(['calls', 'control']);

function warningsOf(
  report: DataReport,
  lastTurnOnly: number,
  notes: ReadonlyMap<RowNote, number>,
  maxLength: number,
): string[] {
  const warnings: string[] = [];
  const about = report.histogram.exact ? '' : 'About ';
  const rows = (count: number, one: string, many: string): string =>
    `${about}${count} ${count === 1 ? `row ${one}` : `rows ${many}`}`;
  if (!report.histogram.exact) {
    warnings.push(
      `Token lengths are estimated from ${SAMPLE_ROWS} rows, since there are more than ${EXACT_ROWS}.`,
    );
  }
  const { bad, dropped } = report.skipped;
  const skippedAbout = (isMore: boolean): string => (isMore ? 'About ' : '');
  if (bad > 0)
    warnings.push(
      `${skippedAbout(bad > report.badCount)}${bad} ${bad === 1 ? 'row is' : 'rows are'} bad and left out.`,
    );
  if (dropped > 0) {
    const count = dropped;
    warnings.push(
      `${skippedAbout(dropped > report.dropped)}${count} ${count === 1 ? 'row has' : 'rows have'} nothing to learn within ${maxLength} tokens and ${count === 1 ? 'is' : 'are'} left out.`,
    );
  }
  if (report.truncatedRows > 0) {
    warnings.push(
      `${rows(report.truncatedRows, 'is', 'are')} longer than ${maxLength} tokens and cut at the end.`,
    );
  }
  if (lastTurnOnly > 0) {
    warnings.push(
      `${rows(lastTurnOnly, 'trains', 'train')} on the last answer only, since the chat template changes earlier turns.`,
    );
  }
  for (const [what, count] of notes) {
    const [one, many, why] = ROW_NOTES[what];
    warnings.push(`${rows(count, one, many)}${COMMA.has(what) ? ',' : ''} ${why}.`);
  }
  if (report.ignored.length > 0) {
    const keys = report.ignored.map(({ key, rows }) => `${key} (${rows} ${rows === 1 ? 'row' : 'rows'})`);
    warnings.push(`Not used: ${keys.join(', ')}.`);
  }
  const scores = report.ignored.filter(({ key }) => SCORES.has(plainName(key))).map(({ key }) => `“${key}”`);
  // Of two answers, or of judged ones, the rows say more than a number does.
  if (scores.length > 0 && report.rowKind === 'answers') {
    warnings.push(
      `${scores.join(', ')} may say how good an answer is. Every answer is trained as a good one, whatever it says: leave the bad ones out of the file.`,
    );
  }
  const kwargs = report.ignored.find(({ key }) => key === 'chat_template_kwargs');
  if (kwargs) {
    warnings.push(
      `${kwargs.rows} ${kwargs.rows === 1 ? 'row has' : 'rows have'} chat_template_kwargs: the chat template is rendered without them, so that it may write another prompt than where they are given.`,
    );
  }
  if (report.duplicates > 0) {
    const count = report.duplicates;
    warnings.push(`${count} ${count === 1 ? 'row repeats' : 'rows repeat'} an earlier one.`);
  }
  return warnings;
}

/** At most 64 bins, as wide as a power of two. */
function histogram(lengths: readonly number[], scale: number): { binWidth: number; counts: number[] } {
  let most = 0;
  for (const length of lengths) most = Math.max(most, length);
  let binWidth = 4;
  while (most / binWidth >= 64) binWidth *= 2;
  const counts: number[] = new Array(lengths.length === 0 ? 0 : Math.floor(most / binWidth) + 1).fill(0);
  for (const length of lengths) counts[Math.floor(length / binWidth)]++;
  return { binWidth, counts: counts.map((count) => Math.round(count * scale)) };
}

/** Why none of the rows can be used, and what would help: two sentences for people. */
export function whyNoRows(report: DataReport, setLength: string): string {
  const { name, read, dropped, badCount, maxLength, keepsAll, positions } = report;
  if (read === 0) return `${name} has no rows.`;
  const first = report.bad.at(0) ?? (keepsAll === 0 ? report.droppedRows.at(0) : undefined);
  const why = first ? ` The first is line ${first.line}: ${first.reason}` : '';
  if (keepsAll === 0)
    return read === 1
      ? `The only row of ${name} cannot be used.${why.replace(' The first is', ' It is')}`
      : `None of the ${read} rows of ${name} can be used.${why}`;
  const cut =
    badCount === 0
      ? `Of all ${read} rows of ${name}`
      : `${badCount} of the ${read} rows of ${name} are bad, and of the other ${dropped}`;
  const help =
    positions !== null && keepsAll > positions
      ? `The longest has ${keepsAll} tokens and the model reads ${positions}: shorten the rows.`
      : `${setLength} ${keepsAll} keeps ${report.histogram.exact ? '' : 'nearly '}every one whole.`;
  return `${cut} nothing is left to learn: rows are cut at ${maxLength} tokens, and what they teach begins later. ${help}${why}`;
}
