import { isObject, type JsonObject } from './form.ts';

/**
 * The text of a value. Labels are often numbers or truth values in a file of columns; they are written as JSON writes
 * them. An integer beyond 2^53 need not be the file's any more, so it has no text. Null: there is none.
 */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'number') return isExact(value) ? String(value) : null;
  return typeof value === 'boolean' ? String(value) : null;
}

/** Why a value has no text, to follow "is". */
export function noText(value: unknown): string {
  if (typeof value === 'number') return 'a number too large to be read exactly; write it in quotes';
  return value === undefined || value === null ? 'missing' : 'not a string';
}

/** The text of a value that must be there and not be empty; a sentence where it is not. */
export function filledText(value: unknown, called: string): { text: string } | string {
  const text = textOf(value);
  if (text === null) return `${called} is ${noText(value)}.`;
  return text === '' ? `${called} is empty.` : { text };
}

/** The column of this name, or what lies at the path that it spells (`answers.text.0`), also inside a cell of JSON. */
export function at(row: JsonObject, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  let value: unknown = row;
  for (const part of path.split('.')) {
    value = unpacked(value);
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isObject(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

/** A text that holds a JSON list or object, as its value; anything else as it is. Columns of tables are texts. */
export function unpacked(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** A lone surrogate, which JSON can spell but UTF-8 cannot, becomes U+FFFD. */
export function wellFormed(text: string): string {
  return LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, '\uFFFD') : text;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

export function shorten(text: string | undefined): string {
  const known = text ?? 'nothing';
  return known.length > 40 ? `${known.slice(0, 40)}…` : known;
}

/** A column's name without case, with one underscore for blanks and dashes: `System prompt` is `system_prompt`. */
export function plainName(column: string): string {
  return column
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}
