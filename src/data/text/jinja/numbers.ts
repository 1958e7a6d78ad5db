import { fixed } from './format.ts';
import { Float, numberOf, typeName } from './values.ts';

/** jinja2's `int`: what is no number is the default. */
export function toInteger(value: unknown, otherwise: unknown, base: number): unknown {
  if (typeof value === 'string') {
    const digits = value.trim().replace(/(?<=\w)_(?=\w)/g, '');
    const bare = digits.replace(/^([-+]?)0[bxo]/i, base === 10 ? '$&' : '$1');
    const allowed = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
    if (new RegExp(`^[-+]?[${allowed}]+$`, 'i').test(bare)) return Number.parseInt(bare, base);
    const float = parsedFloat(value);
    return float === null || !Number.isFinite(float) ? otherwise : Math.trunc(float);
  }
  const number = numberOf(value);
  return number === null || !Number.isFinite(number) ? otherwise : Math.trunc(number);
}

export function toFloat(value: unknown, otherwise: unknown): unknown {
  const number = typeof value === 'string' ? parsedFloat(value) : numberOf(value);
  return number === null ? otherwise : new Float(number);
}

function parsedFloat(value: string): number | null {
  const digits = value.trim().replace(/(?<=\d)_(?=\d)/g, '');
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(digits)) return Number(digits);
  const word = /^([-+]?)(inf|infinity|nan)$/i.exec(digits);
  if (!word) return null;
  if (/nan/i.test(word[2])) return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** jinja2's `round`: a float, halves to even as Python's; `ceil` and `floor` by the power of ten. */
export function roundTo(value: unknown, precision: number, method: string): unknown {
  const number = numberOf(value);
  if (number === null) throw new Error(`type ${typeName(value)} doesn't define __round__ method`);
  if (method !== 'common' && method !== 'ceil' && method !== 'floor')
    throw new Error('method must be common, ceil or floor');
  if (method !== 'common') {
    const by = 10 ** precision;
    return new Float((method === 'ceil' ? Math.ceil(number * by) : Math.floor(number * by)) / by);
  }
  const isFloat = value instanceof Float;
  if (!isFloat && precision >= 0) return number;
  if (precision < 0) {
    const by = 10 ** -precision;
    const half = Math.abs(number) / by;
    const down = Math.floor(half);
    const up = half - down > 0.5 || (half - down === 0.5 && down % 2 === 1);
    const rounded = Math.sign(number) * (down + Number(up)) * by;
    return isFloat ? new Float(rounded) : rounded;
  }
  const rounded = Number(fixed(Math.abs(number), precision));
  return new Float(number < 0 || Object.is(number, -0) ? -rounded : rounded);
}
