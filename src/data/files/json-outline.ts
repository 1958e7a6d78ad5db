/** What the beginning of a JSON object says of the whole: its keys, and what their values begin with. */

export type JsonType = 'object' | 'list' | 'text' | 'other';

export interface OutlinedKey {
  key: string;
  type: JsonType;
  /** Of a list's or an object's first element: what it is, and the keys of an object that ends within the text. */
  first: { type: JsonType; keys: string[]; key: string | null } | null;
}

/** @param text the beginning of a file that begins with an object; it may end anywhere. */
export function outlineOf(text: string): { keys: OutlinedKey[]; end: number | null } {
  const keys: OutlinedKey[] = [];
  let at = skipBlanks(text, text.indexOf('{') + 1);
  while (at < text.length && text[at] !== '}') {
    const key = stringAt(text, at);
    if (!key) return { keys, end: null };
    at = skipBlanks(text, key.end);
    if (text[at] !== ':') return { keys, end: null };
    at = skipBlanks(text, at + 1);
    keys.push({ key: key.value, type: typeAt(text, at), first: firstOf(text, at) });
    const end = valueEnd(text, at);
    if (end === null) return { keys, end: null };
    at = skipBlanks(text, end);
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return { keys, end: at < text.length ? at + 1 : null };
}

/** Where the object or list that begins the text ends; null where that is not within it. */
export function valueEnd(text: string, from: number): number | null {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const string = stringAt(text, at);
      if (!string) return null;
      at = string.end - 1;
    } else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth--;
    } else if (depth > 0 || character !== ',') continue;
    else return at;
    if (depth === 0) return at + 1;
  }
  return null;
}

function firstOf(text: string, from: number): OutlinedKey['first'] {
  const type = typeAt(text, from);
  if (type !== 'list' && type !== 'object') return null;
  let at = skipBlanks(text, from + 1);
  let key: string | null = null;
  if (type === 'object') {
    const name = stringAt(text, at);
    if (!name) return null;
    key = name.value;
    at = skipBlanks(text, skipBlanks(text, name.end) + 1);
  }
  if (at >= text.length || text[at] === ']' || text[at] === '}') return null;
  const end = valueEnd(text, at);
  const keys = end !== null && text[at] === '{' ? outlineOf(text.slice(at, end)).keys : [];
  return { type: typeAt(text, at), keys: keys.map((one) => one.key), key };
}

function typeAt(text: string, at: number): JsonType {
  if (text[at] === '{') return 'object';
  if (text[at] === '[') return 'list';
  return text[at] === '"' ? 'text' : 'other';
}

function stringAt(text: string, at: number): { value: string; end: number } | null {
  if (text[at] !== '"') return null;
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '"') {
      try {
        return { value: JSON.parse(text.slice(at, end + 1)), end: end + 1 };
      } catch {
        return { value: text.slice(at + 1, end), end: end + 1 };
      }
    }
  }
  return null;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at])) at++;
  return at;
}
