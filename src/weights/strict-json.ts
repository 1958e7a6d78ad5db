/**
 * JSON as a safetensors header needs it: `JSON.parse` keeps the last of two equal keys, takes `__proto__` for
 * a key like any other and rounds integers above 2^53, so a header could say one thing to us and another to
 * the next reader. This parser refuses all three. Objects come back as maps, so no key can reach a prototype.
 */
export type StrictJson = null | boolean | number | string | StrictJson[] | Map<string, StrictJson>;

/** What is wrong, and at which character. */
export class JsonProblem extends Error {
  readonly position: number;
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

const MAX_DEPTH = 16;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these inside strings.
const CONTROL = /[\u0000-\u001f]/;
const SPACE = /[ \t\n\r]*/y;

/**
 * Parses a whole JSON text.
 * @throws JsonProblem on bad syntax, a key given twice, `__proto__` or a NUL in a key, an integer beyond
 * ±(2^53 − 1), nesting deeper than 16, or text after the value.
 */
export function parseStrictJson(text: string): StrictJson {
  let at = 0;

  const fail = (message: string): never => {
    throw new JsonProblem(message, at);
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const take = (character: string): boolean => {
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const word = <T extends StrictJson>(letters: string, value: T): T => {
    if (!text.startsWith(letters, at)) fail('is not valid JSON');
    at += letters.length;
    return value;
  };

  const string = (): string => {
    // Scanned by hand: a regular expression would overflow its stack on a string of many megabytes.
    const start = at;
    let escaped = false;
    if (text.charCodeAt(at) !== 0x22) fail('is not valid JSON');
    for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) {
      if (text.charCodeAt(at) === 0x5c) {
        escaped = true;
        at++;
      }
    }
    if (at >= text.length) fail('has a string without an end');
    at++;
    const quoted = text.slice(start, at);
    if (!escaped && !CONTROL.test(quoted)) return quoted.slice(1, -1);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      return fail('has a broken string');
    }
  };
  const number = (): number => {
    NUMBER.lastIndex = at;
    const found = NUMBER.exec(text);
    if (!found) return fail('is not valid JSON');
    const value = Number(found[0]);
    if (!found[1] && !found[2] && !Number.isSafeInteger(value))
      fail(`holds the integer ${found[0]}, beyond 2^53`);
    at = NUMBER.lastIndex;
    return value;
  };
  const object = (depth: number): Map<string, StrictJson> => {
    const map = new Map<string, StrictJson>();
    at++;
    match(SPACE);
    if (take('}')) return map;
    while (true) {
      match(SPACE);
      const key = string();
      if (map.has(key)) fail(`gives the key ${JSON.stringify(key.slice(0, 200))} twice`);
      if (key === '__proto__') fail('has a key named __proto__');
      if (key.includes('\0')) fail(`has a NUL in the key ${JSON.stringify(key.slice(0, 200))}`);
      match(SPACE);
      if (!take(':')) fail('is not valid JSON');
      map.set(key, value(depth));
      if (take(',')) continue;
      if (take('}')) return map;
      fail('is not valid JSON');
    }
  };
  const array = (depth: number): StrictJson[] => {
    const items: StrictJson[] = [];
    at++;
    match(SPACE);
    if (take(']')) return items;
    while (true) {
      items.push(value(depth));
      if (take(',')) continue;
      if (take(']')) return items;
      fail('is not valid JSON');
    }
  };
  const value = (depth: number): StrictJson => {
    if (depth > MAX_DEPTH) fail(`is nested deeper than ${MAX_DEPTH}`);
    match(SPACE);
    let result: StrictJson;
    switch (text[at]) {
      case '{':
        result = object(depth + 1);
        break;
      case '[':
        result = array(depth + 1);
        break;
      case '"':
        result = string();
        break;
      case 't':
        result = word('true', true);
        break;
      case 'f':
        result = word('false', false);
        break;
      case 'n':
        result = word('null', null);
        break;
      default:
        result = number();
    }
    match(SPACE);
    return result;
  };

  const result = value(0);
  if (at !== text.length) fail('has text after its end');
  return result;
}
