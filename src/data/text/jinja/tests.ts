import { compareBy } from './operators.ts';
import { Callable, equal, Float, isTrue, numberOf, Series, Tuple, Undefined } from './values.ts';

/** jinja2's tests, `x is …`. */

type Test = (value: unknown, args: readonly unknown[]) => boolean;

const by =
  (operator: string): Test =>
  (value, [other]) =>
    compareBy(operator, value, other);
const remainder = (value: unknown, by: number): number => {
  const number = numberOf(value);
  if (number === null) throw new Error('not all arguments converted during string formatting');
  return ((number % by) + by) % by;
};
const isSequence = (value: unknown): boolean =>
  typeof value === 'string' ||
  Array.isArray(value) ||
  value instanceof Map ||
  value instanceof Tuple ||
  value instanceof Undefined ||
  (value instanceof Series && value.as === 'range');
const isInteger: Test = (value) => typeof value === 'number';

const TESTS: Record<string, Test> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  integer: isInteger,
  float: (value) => value instanceof Float,
  number: (value) => numberOf(value) !== null,
  string: (value) => typeof value === 'string',
  mapping: (value) => value instanceof Map,
  iterable: (value) => isSequence(value) || value instanceof Series,
  sequence: isSequence,
  callable: (value) => value instanceof Callable,
  odd: (value) => remainder(value, 2) === 1,
  even: (value) => remainder(value, 2) === 0,
  divisibleby: (value, [divisor]) => remainder(value, numberOf(divisor) ?? 0) === 0,
  lower: (value) =>
    typeof value === 'string' && value !== value.toUpperCase() && value === value.toLowerCase(),
  upper: (value) =>
    typeof value === 'string' && value !== value.toLowerCase() && value === value.toUpperCase(),
  sameas: (value, [other]) =>
    value === other || (value instanceof Float && other instanceof Float && equal(value, other)),
  escaped: () => false,
  in: by('in'),
  eq: by('=='),
  equalto: by('=='),
  '==': by('=='),
  ne: by('!='),
  '!=': by('!='),
  gt: by('>'),
  greaterthan: by('>'),
  '>': by('>'),
  ge: by('>='),
  '>=': by('>='),
  lt: by('<'),
  lessthan: by('<'),
  '<': by('<'),
  le: by('<='),
  '<=': by('<='),
};

/** @throws Error for a test that jinja2 does not know. */
export function isThat(name: string, value: unknown, args: readonly unknown[]): boolean {
  if (!Object.hasOwn(TESTS, name)) throw new Error(`No test named '${name}'.`);
  return TESTS[name](value, args);
}

/** The test that `select` and `rejectattr` name; without one, whether the value is true. */
export function namedTest(args: readonly unknown[]): (value: unknown) => boolean {
  const [name, ...rest] = args;
  return name === undefined ? isTrue : (value) => isThat(String(name), value, rest);
}
