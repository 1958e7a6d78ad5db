import { Columns, type Form, type JsonObject } from './form.ts';
import { FORMS } from './list.ts';
import { readMapped } from './mapped.ts';
import { refuseMedia, refusePlaceholders } from './media.ts';
import type { Example, Mapping, Row, RowKind, Verdict } from './row.ts';
import { verdictOf } from './verdict.ts';

/** A row that was read, and its keys that nobody used. */
export interface ReadRow<T = Example> {
  example: T;
  unused: string[];
}

/** How the rows of a file are read. */
export interface Reading {
  /** What most of its rows are; a row that speaks for none is read as one of these. */
  main?: Form | null;
  /** The columns, where the person chose them: their word holds. */
  mapping?: Mapping;
  forms?: readonly Form[];
}

/** The form that a row speaks for, with what speaks for it. */
export function formOf(
  row: JsonObject,
  forms: readonly Form[] = FORMS,
): { form: Form; evidence: string } | null {
  for (const form of forms) {
    const evidence = form.recognise(row);
    if (evidence !== null) return { form, evidence };
  }
  return null;
}

/** A row of columns that speak for no form: a person has to say which is which. */
export function isUnknown(row: JsonObject, forms?: readonly Form[]): boolean {
  return Object.keys(row).length > 0 && formOf(row, forms) === null && refuseMedia(row) === null;
}

/**
 * Reads one row, by the columns that were chosen, else by its own form: several files of different forms may be opened
 * as one.
 *
 * @returns a sentence where the row cannot be used.
 */
export function readExample(row: JsonObject, { main, mapping, forms }: Reading = {}): ReadRow | string {
  const columns = new Columns(row);
  if (mapping) {
    const example = readMapped(columns, mapping);
    return typeof example === 'string' ? example : judged(columns, example);
  }
  const media = refuseMedia(row);
  if (media) return media;
  const form = formOf(row, forms)?.form ?? main;
  if (!form) return unknownForm(row);
  const example = form.read(columns);
  if (typeof example === 'string') return example;
  const placeholder = refusePlaceholders(example);
  return placeholder ?? judged(columns, example);
}

/** With the verdict that a column gives on the answer. */
function judged(columns: Columns, example: Example): ReadRow {
  if (example.kind !== 'pair' && example.kind !== 'messages') return { example, unused: columns.unused() };
  const verdict = verdictOf(columns);
  return {
    example: verdict ? { kind: 'verdict', row: example, good: verdict.good } : example,
    unused: columns.unused(),
  };
}

const PAIR =
  'The row is a preference pair (chosen and rejected), which supervised training does not learn from: DPO, IPO, ORPO and SimPO do.';

/** Reads a row for supervised training, which learns answers as good ones: what is marked bad is refused. */
export function readRow(row: JsonObject, reading: Reading = {}): ReadRow<Row> | string {
  // Said of one that cannot be read, too.
  if (isPair(row, reading)) return PAIR;
  const read = readExample(row, reading);
  if (typeof read === 'string') return read;
  const { example, unused } = read;
  if (example.kind === 'preference') return PAIR;
  if (example.kind !== 'verdict') return { example, unused };
  return example.good
    ? { example: example.row, unused }
    : 'The answer is marked as bad: it is left out, and not trained as a good one. KTO learns from bad answers too.';
}

/** Reads a row for what is to be learned from. @returns a sentence where the row cannot be used for that */
export function readRowFor(
  row: JsonObject,
  { rows, ...reading }: Reading & { rows: RowKind },
): ReadRow | string {
  if (rows === 'answers') return readRow(row, reading);
  if (rows === 'verdicts' && isPair(row, reading))
    return 'The row is a preference pair (chosen and rejected), which KTO does not learn from: DPO, IPO, ORPO and SimPO do.';
  const read = readExample(row, reading);
  if (typeof read === 'string') return read;
  const { example, unused } = read;
  if (rows === 'pairs')
    return example.kind === 'preference'
      ? read
      : 'The row has one answer; DPO, IPO, ORPO and SimPO learn from a better and a worse one (chosen and rejected).';
  if (example.kind !== 'verdict')
    return 'The row does not say whether its answer is good or bad (label: true or false), which KTO learns from.';
  return { example: { ...example, row: ofLastAnswer(example.row) }, unused };
}

function isPair(row: JsonObject, { mapping, forms }: Reading): boolean {
  return !mapping && formOf(row, forms)?.form.rows === 'pairs';
}

/** The verdict on a conversation is one on its last answer; those before it are what it answers to. */
function ofLastAnswer(row: Verdict['row']): Verdict['row'] {
  if (row.kind === 'pair') return row;
  const last = row.messages.findLastIndex(({ role, train }) => role === 'assistant' && train);
  const messages = row.messages.map(({ weight: _, ...turn }, i) => ({ ...turn, train: i === last }));
  return { ...row, messages };
}

/**
 * What most rows call for: pairs where they have a better and a worse answer, verdicts where answers are marked and some
 * of them as bad. A column that KTO's files have calls for it by itself.
 */
export function calledFor(rows: readonly JsonObject[], reading: Omit<Reading, 'main'>): RowKind {
  const most = (count: number) => 2 * count > rows.length;
  if (most(rows.filter((row) => isPair(row, reading)).length)) return 'pairs';
  const judged = rows.flatMap((row) => {
    const read = readExample(row, reading);
    return typeof read !== 'string' && read.example.kind === 'verdict' ? [read.example] : [];
  });
  const says = judged.some(({ good }) => !good) || rows.some((row) => 'label' in row || 'kto_tag' in row);
  return most(judged.length) && says ? 'verdicts' : 'answers';
}

function unknownForm(row: JsonObject): string {
  const names = Object.keys(row).slice(0, 8).join(', ');
  return names === '' ? 'The row has no columns.' : `The columns ${names} are no known format.`;
}
