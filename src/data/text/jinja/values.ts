/**
 * Python's values as a template has them: None is null, int a number, str a string, list an array, dict a Map; float,
 * tuple and the rest are classes, since JavaScript does not tell them from those.
 */

export class Float {
  constructor(readonly value: number) {}
}

export class Tuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** What is not defined: prints as nothing, is false and empty, and refuses all else. */
export class Undefined {
  constructor(readonly message: string) {}
}

/** `namespace()`: the one object whose attributes a template may set. */
export class Namespace {
  constructor(readonly values: Map<unknown, unknown>) {}
}

/** `range`, the views of a dict, and what filters such as `map` give: lists that Python prints and measures otherwise. */
export class Series {
  constructor(
    readonly items: readonly unknown[],
    readonly as:
      | 'range'
      | 'dict_keys'
      | 'dict_values'
      | 'dict_items'
      | 'generator'
      | 'dict_reversekeyiterator',
    readonly printed: string = '',
  ) {}
}

export interface Call {
  positional: unknown[];
  named: Map<string, unknown>;
}

export class Callable {
  constructor(
    readonly name: string,
    readonly call: (call: Call) => unknown,
  ) {}
}

/** An object with attributes alone, as `loop` is. */
export class Attributes {
  constructor(
    readonly typeName: string,
    readonly get: (name: string) => unknown,
  ) {}
}

export function fromJavaScript(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : new Float(value);
  if (Array.isArray(value)) return value.map(fromJavaScript);
  if (typeof value === 'function')
    return new Callable(value.name, ({ positional }) =>
      fromJavaScript(value(...positional.map(toJavaScript)) ?? null),
    );
  if (typeof value === 'object' && value !== null)
    return new Map(
      Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, fromJavaScript(one)]])),
    );
  return value;
}

function toJavaScript(value: unknown): unknown {
  return value instanceof Float ? value.value : value;
}

export function typeName(value: unknown): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'string') return 'str';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (value instanceof Float) return 'float';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Series) return value.as;
  if (value instanceof Attributes) return value.typeName;
  return value instanceof Callable ? 'function' : (value as object).constructor.name;
}

/** @throws Error where the value is undefined, as Python's `UndefinedError`. */
export function defined<T>(value: T): T {
  if (value instanceof Undefined) throw new Error(value.message);
  return value;
}

export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value instanceof Undefined) return false;
  if (typeof value === 'object') {
    if (Array.isArray(value)) return value.length > 0;
    if (value instanceof Map) return value.size > 0;
    if (value instanceof Float) return value.value !== 0;
    if (value instanceof Tuple) return value.items.length > 0;
    if (value instanceof Series) return value.as === 'generator' || value.items.length > 0;
    return true;
  }
  return Boolean(value);
}

/** The number that an int, float or bool is; null for anything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return value instanceof Float ? value.value : null;
}

/** @throws Error where Python's `iter` does. */
export function iterate(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return [...value];
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.keys()];
  if (value instanceof Tuple || value instanceof Series) return value.items;
  if (value instanceof Undefined) return [];
  throw new Error(`'${typeName(value)}' object is not iterable`);
}

export function lengthOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value instanceof Float)
    throw new Error(`object of type '${typeName(value)}' has no len()`);
  if (value instanceof Series && value.as === 'generator')
    throw new Error("object of type 'generator' has no len()");
  return iterate(value).length;
}

export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== null || y !== null) return x !== null && y !== null && x === y;
  if (Array.isArray(a) && Array.isArray(b)) return sameItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return sameItems(a.items, b.items);
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, one]) => b.has(key) && equal(one, b.get(key)));
  return a instanceof Undefined && b instanceof Undefined;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => equal(one, b[i]));
}

/** Negative, zero or positive, as Python orders. @throws Error where Python refuses to order the two. */
export function compare(a: unknown, b: unknown, operator = '<'): number {
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== null && y !== null) return x - y;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const lists =
    Array.isArray(a) && Array.isArray(b)
      ? [a, b]
      : a instanceof Tuple && b instanceof Tuple
        ? [a.items, b.items]
        : null;
  if (lists) {
    const [one, other] = lists;
    for (let i = 0; i < Math.min(one.length, other.length); i++)
      if (!equal(one[i], other[i])) return compare(one[i], other[i], operator);
    return one.length - other.length;
  }
  defined(a);
  defined(b);
  throw new Error(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** By code points: UTF-16 orders characters beyond U+FFFF before some below. */
function compareStrings(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (i === a.length || i === b.length) return a.length - b.length;
  const isLow = (text: string): boolean => /[\udc00-\udfff]/.test(text[i]);
  if (i > 0 && (isLow(a) || isLow(b))) i--;
  return a.codePointAt(i)! - b.codePointAt(i)!;
}

export function contains(container: unknown, value: unknown): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string') {
      defined(value);
      throw new Error(`'in <string>' requires string as left operand, not ${typeName(value)}`);
    }
    return container.includes(value);
  }
  if (container instanceof Map) return container.has(keyOf(value));
  if (container instanceof Undefined) return false;
  if (typeof container !== 'object' || container === null || container instanceof Float)
    throw new Error(`argument of type '${typeName(container)}' is not iterable`);
  return iterate(container).some((one) => equal(one, value));
}

/** A value as the key of a dict: True and 1.0 are the key 1. @throws Error for what Python cannot hash. */
export function keyOf(value: unknown): unknown {
  const number = numberOf(value);
  if (typeof value === 'boolean' || (value instanceof Float && Number.isInteger(value.value))) return number;
  if (Array.isArray(value) || value instanceof Map) throw new Error(`unhashable type: '${typeName(value)}'`);
  return value;
}

/** Python's `str`. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  return repr(value);
}

/** Python's `repr`. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Float) return floatText(value.value);
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof Tuple)
    return value.items.length === 1 ? `(${repr(value.items[0])},)` : `(${value.items.map(repr).join(', ')})`;
  if (value instanceof Map)
    return `{${[...value].map(([key, one]) => `${repr(key)}: ${repr(one)}`).join(', ')}}`;
  if (value instanceof Series && value.as === 'range') return value.printed;
  if (value instanceof Series && value.as.startsWith('dict_'))
    return `${value.as}([${value.items.map(repr).join(', ')}])`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Namespace) return `<Namespace ${repr(value.values)}>`;
  throw new Error(
    `The chat template prints a ${typeName(value)}, which in Python is its address in memory and no text`,
  );
}

/** Not printable in Python, but for characters of private use, which stand for other text here. */
const NOT_PRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.replace(/\\/g, '\\\\').replaceAll(quote, `\\${quote}`);
  return (
    quote +
    escaped.replace(NOT_PRINTABLE, (character) => {
      const code = character.codePointAt(0)!;
      const hex = code.toString(16);
      if (SHORT[character]) return SHORT[character];
      if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
      return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
    }) +
    quote
  );
}

export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const [digits, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16))
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const plain = String(value);
  if (plain.includes('e')) return value.toFixed(-power + digits.replace(/[-.]/g, '').length - 1);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** Numbers of more digits than JavaScript's doubles hold are refused. */
export function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error('The chat template counts with numbers beyond 2^53');
  return value === 0 ? 0 : value;
}
