import { format } from './format.ts';
import {
  compare,
  contains,
  defined,
  equal,
  Float,
  integer,
  numberOf,
  Tuple,
  text,
  typeName,
} from './values.ts';

/** Longest text or list that a template may make by repeating one. */
const LONGEST = 10_000_000;

export function compareBy(operator: string, a: unknown, b: unknown): boolean {
  switch (operator) {
    case '==':
      return equal(a, b);
    case '!=':
      return !equal(a, b);
    case 'in':
      return contains(b, a);
    case 'not in':
      return !contains(b, a);
    case '<':
      return compare(a, b, operator) < 0;
    case '<=':
      return compare(a, b, operator) <= 0;
    case '>':
      return compare(a, b, operator) > 0;
    default:
      return compare(a, b, operator) >= 0;
  }
}

/** Python's binary operators; `~` joins two texts. @throws Error as Python's TypeError and ZeroDivisionError. */
export function binary(operator: string, a: unknown, b: unknown): unknown {
  if (operator === '~') return text(a) + text(b);
  defined(a);
  if (operator === '%' && typeof a === 'string') return format(a, b);
  defined(b);
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== null && y !== null) return arithmetic(operator, [x, y], a instanceof Float || b instanceof Float);
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
    if (typeof a === 'string' || Array.isArray(a) || a instanceof Tuple)
      throw new Error(`can only concatenate ${typeName(a)} (not "${typeName(b)}") to ${typeName(a)}`);
  }
  if (operator === '*') {
    if (isCount(b)) return repeated(a, Number(b)) ?? refuse(operator, a, b);
    if (isCount(a)) return repeated(b, Number(a)) ?? refuse(operator, a, b);
  }
  return refuse(operator, a, b);
}

function refuse(operator: string, a: unknown, b: unknown): never {
  const name = operator === '**' ? '** or pow()' : operator;
  throw new Error(`unsupported operand type(s) for ${name}: '${typeName(a)}' and '${typeName(b)}'`);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function repeated(value: unknown, times: number): unknown {
  const count = Math.max(0, times);
  const length = typeof value === 'string' || Array.isArray(value) ? value.length : 0;
  if (length * count > LONGEST)
    throw new Error(`a text of ${length * count} characters is more than a chat template may make`);
  if (typeof value === 'string') return value.repeat(count);
  const list = (items: readonly unknown[]): unknown[] => Array.from({ length: count }, () => items).flat();
  if (Array.isArray(value)) return list(value);
  return value instanceof Tuple ? new Tuple(list(value.items)) : null;
}

function arithmetic(operator: string, [x, y]: readonly [number, number], isFloat: boolean): unknown {
  if (y === 0 && ['/', '//', '%'].includes(operator)) {
    const names: Record<string, string> = {
      '/': 'division by zero',
      '//': 'integer division or modulo by zero',
    };
    throw new Error(names[operator] ?? 'integer modulo by zero');
  }
  const result = {
    '+': x + y,
    '-': x - y,
    '*': x * y,
    '/': x / y,
    '//': Math.floor(x / y),
    '%': modulo(x, y),
    '**': x ** y,
  }[operator];
  if (result === undefined) throw new Error(`unknown operator ${operator}`);
  return isFloat || operator === '/' || (operator === '**' && y < 0) ? new Float(result) : integer(result);
}

/** With the sign of the divisor. */
function modulo(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}
