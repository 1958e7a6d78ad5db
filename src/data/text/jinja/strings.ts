import { asInteger, asText, bind } from './arguments.ts';
import { formatFields } from './format.ts';
import { LINE_BREAK, SPACE } from './lexer.ts';
import { type Call, Callable, iterate, Tuple, typeName } from './values.ts';

/** The methods of Python's `str` that a template may call. */

type Method = (text: string, call: Call, name: string) => unknown;

const LINES = new RegExp(LINE_BREAK, 'g');

const METHODS: Record<string, Method> = {
  upper: plain((text) => text.toUpperCase()),
  lower: plain((text) => text.toLowerCase()),
  casefold: plain((text) => text.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ')),
  capitalize: plain(capitalize),
  title: plain((text) => text.replace(/\p{Cased}+/gu, capitalize)),
  swapcase: plain((text) =>
    [...text].map((one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join(''),
  ),
  strip: stripping(true, true),
  lstrip: stripping(true, false),
  rstrip: stripping(false, true),
  startswith: affix((text, part) => text.startsWith(part)),
  endswith: affix((text, part) => text.endsWith(part)),
  removeprefix(text, call, name) {
    const part = asText(bind(name, ['prefix'], call).prefix, 'removeprefix() argument');
    return part !== '' && text.startsWith(part) ? text.slice(part.length) : text;
  },
  removesuffix(text, call, name) {
    const part = asText(bind(name, ['suffix'], call).suffix, 'removesuffix() argument');
    return part !== '' && text.endsWith(part) ? text.slice(0, -part.length) : text;
  },
  split: splitting(split),
  rsplit: splitting((text, separator, most) =>
    split(mirrored(text), separator === null ? null : mirrored(separator), most)
      .map(mirrored)
      .reverse(),
  ),
  splitlines(text, call, name) {
    const { keepends = false } = bind(name, ['keepends='], call);
    const lines: string[] = [];
    let from = 0;
    for (const match of text.matchAll(LINES)) {
      const end = match.index + match[0].length;
      lines.push(text.slice(from, keepends ? end : match.index));
      from = end;
    }
    return from < text.length ? [...lines, text.slice(from)] : lines;
  },
  partition: partition((text, separator) => text.indexOf(separator), false),
  rpartition: partition((text, separator) => text.lastIndexOf(separator), true),
  replace(text, call, name) {
    const { old, new: by, count = -1 } = bind(name, ['old', 'new', 'count='], call);
    return replace(
      text,
      [asText(old, 'replace() argument 1'), asText(by, 'replace() argument 2')],
      asInteger(count, 'count'),
    );
  },
  find: finding((text, part) => text.indexOf(part)),
  rfind: finding((text, part) => text.lastIndexOf(part)),
  index: finding((text, part) => text.indexOf(part), true),
  rindex: finding((text, part) => text.lastIndexOf(part), true),
  count: within((text, part) => (part === '' ? [...text].length + 1 : text.split(part).length - 1)),
  join(text, call, name) {
    const { iterable } = bind(name, ['iterable'], call);
    const items = iterate(iterable);
    items.forEach((one, i) => {
      if (typeof one !== 'string')
        throw new Error(`sequence item ${i}: expected str instance, ${typeName(one)} found`);
    });
    return items.join(text);
  },
  format: (text, call) => formatFields(text, call.positional, call.named),
  zfill(text, call, name) {
    const width = asInteger(bind(name, ['width'], call).width, 'zfill() argument');
    const sign = /^[-+]/.exec(text)?.[0] ?? '';
    const length = width - ([...text].length - sign.length) - sign.length;
    return sign + '0'.repeat(Math.max(0, length)) + text.slice(sign.length);
  },
  ljust: justified((text, room, fill) => text + fill.repeat(room)),
  rjust: justified((text, room, fill) => fill.repeat(room) + text),
  center: justified((text, room, fill, width) => {
    const left = Math.floor(room / 2) + (room & width & 1);
    return fill.repeat(left) + text + fill.repeat(room - left);
  }),
  isdigit: all(/^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089]+$/u),
  isdecimal: all(/^\p{Nd}+$/u),
  isnumeric: all(/^\p{N}+$/u),
  isalpha: all(/^\p{L}+$/u),
  isalnum: all(/^[\p{L}\p{N}]+$/u),
  isspace: all(new RegExp(`^[${SPACE}]+$`)),
  isascii: all(/^\p{ASCII}*$/u),
  isidentifier: all(/^[\p{L}\p{Nl}_][\p{L}\p{Nl}_\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u),
  isupper: plain((text) => text !== text.toLowerCase() && text === text.toUpperCase()),
  islower: plain((text) => text !== text.toUpperCase() && text === text.toLowerCase()),
};

/** Methods of `str` that this engine has not. */
const NOT_HERE = new Set([
  'encode',
  'expandtabs',
  'format_map',
  'istitle',
  'isprintable',
  'maketrans',
  'translate',
]);

export function stringMethod(text: string, name: string): Callable | null {
  if (NOT_HERE.has(name)) throw new Error(`The chat template calls str.${name}(), which is not read here`);
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  return method ? new Callable(name, (call) => method(text, call, name)) : null;
}

export function capitalize(text: string): string {
  const [first = ''] = text;
  return titled(first) + text.slice(first.length).toLowerCase();
}

/** Title case differs from upper case where one character is two letters (`ﬁ` is `Fi`). */
function titled(character: string): string {
  const upper = character.toUpperCase();
  const first = upper.search(/\p{Lu}/u) + 1;
  return first === 0 ? upper : upper.slice(0, first) + upper.slice(first).toLowerCase();
}

/** `str.strip`: white space, or any of the characters given. */
export function strip(text: string, characters: string | null, left = true, right = true): string {
  const units = [...text];
  const isGone =
    characters === null ? (one: string) => BLANK.test(one) : (one: string) => characters.includes(one);
  let from = 0;
  let to = units.length;
  while (left && from < to && isGone(units[from])) from++;
  while (right && to > from && isGone(units[to - 1])) to--;
  return units.slice(from, to).join('');
}

const BLANK = new RegExp(`^[${SPACE}]$`);

export function replace(text: string, [old, by]: readonly [string, string], count = -1): string {
  if (count < 0) return old === '' ? ['', ...text, ''].join(by) : text.split(old).join(by);
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  if (count >= parts.length) return parts.join(by);
  return [...parts.slice(0, count), parts.slice(count).join(old)].join(by);
}

function split(text: string, separator: string | null, most: number): string[] {
  if (separator === '') throw new Error('empty separator');
  if (separator !== null) {
    const parts = text.split(separator);
    return most < 0 || parts.length <= most
      ? parts
      : [...parts.slice(0, most), parts.slice(most).join(separator)];
  }
  const parts: string[] = [];
  let rest = strip(text, null, true, false);
  while (rest !== '' && (most < 0 || parts.length < most)) {
    const [word] = WORD.exec(rest)!;
    parts.push(word);
    rest = strip(rest.slice(word.length), null, true, false);
  }
  // What is left keeps the white space at its end.
  return rest === '' ? parts : [...parts, rest];
}

const WORD = new RegExp(`^[^${SPACE}]+`);

function mirrored(text: string): string {
  return [...text].reverse().join('');
}

function plain(change: (text: string) => unknown): Method {
  return (text, call, name) => {
    bind(name, [], call);
    return change(text);
  };
}

function all(pattern: RegExp): Method {
  return plain((text) => pattern.test(text));
}

function stripping(left: boolean, right: boolean): Method {
  return (text, call, name) => {
    const { chars = null } = bind(name, ['chars='], call);
    return strip(text, chars === null ? null : asText(chars, `${name} arg`), left, right);
  };
}

function splitting(how: (text: string, separator: string | null, most: number) => string[]): Method {
  return (text, call, name) => {
    const { sep = null, maxsplit = -1 } = bind(name, ['sep=', 'maxsplit='], call);
    return how(text, sep === null ? null : asText(sep, 'sep'), asInteger(maxsplit, 'maxsplit'));
  };
}

/** The stretch of a text, in code points, that `start` and `end` give. */
function stretch(text: string, start: unknown, end: unknown): { part: string; from: number } | null {
  if (start === null && end === null) return { part: text, from: 0 };
  const units = [...text];
  const place = (value: unknown, otherwise: number): number => {
    if (value === null) return otherwise;
    const at = asInteger(value, 'slice indices');
    return at < 0 ? Math.max(0, units.length + at) : at;
  };
  const from = place(start, 0);
  const to = Math.min(units.length, place(end, units.length));
  return from > to ? null : { part: units.slice(from, to).join(''), from };
}

function within(of: (text: string, part: string) => number, refuses = false, none = 0): Method {
  return (text, call, name) => {
    const { sub, start = null, end = null } = bind(name, ['sub', 'start=', 'end='], call);
    const searched = stretch(text, start, end);
    const found = searched ? of(searched.part, asText(sub, `${name}() argument`)) : none;
    if (refuses && found === -1) throw new Error('substring not found');
    return found;
  };
}

function finding(where: (text: string, part: string) => number, refuses = false): Method {
  return (text, call, name) => {
    const from = stretch(text, call.positional[1] ?? null, call.positional[2] ?? null)?.from ?? 0;
    const at = (part: string, sub: string): number => {
      const unit = where(part, sub);
      return unit === -1 ? -1 : from + [...part.slice(0, unit)].length;
    };
    return within(at, refuses, -1)(text, call, name);
  };
}

function affix(has: (text: string, part: string) => boolean): Method {
  return (text, call, name) => {
    const { prefix, start = null, end = null } = bind(name, ['prefix', 'start=', 'end='], call);
    const parts = prefix instanceof Tuple ? prefix.items : [prefix];
    const searched = stretch(text, start, end);
    return parts.some((part) => {
      if (typeof part !== 'string')
        throw new Error(`${name} first arg must be str or a tuple of str, not ${typeName(prefix)}`);
      return searched !== null && has(searched.part, part);
    });
  };
}

function partition(where: (text: string, separator: string) => number, fromEnd: boolean): Method {
  return (text, call, name) => {
    const separator = asText(bind(name, ['sep'], call).sep, `${name}() argument`);
    if (separator === '') throw new Error('empty separator');
    const at = where(text, separator);
    if (at === -1) return new Tuple(fromEnd ? ['', '', text] : [text, '', '']);
    return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
  };
}

type Justify = (text: string, room: number, fill: string, width: number) => string;
function justified(justify: Justify): Method {
  return (text, call, name) => {
    const { width, fillchar = ' ' } = bind(name, ['width', 'fillchar='], call);
    const wide = asInteger(width, `${name}() argument`);
    const room = wide - [...text].length;
    return room <= 0 ? text : justify(text, room, asText(fillchar, 'fill character'), wide);
  };
}
