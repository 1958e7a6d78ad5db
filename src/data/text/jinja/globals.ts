import { asInteger } from './arguments.ts';
import {
  Attributes,
  type Call,
  Callable,
  integer,
  iterate,
  keyOf,
  Namespace,
  Series,
  Tuple,
} from './values.ts';

/** Longest list that a template may make with `range`, as in jinja2's sandbox. */
const MAX_RANGE = 100_000;

/** The functions that every template may call. */
export const GLOBALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['range', new Callable('range', range)],
  ['dict', new Callable('dict', dict)],
  ['namespace', new Callable('namespace', (call) => new Namespace(dict(call)))],
  ['cycler', new Callable('cycler', cycler)],
  ['joiner', new Callable('joiner', joiner)],
  [
    'lipsum',
    new Callable('lipsum', () => {
      throw new Error('The chat template calls lipsum(), which gives other words each time');
    }),
  ],
]);

function range({ positional }: Call): Series {
  const numbers = positional.map((one) => asInteger(one, 'range() argument'));
  const [from, to] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  const step = numbers[2] ?? 1;
  if (numbers.length === 0 || numbers.length > 3) throw new Error('range expected 1 to 3 arguments');
  if (step === 0) throw new Error('range() arg 3 must not be zero');
  const length = integer(Math.max(0, Math.ceil((to - from) / step)));
  if (length > MAX_RANGE)
    throw new Error(`range() of ${length} numbers is more than a chat template may make`);
  const printed = step === 1 ? `range(${from}, ${to})` : `range(${from}, ${to}, ${step})`;
  return new Series(
    Array.from({ length }, (_, i) => from + i * step),
    'range',
    printed,
  );
}

function dict({ positional: [first], named }: Call): Map<unknown, unknown> {
  const given =
    first === undefined
      ? []
      : first instanceof Map
        ? [...first]
        : iterate(first).map((pair): [unknown, unknown] => {
            const [key, value] = pair instanceof Tuple ? pair.items : iterate(pair);
            return [keyOf(key), value];
          });
  return new Map<unknown, unknown>([...given, ...named]);
}

function cycler({ positional }: Call): Attributes {
  if (positional.length === 0) throw new Error('at least one item has to be provided');
  let at = 0;
  const current = (): unknown => positional[at];
  const methods: Record<string, () => unknown> = {
    current,
    next: () =>
      new Callable('next', () => {
        const value = current();
        at = (at + 1) % positional.length;
        return value;
      }),
    reset: () =>
      new Callable('reset', () => {
        at = 0;
        return null;
      }),
  };
  return new Attributes('Cycler', (name) => (Object.hasOwn(methods, name) ? methods[name]() : undefined));
}

function joiner({ positional: [separator = ', '] }: Call): Callable {
  let isUsed = false;
  return new Callable('joiner', () => {
    const first = !isUsed;
    isUsed = true;
    return first ? '' : separator;
  });
}
