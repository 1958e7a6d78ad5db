import { at, textOf, unpacked } from './cells.ts';
import {
  ANSWER_WORDS,
  ANSWERS,
  findColumn,
  LABELS,
  pathsIn,
  QUESTION_WORDS,
  QUESTIONS,
  REMARKS,
  SYSTEMS,
  TEXTS,
  wordsOf,
} from './column-names.ts';
import type { JsonObject } from './form.ts';
import type { Mapping } from './row.ts';

/** Which columns may be asked and answered: by their names, and by what is in them. */

/** Columns, and paths into nested ones, that hold texts: the only ones that can be asked or answered. */
export function textColumns(rows: readonly JsonObject[]): string[] {
  const nested = new Set<string>();
  const columns = new Set<string>();
  for (const row of rows)
    for (const [column, given] of Object.entries(row)) {
      const value = unpacked(given);
      if (typeof value === 'object' && value !== null) nested.add(column);
      columns.add(column);
    }
  return [...[...columns].filter((column) => !nested.has(column)), ...pathsIn(rows)];
}

/** What the values of a column look like. */
type Look =
  /** Nothing to ask or to answer: a number of its own in each row, a date, an address. */
  | 'aside'
  /** A few values that repeat. */
  | 'label'
  | 'text'
  | 'empty';

/**
 * The question's and the answer's columns, the likeliest by name, then by content: texts of several words come before
 * labels, and ids, dates and addresses are neither. One text without anything else is a text to go on with.
 *
 * @param rows the first of a file; null where they have no column with text
 */
export function proposeColumns(rows: readonly JsonObject[]): Mapping | null {
  const all = textColumns(rows);
  const looks = new Map(all.map((path) => [path, lookOf(rows, path)]));
  const of = (...wanted: Look[]) => all.filter((path) => wanted.includes(looks.get(path)!));
  const filled = of('text', 'label', 'aside');
  if (filled.length === 0) return null;
  const system = findColumn(filled, SYSTEMS);
  const good = of('text', 'label').filter((path) => path !== system);
  const texts = of('text').filter((path) => path !== system);
  let prompt = findColumn(good, QUESTIONS);
  let completion =
    findColumn(good, ANSWERS, prompt) ??
    byWords(texts, ANSWER_WORDS, prompt) ??
    byWords(good, ANSWER_WORDS, prompt);
  if (prompt === completion) prompt = undefined;
  prompt ??= byWords(
    good.filter((path) => path !== completion),
    QUESTION_WORDS,
  );
  prompt ??= findColumn(texts, TEXTS, completion) ?? texts.find((path) => path !== completion);
  completion ??=
    findColumn(good, LABELS, prompt) ??
    texts.find((path) => path !== prompt) ??
    findColumn(good, REMARKS, prompt) ??
    of('label').find((path) => path !== prompt);
  // Nothing but ids and numbers beside it.
  if (completion === undefined) return { text: prompt ?? filled[0] };
  // Numbers and ids are asked only where there is nothing else.
  prompt ??= good.find((path) => path !== completion);
  if (filled.length === 2) prompt ??= filled.find((path) => path !== completion);
  if (prompt === undefined) return { text: completion };
  return { prompt, completion, ...(system && system !== prompt && system !== completion ? { system } : {}) };
}

/** The column whose name has one of these words, the likeliest word first; `Cust. wrote` has two. */
function byWords(columns: readonly string[], words: ReadonlySet<string>, not?: string): string | undefined {
  for (const word of words) {
    const found = columns.find((column) => column !== not && wordsOf(column).includes(word));
    if (found !== undefined) return found;
  }
  return undefined;
}

const NUMBER = /^[+-]?[\d.,\s]+%?$/;
const DATES_AND_ADDRESSES = [
  /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?$/,
  /^https?:\/\/\S+$/,
  /^\S+@\S+\.\S+$/,
];
/** A word alone; scripts without blanks between words have whole sentences that look like one. */
const ONE_WORD = /^(?!.*[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[^\s]{1,15}$/u;

/** A share of the rows that need not be as the others are. */
const MOST = 0.9;
const LONGEST_LABEL = 40;
const MOST_LABELS = 50;
/** Numbers of stars or of classes; more of them are amounts. */
const MOST_NUMBERS = 10;
/** From here on it can be seen whether values repeat. */
const FEW = 4;

function lookOf(rows: readonly JsonObject[], path: string): Look {
  const values = rows.flatMap((row) => textOf(at(row, path))?.trim() || []);
  if (values.length === 0) return 'empty';
  const mostly = (test: (value: string) => boolean) => values.filter(test).length > MOST * values.length;
  const distinct = new Set(values).size;
  const repeats = values.length >= FEW && distinct <= Math.min(MOST_LABELS, values.length / 2);
  if (mostly((value) => DATES_AND_ADDRESSES.some((pattern) => pattern.test(value)))) return 'aside';
  if (mostly((value) => NUMBER.test(value))) return repeats && distinct <= MOST_NUMBERS ? 'label' : 'aside';
  if (repeats) return mostly((value) => value.length <= LONGEST_LABEL) ? 'label' : 'text';
  // TCK-0012, a hash, a UUID.
  if (mostly((value) => /^\S*\d\S*$/.test(value))) return 'aside';
  return mostly((value) => ONE_WORD.test(value)) ? 'label' : 'text';
}
