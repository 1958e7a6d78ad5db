import { floatText, numberOf, repr, Tuple, text, typeName, Undefined } from './values.ts';

/** Python's `%` on strings. @throws Error for what Python refuses. */
export function format(pattern: string, given: unknown): string {
  const args = given instanceof Tuple ? given.items : [given];
  let used = 0;
  const next = (): unknown => {
    if (used >= args.length) throw new Error('not enough arguments for format string');
    return args[used++];
  };
  let isNamed = false;
  const result = pattern.replace(
    /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?([a-zA-Z%]|$)/g,
    (_whole, ...[name, flags, width, precision, kind]: string[]) => {
      if (kind === '%') return '%';
      if (width === '*' || precision === '*' || !'sradiuxXofFeEgGc'.includes(kind) || kind === '')
        throw new Error(`unsupported format character '${kind}' in the chat template`);
      let value: unknown;
      if (name === undefined) value = next();
      else {
        isNamed = true;
        if (!(given instanceof Map)) throw new Error('format requires a mapping');
        if (!given.has(name)) throw new Error(repr(name));
        value = given.get(name);
      }
      const digits = precision === undefined ? undefined : Number(precision);
      return padded(written(value, kind, flags, digits), flags, Number(width ?? 0));
    },
  );
  if (!isNamed && used < args.length && !(given instanceof Map))
    throw new Error('not all arguments converted during string formatting');
  return result;
}

function written(value: unknown, kind: string, flags: string, digits: number | undefined): string {
  if (kind === 's' || kind === 'r' || kind === 'a') {
    const whole = kind === 's' ? text(value) : repr(value);
    return digits === undefined ? whole : [...whole].slice(0, digits).join('');
  }
  if (kind === 'c') return typeof value === 'number' ? String.fromCodePoint(value) : text(value);
  const number = value instanceof Undefined ? null : numberOf(value);
  if (number === null) throw new Error(`%${kind} format: a real number is required, not ${typeName(value)}`);
  const sign =
    number < 0 || Object.is(number, -0) ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return sign + magnitude(Math.abs(number), kind, flags, digits);
}

function magnitude(number: number, kind: string, flags: string, digits = 6): string {
  const whole = Math.trunc(number);
  const prefix = flags.includes('#') ? `0${kind}` : '';
  switch (kind) {
    case 'x':
      return prefix + whole.toString(16);
    case 'X':
      return prefix + whole.toString(16).toUpperCase();
    case 'o':
      return prefix + whole.toString(8);
    case 'f':
    case 'F':
      return fixed(number, digits);
    case 'e':
    case 'E':
    case 'g':
    case 'G':
      throw new Error(`the format character '${kind}' is not read in chat templates here`);
    default:
      return String(whole);
  }
}

function padded(value: string, flags: string, width: number): string {
  if (flags.includes('-')) return value.padEnd(width);
  if (!flags.includes('0') || !/^[-+ ]?\d/.test(value)) return value.padStart(width);
  const sign = /^[-+ ]/.exec(value)?.[0] ?? '';
  return sign + value.slice(sign.length).padStart(width - sign.length, '0');
}

/** A positive number with so many digits after the point, halves of its exact binary value to even, as C's printf. */
export function fixed(number: number, digits: number): string {
  if (!Number.isFinite(number)) return floatText(number);
  const up = number.toFixed(Math.min(100, digits));
  // toFixed takes the larger of two that are equally near, Python the even one.
  if (!isExactHalf(number, digits) || !/[13579]$/.test(up)) return up;
  return (Number(up) - 10 ** -digits).toFixed(digits);
}

/** Whether the double is exactly in the middle of two decimals of so many digits. */
function isExactHalf(number: number, digits: number): boolean {
  const long = number.toFixed(Math.min(100, digits + 60));
  return /^50*$/.test(long.slice(long.indexOf('.') + 1 + digits));
}

/** Python's `str.format`: fields `{}`, `{0}`, `{name}` with the plain format alone. */
export function formatFields(
  pattern: string,
  positional: readonly unknown[],
  named: ReadonlyMap<string, unknown>,
): string {
  let next = 0;
  return pattern.replace(
    /\{\{|\}\}|\{([^{}!:]*)(![rs])?(?::([^{}]*))?\}|[{}]/g,
    (whole, field, conversion, spec) => {
      if (whole === '{{') return '{';
      if (whole === '}}') return '}';
      if (field === undefined) throw new Error(`Single '${whole}' encountered in format string`);
      if (spec) throw new Error(`the format '${whole}' is not read in chat templates here`);
      if (!/^\w*$/.test(field)) throw new Error(`the field '${whole}' is not read in chat templates here`);
      const value = /^\d*$/.test(field)
        ? positional[field === '' ? next++ : Number(field)]
        : named.get(field);
      if (value === undefined)
        throw new Error(`there is nothing for '${whole}' in a format string of the chat template`);
      return conversion === '!r' ? repr(value) : text(value);
    },
  );
}
