/**
 * Jinja's source as tokens, as jinja2 3.1 reads it with `trim_blocks` and `lstrip_blocks`: a block takes the newline
 * after it and the blanks before it on its line, `-` takes all white space, `+` none.
 */

export type TokenKind = 'text' | 'begin-block' | 'end-block' | 'begin-print' | 'end-print' | Inner;
type Inner = 'name' | 'string' | 'integer' | 'float' | 'operator';

export interface Token {
  kind: TokenKind;
  value: string;
}

/** What Python's `str.isspace` holds for white space; JavaScript's `\s` differs by five characters. */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** What Python's `str.splitlines` cuts at. */
export const LINE_BREAK = '\\r\\n|[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]';

const OPENING = /\{(?:%([-+]?)|\{([-+]?)|#([-+]?))/g;
const RAW = new RegExp(`\\{%([-+]?)[${SPACE}]*raw[${SPACE}]*(?:-%\\}[${SPACE}]*|%\\})`, 'y');
const END_RAW = new RegExp(
  `\\{%([-+]?)[${SPACE}]*endraw[${SPACE}]*(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`,
  'g',
);
const END_COMMENT = new RegExp(`(?:\\+#\\}|-#\\}[${SPACE}]*|#\\}\\n?)`, 'g');
const END_BLOCK = new RegExp(`(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`, 'y');
const END_PRINT = new RegExp(`(?:-\\}\\}[${SPACE}]*|\\}\\})`, 'y');
const INSIDE: readonly [Inner | 'space', RegExp][] = [
  ['space', new RegExp(`[${SPACE}]+`, 'y')],
  ['float', /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y],
  ['integer', /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y],
  ['name', /[\p{L}\p{Nl}_\p{Mn}\p{Mc}\p{Nd}\p{Pc}]+/uy],
  ['string', /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y],
  ['operator', /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y],
];
const CLOSES: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

export function tokenize(given: string): Token[] {
  // One newline at the very end is not part of the template.
  const source = given.replace(/\r\n|\r/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let at = 0;
  let lineStarts = true;
  const text = (value: string, sign: string, isPrint: boolean): void => {
    let kept = value;
    if (sign === '-') kept = trimEnd(value);
    else if (sign !== '+' && !isPrint) {
      const line = value.lastIndexOf('\n') + 1;
      if ((line > 0 || lineStarts) && isBlank(value.slice(line))) kept = value.slice(0, line);
    }
    if (kept !== '') tokens.push({ kind: 'text', value: kept });
  };
  const matchAt = (pattern: RegExp, where: number): RegExpExecArray | null => {
    pattern.lastIndex = where;
    return pattern.exec(source);
  };
  while (at < source.length) {
    const open = matchAt(OPENING, at);
    if (!open) {
      tokens.push({ kind: 'text', value: source.slice(at) });
      break;
    }
    const sign = open[1] ?? open[2] ?? open[3];
    const isPrint = open[2] !== undefined;
    text(source.slice(at, open.index), sign, isPrint);
    const raw = matchAt(RAW, open.index);
    const isRaw = raw !== null;
    if (isRaw || open[3] !== undefined) {
      const from = isRaw ? RAW.lastIndex : OPENING.lastIndex;
      const close = matchAt(isRaw ? END_RAW : END_COMMENT, from);
      if (!close) throw new SyntaxError(`Missing end of ${isRaw ? 'raw directive' : 'comment tag'}`);
      lineStarts = false;
      if (isRaw) text(source.slice(from, close.index), close[1], false);
      at = close.index + close[0].length;
      lineStarts = source[at - 1] === '\n';
      continue;
    }
    tokens.push({ kind: isPrint ? 'begin-print' : 'begin-block', value: open[0] });
    at = inside(source, open.index + open[0].length, isPrint, tokens);
    lineStarts = source[at - 1] === '\n';
  }
  return tokens;
}

/** Reads the tokens of one block or print up to its end. @returns where it ends. */
function inside(source: string, from: number, isPrint: boolean, tokens: Token[]): number {
  const end = isPrint ? END_PRINT : END_BLOCK;
  const open: string[] = [];
  for (let at = from; at < source.length; ) {
    if (open.length === 0) {
      end.lastIndex = at;
      if (end.test(source)) {
        tokens.push({ kind: isPrint ? 'end-print' : 'end-block', value: '' });
        return end.lastIndex;
      }
    }
    const found = INSIDE.find(([, pattern]) => {
      pattern.lastIndex = at;
      return pattern.test(source);
    });
    if (!found) throw new SyntaxError(`unexpected char '${source[at]}' at ${at}`);
    const [kind, pattern] = found;
    const value = source.slice(at, pattern.lastIndex);
    at = pattern.lastIndex;
    if (kind === 'space') continue;
    if (kind === 'operator') {
      if ('([{'.includes(value)) open.push(value);
      else if (CLOSES[value] && open.pop() !== CLOSES[value]) throw new SyntaxError(`unexpected '${value}'`);
    }
    tokens.push({ kind, value: kind === 'string' ? unescaped(value.slice(1, -1)) : value });
  }
  throw new SyntaxError("unexpected end of template, expected 'end of print statement or block'");
}

function isBlank(text: string): boolean {
  return trimEnd(text) === '';
}

const TRAILING = new RegExp(`[${SPACE}]+$`);
function trimEnd(text: string): string {
  return text.replace(TRAILING, '');
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Python's `unicode-escape`; an escape that it does not know stays as it is. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g,
    (whole, ...[octal, byte, four, eight, one]: (string | undefined)[]) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const hex = byte ?? four ?? eight;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (one === 'x' || one === 'u' || one === 'U' || one === 'N')
        throw new SyntaxError(`the escape ${whole} in a string of the chat template cannot be read`);
      return ESCAPES[one ?? ''] ?? whole;
    },
  );
}
