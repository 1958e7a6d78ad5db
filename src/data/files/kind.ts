import { plainName } from '../forms/cells.ts';
import { formOf, readExample } from '../forms/read.ts';
import { looksLikeTurns } from '../forms/turns.ts';
import { type OutlinedKey, outlineOf, valueEnd } from './json-outline.ts';

/** What a file is, by its name and its beginning. */
export type Kind =
  /** JSON Lines as they are. */
  | { kind: 'lines' }
  /** Elements of a list (1), objects one after another (0), or the elements under a key (2). */
  | { kind: 'elements'; depth: 0 | 1 | 2; key?: string; left?: string[] }
  | { kind: 'columns' }
  /** Names of columns, and rows without them, as pandas writes `orient="split"`. */
  | { kind: 'split' }
  | { kind: 'table'; delimiter: string | null }
  | { kind: 'text' };

export function kindOf(name: string, head: string): Kind {
  const lower = name.toLowerCase();
  const text = head.trimStart();
  const json = jsonKind(lower, text);
  if (/\.(csv|tsv|tab)$/.test(lower)) return { kind: 'table', delimiter: /\.csv$/.test(lower) ? null : '\t' };
  if (/\.(txt|text|md|markdown)$/.test(lower) && !isJson(text)) return { kind: 'text' };
  return json;
}

/** A text that begins like rows: people call JSON Lines `.txt`, too. */
function isJson(text: string): boolean {
  if (!/^[[{]/.test(text)) return false;
  return outlineOf(text).keys.length > 0 || /^\[\s*[[{]/.test(text);
}

function jsonKind(name: string, text: string): Kind {
  if (text.startsWith('[')) return listKind(name, text);
  if (!text.startsWith('{')) return { kind: 'lines' };
  const end = text.indexOf('\n');
  const firstLine = end < 0 ? text : text.slice(0, end);
  const rest = end < 0 ? '' : text.slice(end).trim();
  if (isWhole(firstLine.replace(/,\s*$/, ''))) {
    if (rest !== '' || isRowOfItsOwn(firstLine)) return { kind: 'lines' };
    const one = objectKind(text);
    // A line of its own is a row as it stands.
    return one.kind === 'elements' && one.depth === 0 ? { kind: 'lines' } : one;
  }
  const close = valueEnd(text, 0);
  if (close === null) return objectKind(text);
  // A damaged first line would make one object with the next.
  if (!isWhole(text.slice(0, close))) return { kind: 'lines' };
  const after = text.slice(close).replace(/^[\s,]+/, '');
  return after === '' && !isRowOfItsOwn(text.slice(0, close))
    ? objectKind(text)
    : { kind: 'elements', depth: 0 };
}

function listKind(name: string, text: string): Kind {
  const list: Kind = { kind: 'elements', depth: 1 };
  if (/\.json$/.test(name)) return list;
  // A first line that is a whole list, with more lines after it, is a bad row of JSON Lines.
  const end = text.indexOf('\n');
  if (end < 0 || text.slice(end).trim() === '') return list;
  return isWhole(text.slice(0, end)) ? { kind: 'lines' } : list;
}

/** One object that is all of the file: a row, rows under a key, or a table by columns. */
function objectKind(text: string): Kind {
  const { keys, end } = outlineOf(text);
  const one: Kind = { kind: 'elements', depth: 0 };
  if (keys.length === 0) return { kind: 'lines' };
  const first = keys.find(({ type }) => type === 'list' || type === 'object');
  if (!first) return one;
  const names = keys.map(({ key }) => key);
  if (['columns', 'index', 'data'].every((name) => names.includes(name))) return { kind: 'split' };
  const lists = keys.filter((key) => isRows(key));
  const wanted =
    WRAPPERS.flatMap((name) => lists.filter(({ key }) => key.toLowerCase() === name))[0] ??
    // Beside a list of something else, a list of objects is a column like it.
    (keys.every((key) => key.type !== 'list' || isRows(key)) ? lists[0] : undefined);
  if (wanted) {
    const left = lists.filter((key) => key !== wanted).map(({ key }) => key);
    return { kind: 'elements', depth: 2, key: wanted.key, ...(left.length > 0 && { left }) };
  }
  const table = keys.every(({ type, first }) => first !== null && (type === 'list' || first.key === '0'));
  if (table && !isRow(text, end)) return { kind: 'columns' };
  // Rows by their names: {"q1": {"prompt": …}, "q2": …}.
  const named = keys.length > 1 && keys.every(({ type }) => type === 'object');
  return named ? { kind: 'elements', depth: 1 } : one;
}

/** What scripts call a list of rows, the likeliest first. */
const WRAPPERS = ['train', 'data', 'rows', 'examples', 'records', 'items', 'instances', 'samples', 'dataset'];

/** A list of objects that are no turns. */
function isRows({ key, type, first }: OutlinedKey): boolean {
  if (type !== 'list' || first?.type !== 'object' || TURN_LISTS.has(plainName(key))) return false;
  const names = ['role', 'from', 'speaker', 'author', 'sender', 'parts'];
  return !first.keys.some((one) => names.includes(one.toLowerCase()));
}

const TURN_LISTS = new Set([
  'messages',
  'conversations',
  'conversation',
  'contents',
  'turns',
  'chat_messages',
]);

/** The only object of a file that is a row of a known form: no list in it is the file's rows. */
function isRowOfItsOwn(object: string): boolean {
  try {
    const row = JSON.parse(object.replace(/,\s*$/, '')) as Record<string, unknown>;
    if (Object.keys(row).some((key) => WRAPPERS.includes(key.toLowerCase()))) return false;
    const values = Object.values(row);
    if (values.every((value) => Array.isArray(value) && !looksLikeTurns(value))) return false;
    return formOf(row)?.form.untrainable !== undefined || typeof readExample(row) !== 'string';
  } catch {
    return false;
  }
}

/** A row of its own whose columns are lists: of turns, or of texts that alternate. */
function isRow(text: string, end: number | null): boolean {
  if (end === null) return false;
  try {
    const row = JSON.parse(text.slice(0, end)) as Record<string, unknown>;
    const found = formOf(row)?.form;
    if (Object.values(row).some(looksLikeTurns)) return true;
    return found?.name === 'dialogue' && Object.keys(row).length === 1 && !('text' in row);
  } catch {
    return false;
  }
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
