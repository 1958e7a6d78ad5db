import { Float, floatText, Series, Tuple, typeName, Undefined } from './values.ts';

export interface JsonLayout {
  indent: number | string | null;
  ascii: boolean;
  separators: readonly [item: string, key: string] | null;
  sorted: boolean;
}

/** Python's `json.dumps`, with the arguments that transformers gives its `tojson`. */
export function dumps(value: unknown, layout: JsonLayout, depth = 0): string {
  const { indent } = layout;
  const [item, key] = layout.separators ?? [indent === null ? ', ' : ',', ': '];
  const step = typeof indent === 'number' ? ' '.repeat(Math.max(0, indent)) : (indent ?? '');
  const wrap = (open: string, parts: string[], close: string): string => {
    if (parts.length === 0) return open + close;
    if (indent === null) return open + parts.join(item) + close;
    const inner = `\n${step.repeat(depth + 1)}`;
    return `${open}${inner}${parts.join(item + inner)}\n${step.repeat(depth)}${close}`;
  };
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof Float) return number(value.value);
  if (typeof value === 'string') return quoted(value, layout.ascii);
  if (Array.isArray(value) || value instanceof Tuple) {
    const items = Array.isArray(value) ? value : value.items;
    return wrap(
      '[',
      items.map((one) => dumps(one, layout, depth + 1)),
      ']',
    );
  }
  if (value instanceof Map) {
    const entries = [...value].map(([name, one]): [string, unknown] => [keyText(name), one]);
    if (layout.sorted) entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    return wrap(
      '{',
      entries.map(([name, one]) => quoted(name, layout.ascii) + key + dumps(one, layout, depth + 1)),
      '}',
    );
  }
  const name =
    value instanceof Undefined ? 'Undefined' : value instanceof Series ? value.as : typeName(value);
  throw new Error(`Object of type ${name} is not JSON serializable`);
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  if (key instanceof Float) return number(key.value);
  if (key === null || typeof key === 'number' || typeof key === 'boolean') return String(key);
  throw new Error(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? floatText(value) : value < 0 ? '-Infinity' : 'Infinity';
}

/** JSON.stringify escapes what Python does. */
function quoted(value: string, ascii: boolean): string {
  const text = JSON.stringify(value);
  if (!ascii) return text;
  // Characters of private use stand for other text here and stay.
  return text.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const NOT_ASCII = /[\x7f-\udfff\uf900-\uffff]/g;
