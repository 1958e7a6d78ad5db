import { Columns, type Form, type JsonObject } from './form.ts';
import { FORMS } from './list.ts';
import { readMapped } from './mapped.ts';
import { refuseMedia, refusePlaceholders } from './media.ts';
import type { Example, Mapping, Row } from './row.ts';
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

/** Reads a row for supervised training, which learns answers as good ones: what is marked bad is refused. */
export function readRow(row: JsonObject, reading: Reading = {}): ReadRow<Row> | string {
  const read = readExample(row, reading);
  if (typeof read === 'string') return read;
  const { example, unused } = read;
  if (example.kind === 'preference')
    return 'The row is a preference pair (chosen and rejected); preference training is not supported yet.';
  if (example.kind !== 'verdict') return { example, unused };
  return example.good
    ? { example: example.row, unused }
    : 'The answer is marked as bad; learning from bad answers (KTO) is not supported yet, and it is not trained as a good one.';
}

function unknownForm(row: JsonObject): string {
  const names = Object.keys(row).slice(0, 8).join(', ');
  return names === '' ? 'The row has no columns.' : `The columns ${names} are no known format.`;
}
