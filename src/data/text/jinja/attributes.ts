import { asInteger, bind } from './arguments.ts';
import { stringMethod } from './strings.ts';
import {
  Attributes,
  type Call,
  Callable,
  defined,
  equal,
  Float,
  keyOf,
  Namespace,
  numberOf,
  repr,
  Series,
  Tuple,
  typeName,
  Undefined,
} from './values.ts';

/** `a.b` and `a['b']`: jinja2 looks for an attribute first in the one, for an item first in the other. */

export function attributeOf(value: unknown, name: string): unknown {
  defined(value);
  const found = attribute(value, name);
  if (found !== undefined) return found;
  const held = item(value, name);
  return held === undefined ? missing(value, name) : held;
}

export function itemOf(value: unknown, key: unknown): unknown {
  defined(value);
  if (key instanceof Slice) return sliced(value, key);
  const found = item(value, key);
  if (found !== undefined) return found;
  const held = typeof key === 'string' ? attribute(value, key) : undefined;
  return held === undefined ? missing(value, key) : held;
}

export class Slice {
  constructor(
    readonly from: unknown,
    readonly to: unknown,
    readonly step: unknown,
  ) {}
}

function missing(value: unknown, key: unknown): Undefined {
  const what = value === null ? 'None' : `${typeName(value)} object`;
  return new Undefined(
    typeof key === 'string' ? `'${what}' has no attribute '${key}'` : `${what} has no element ${repr(key)}`,
  );
}

/** Undefined (JavaScript's) where there is none. */
function item(value: unknown, key: unknown): unknown {
  if (value instanceof Map) {
    return typeof key === 'object' && key !== null && !(key instanceof Float)
      ? undefined
      : value.get(keyOf(key));
  }
  if (typeof key !== 'number' && typeof key !== 'boolean') return undefined;
  const items = typeof value === 'string' ? [...value] : indexable(value);
  return items?.at(Number(key));
}

function indexable(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple) return value.items;
  return value instanceof Series && value.as === 'range' ? value.items : undefined;
}

function sliced(value: unknown, { from, to, step }: Slice): unknown {
  const isText = typeof value === 'string';
  const items = isText ? [...value] : indexable(value);
  if (!items) return new Undefined(`${typeName(value)} object has no element slice`);
  const whole = (bound: unknown): number | null =>
    bound === null ? null : asInteger(bound, 'slice indices');
  const by = whole(step) ?? 1;
  if (by === 0) throw new Error('slice step cannot be zero');
  const { length } = items;
  const [low, high] = by > 0 ? [0, length] : [-1, length - 1];
  const clip = (bound: number | null, otherwise: number): number =>
    bound === null ? otherwise : Math.min(high, Math.max(low, bound < 0 ? bound + length : bound));
  const begin = clip(whole(from), by > 0 ? 0 : length - 1);
  const end = clip(whole(to), by > 0 ? length : -1);
  const taken: unknown[] = [];
  for (let i = begin; by > 0 ? i < end : i > end; i += by) taken.push(items[i]);
  if (isText) return taken.join('');
  return value instanceof Tuple ? new Tuple(taken) : taken;
}

function attribute(value: unknown, name: string): unknown {
  if (typeof value === 'string') return stringMethod(value, name) ?? undefined;
  if (value instanceof Namespace) return value.values.get(name);
  if (value instanceof Attributes || hasFields(value)) return value.get(name);
  if (value instanceof Map) return method(DICT, value, name) ?? unsafe(DICT_CHANGES, 'dict', name);
  if (Array.isArray(value)) return method(LIST, value, name) ?? unsafe(LIST_CHANGES, 'list', name);
  if (value instanceof Tuple) return method(LIST, value.items, name, 'copy');
  if (name === 'is_integer' && numberOf(value) !== null)
    return new Callable(name, () => Number.isInteger(numberOf(value)));
  return undefined;
}

/** A recursive `loop` is a function with fields. */
function hasFields(value: unknown): value is { get(name: string): unknown } {
  return value instanceof Callable && 'get' in value;
}

type Methods<T> = Record<string, (value: T, call: Call, name: string) => unknown>;

const DICT: Methods<Map<unknown, unknown>> = {
  get(dict, call, name) {
    const { key, default: otherwise = null } = bind(name, ['key', 'default='], call);
    const kept = keyOf(key);
    return dict.has(kept) ? dict.get(kept) : otherwise;
  },
  items: (dict) =>
    new Series(
      [...dict].map((entry) => new Tuple(entry)),
      'dict_items',
    ),
  keys: (dict) => new Series([...dict.keys()], 'dict_keys'),
  values: (dict) => new Series([...dict.values()], 'dict_values'),
  copy: (dict) => new Map(dict),
};

const LIST: Methods<readonly unknown[]> = {
  index(list, call, name) {
    const { value, start = 0 } = bind(name, ['value', 'start='], call);
    const from = asInteger(start, 'slice indices');
    const at = list.findIndex((one, i) => i >= from && equal(one, value));
    if (at === -1) throw new Error(`${repr(value)} is not in list`);
    return at;
  },
  count(list, call, name) {
    const { value } = bind(name, ['value'], call);
    return list.filter((one) => equal(one, value)).length;
  },
  copy: (list) => [...list],
};

/** What the sandbox of transformers forbids. */
const DICT_CHANGES = new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']);
const LIST_CHANGES = new Set(['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']);

function method<T>(methods: Methods<T>, value: T, name: string, but = ''): Callable | undefined {
  const found = Object.hasOwn(methods, name) && name !== but ? methods[name] : undefined;
  return found && new Callable(name, (call) => found(value, call, name));
}

function unsafe(names: ReadonlySet<string>, type: string, name: string): Undefined | undefined {
  if (!names.has(name)) return undefined;
  return new Undefined(`access to attribute '${name}' of '${type}' object is unsafe.`);
}

/** A dotted path, as filters take it: numbers are indices. */
export function pathOf(value: unknown, path: unknown): unknown {
  if (typeof path !== 'string') return itemOf(value, path);
  return path
    .split('.')
    .reduce<unknown>((inner, part) => itemOf(inner, /^\d+$/.test(part) ? Number(part) : part), value);
}
