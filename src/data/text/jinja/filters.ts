import { asInteger, asText, bind } from './arguments.ts';
import { pathOf } from './attributes.ts';
import { format } from './format.ts';
import { dumps } from './json.ts';
import { roundTo, toFloat, toInteger } from './numbers.ts';
import { binary } from './operators.ts';
import { capitalize, replace, strip } from './strings.ts';
import { namedTest } from './tests.ts';
import { indent, titleCase, truncate, urlEncode, wordCount, wrap } from './text-filters.ts';
import {
  type Call,
  compare,
  defined,
  equal,
  Float,
  isTrue,
  iterate,
  lengthOf,
  numberOf,
  Series,
  Tuple,
  text,
  typeName,
  Undefined,
} from './values.ts';

/** jinja2's filters, `x | …`, and transformers' own `tojson`. */

type Filter = (value: unknown, call: Call, name: string) => unknown;

const lazily = (items: readonly unknown[]): Series => new Series(items, 'generator');
const plainText =
  (change: (value: string) => unknown): Filter =>
  (value, call, name) => {
    bind(name, [], call);
    return change(text(value));
  };

const FILTERS: Record<string, Filter> = {
  abs(value) {
    const number = numberOf(defined(value));
    if (number === null) throw new Error(`bad operand type for abs(): '${typeName(value)}'`);
    return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
  },
  attr(value, call, name) {
    const { name: attribute } = bind(name, ['name'], call);
    const found = value instanceof Map ? undefined : pathOf(value, attribute);
    return found ?? new Undefined(`'${typeName(value)} object' has no attribute '${attribute}'`);
  },
  batch(value, call, name) {
    const { linecount, fill_with: fill = null } = bind(name, ['linecount', 'fill_with='], call);
    const size = asInteger(linecount, 'linecount');
    const items = iterate(value);
    const batches: unknown[][] = [];
    for (let i = 0; i < items.length; i += size) batches.push(items.slice(i, i + size));
    const last = batches.at(-1);
    while (fill !== null && last && last.length < size) last.push(fill);
    return lazily(batches);
  },
  capitalize: plainText(capitalize),
  center(value, call, name) {
    const { width = 80 } = bind(name, ['width='], call);
    const whole = text(value);
    const room = asInteger(width, 'width') - [...whole].length;
    if (room <= 0) return whole;
    const left = Math.floor(room / 2) + (room & Number(width) & 1);
    return ' '.repeat(left) + whole + ' '.repeat(room - left);
  },
  count: lengthOf,
  length: lengthOf,
  default(value, call, name) {
    const { default_value: otherwise = '', boolean = false } = bind(
      name,
      ['default_value=', 'boolean='],
      call,
    );
    return value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? otherwise : value;
  },
  dictsort(value, call, name) {
    const args = bind(name, ['case_sensitive=', 'by=', 'reverse='], call);
    if (!(value instanceof Map)) throw new Error(`'${typeName(value)}' object has no attribute 'items'`);
    const place = { key: 0, value: 1 }[String(args.by ?? 'key')];
    if (place === undefined) throw new Error('You can only sort by either "key" or "value"');
    const entries = [...value].map((entry) => new Tuple(entry));
    return sorted(
      entries,
      (entry) => folded((entry as Tuple).items[place], args.case_sensitive),
      args.reverse,
    );
  },
  escape: plainText((value) =>
    value
      .replaceAll('&', '&amp;')
      .replaceAll('>', '&gt;')
      .replaceAll('<', '&lt;')
      .replaceAll("'", '&#39;')
      .replaceAll('"', '&#34;'),
  ),
  first: (value) => firstOf(iterate(value), 'No first item, sequence was empty.'),
  last: (value) => firstOf([...iterate(value)].reverse(), 'No last item, sequence was empty.'),
  float: (value, call, name) => toFloat(value, bind(name, ['default='], call).default ?? new Float(0)),
  int(value, call, name) {
    const { default: otherwise = 0, base = 10 } = bind(name, ['default=', 'base='], call);
    return toInteger(value, otherwise, asInteger(base, 'base'));
  },
  format(value, { positional, named }) {
    if (positional.length > 0 && named.size > 0)
      throw new Error("can't handle positional and keyword arguments at the same time");
    return format(text(value), named.size > 0 ? named : new Tuple(positional));
  },
  groupby(value, call, name) {
    const {
      attribute,
      default: otherwise,
      case_sensitive: exact,
    } = bind(name, ['attribute', 'default=', 'case_sensitive='], call);
    const keyOfItem = (one: unknown): unknown => attributeOr(one, attribute, otherwise);
    const groups: { key: unknown; items: unknown[] }[] = [];
    for (const one of sorted([...iterate(value)], (item) => folded(keyOfItem(item), exact))) {
      const last = groups.at(-1);
      if (last && equal(folded(last.key, exact), folded(keyOfItem(one), exact))) last.items.push(one);
      else groups.push({ key: keyOfItem(one), items: [one] });
    }
    return groups.map(({ key, items }) => new Tuple([key, items]));
  },
  indent(value, call, name) {
    const args = bind(name, ['width=', 'first=', 'blank='], call);
    const width = args.width ?? 4;
    const by = typeof width === 'string' ? width : ' '.repeat(asInteger(width, 'width'));
    return indent(text(value), by, { first: isTrue(args.first), blank: isTrue(args.blank) });
  },
  items(value) {
    if (value instanceof Undefined) return lazily([]);
    if (!(value instanceof Map)) throw new Error('Can only get item pairs from a mapping.');
    return lazily([...value].map((entry) => new Tuple(entry)));
  },
  join(value, call, name) {
    const { d = '', attribute } = bind(name, ['d=', 'attribute='], call);
    const items = iterate(value).map((one) => (attribute === undefined ? one : pathOf(one, attribute)));
    return items.map(text).join(text(d));
  },
  list: (value) => [...iterate(value)],
  lower: plainText((value) => value.toLowerCase()),
  upper: plainText((value) => value.toUpperCase()),
  map(value, call) {
    const { positional, named } = call;
    if (named.has('attribute')) {
      const otherwise = named.get('default');
      return lazily(iterate(value).map((one) => attributeOr(one, named.get('attribute'), otherwise)));
    }
    const [filter, ...rest] = positional;
    if (filter === undefined) throw new Error('map requires a filter argument');
    return lazily(iterate(value).map((one) => filtered(String(filter), one, { positional: rest, named })));
  },
  max: (value, call, name) => extreme(value, bind(name, ['case_sensitive=', 'attribute='], call), -1),
  min: (value, call, name) => extreme(value, bind(name, ['case_sensitive=', 'attribute='], call), 1),
  reject: (value, { positional }) => chosen(value, positional, false),
  rejectattr: (value, { positional: [path, ...test] }) => chosen(value, test, false, path),
  replace(value, call, name) {
    const { old, new: by, count = null } = bind(name, ['old', 'new', 'count='], call);
    return replace(text(value), [text(old), text(by)], count === null ? -1 : asInteger(count, 'count'));
  },
  reverse(value) {
    if (typeof value === 'string') return [...value].reverse().join('');
    return lazily([...iterate(value)].reverse());
  },
  round(value, call, name) {
    const { precision = 0, method = 'common' } = bind(name, ['precision=', 'method='], call);
    return roundTo(value, asInteger(precision, 'precision'), String(method));
  },
  safe: text,
  forceescape: (value, call, name) => FILTERS.escape(value, call, name),
  select: (value, { positional }) => chosen(value, positional, true),
  selectattr: (value, { positional: [path, ...test] }) => chosen(value, test, true, path),
  slice(value, call, name) {
    const { slices, fill_with: fill = null } = bind(name, ['slices', 'fill_with='], call);
    const items = iterate(value);
    const count = asInteger(slices, 'slices');
    const each = Math.floor(items.length / count);
    const more = items.length % count;
    let at = 0;
    return lazily(
      Array.from({ length: count }, (_, i) => {
        const part = items.slice(at, at + each + Number(i < more));
        at += part.length;
        return fill !== null && i >= more && more > 0 ? [...part, fill] : part;
      }),
    );
  },
  sort(value, call, name) {
    const {
      reverse,
      case_sensitive: exact,
      attribute,
    } = bind(name, ['reverse=', 'case_sensitive=', 'attribute='], call);
    const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
    const key = (one: unknown): unknown =>
      new Tuple(paths.map((path) => folded(path === undefined ? one : pathOf(one, path), exact)));
    return sorted([...iterate(value)], key, reverse);
  },
  string: text,
  sum(value, call, name) {
    const { attribute, start = 0 } = bind(name, ['attribute=', 'start='], call);
    return iterate(value).reduce(
      (sum, one) => binary('+', sum, attribute === undefined ? one : pathOf(one, attribute)),
      start,
    );
  },
  title: plainText(titleCase),
  tojson(value, call, name) {
    const names = ['ensure_ascii=', 'indent=', 'separators=', 'sort_keys='];
    const { ensure_ascii: ascii, indent: by = null, separators, sort_keys: keys } = bind(name, names, call);
    const given = separators ? iterate(separators) : null;
    return dumps(value, {
      indent: typeof by === 'string' || by === null ? by : asInteger(by, 'indent'),
      ascii: isTrue(ascii),
      separators: given && [asText(given[0], 'separator'), asText(given[1], 'separator')],
      sorted: isTrue(keys),
    });
  },
  trim(value, call, name) {
    const { chars = null } = bind(name, ['chars='], call);
    return strip(text(value), chars === null ? null : asText(chars, 'strip arg'));
  },
  truncate(value, call, name) {
    const args = bind(name, ['length=', 'killwords=', 'end=', 'leeway='], call);
    return truncate(text(value), {
      length: asInteger(args.length ?? 255, 'length'),
      killWords: isTrue(args.killwords),
      end: asText(args.end ?? '...', 'end'),
      leeway: asInteger(args.leeway ?? 5, 'leeway'),
    });
  },
  unique(value, call, name) {
    const { case_sensitive: exact, attribute } = bind(name, ['case_sensitive=', 'attribute='], call);
    const seen: unknown[] = [];
    return lazily(
      iterate(value).filter((one) => {
        const key = folded(attribute === undefined ? one : pathOf(one, attribute), exact);
        if (seen.some((other) => equal(other, key))) return false;
        seen.push(key);
        return true;
      }),
    );
  },
  urlencode: (value) => urlEncode(value),
  wordcount: plainText(wordCount),
  wordwrap(value, call, name) {
    const args = bind(name, ['width=', 'break_long_words=', 'wrapstring='], call);
    return wrap(text(value), asInteger(args.width ?? 79, 'width'), text(args.wrapstring ?? '\n'));
  },
};
FILTERS.d = FILTERS.default;
FILTERS.e = FILTERS.escape;

/** Filters of jinja2 that this engine has not. */
const NOT_HERE = new Set(['filesizeformat', 'pprint', 'random', 'striptags', 'urlize', 'xmlattr']);

/** @throws Error for a filter that jinja2 does not know, or that is not read here. */
export function filtered(name: string, value: unknown, call: Call): unknown {
  if (NOT_HERE.has(name))
    throw new Error(`The chat template uses the filter '${name}', which is not read here`);
  if (!Object.hasOwn(FILTERS, name)) throw new Error(`No filter named '${name}'.`);
  return FILTERS[name](value, call, name);
}

export function hasFilter(name: string): boolean {
  return Object.hasOwn(FILTERS, name);
}

function firstOf(items: readonly unknown[], message: string): unknown {
  return items.length > 0 ? items[0] : new Undefined(message);
}

function attributeOr(value: unknown, path: unknown, otherwise: unknown): unknown {
  const found = pathOf(value, path);
  return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
}

/** Texts are compared without case unless that is asked for. */
function folded(value: unknown, exact: unknown): unknown {
  return typeof value === 'string' && !isTrue(exact ?? false) ? value.toLowerCase() : value;
}

function sorted(items: unknown[], key: (item: unknown) => unknown, reverse: unknown = false): unknown[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  const sign = isTrue(reverse) ? -1 : 1;
  keyed.sort((a, b) => sign * compare(a.key, b.key));
  return keyed.map(({ item }) => item);
}

function extreme(value: unknown, args: Record<string, unknown>, sign: 1 | -1): unknown {
  const items = iterate(value);
  if (items.length === 0) return new Undefined('No aggregated item, sequence was empty.');
  const key = (one: unknown): unknown =>
    folded(args.attribute === undefined ? one : pathOf(one, args.attribute), args.case_sensitive);
  return items.reduce((best, one) => (sign * compare(key(one), key(best)) < 0 ? one : best));
}

function chosen(value: unknown, test: readonly unknown[], wanted: boolean, path?: unknown): Series {
  const passes = namedTest(test);
  return lazily(
    iterate(value).filter((one) => passes(path === undefined ? one : pathOf(one, path)) === wanted),
  );
}
