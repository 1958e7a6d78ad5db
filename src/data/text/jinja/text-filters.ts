import { LINE_BREAK, SPACE } from './lexer.ts';
import { iterate, Tuple, text } from './values.ts';

/** Filters of jinja2 that lay text out. */

const LINE = new RegExp(LINE_BREAK);

export function indent(
  value: string,
  by: string,
  { first, blank }: { first: boolean; blank: boolean },
): string {
  const whole = `${value}\n`;
  const pieces = whole.split(LINE);
  const lines = pieces.at(-1) === '' ? pieces.slice(0, -1) : pieces;
  const rest = lines.slice(1);
  const indented = blank
    ? lines.join(`\n${by}`)
    : [lines[0], ...rest.map((line) => (line === '' ? '' : by + line))].join('\n');
  return first ? by + indented : indented;
}

export function titleCase(value: string): string {
  return value
    .split(TITLE_BREAKS)
    .map((word) =>
      word === '' ? '' : [...word][0].toUpperCase() + [...word].slice(1).join('').toLowerCase(),
    )
    .join('');
}

const TITLE_BREAKS = new RegExp(`([-${SPACE}({\\[<]+)`);

export function truncate(
  value: string,
  { length, killWords, end, leeway }: { length: number; killWords: boolean; end: string; leeway: number },
): string {
  const units = [...value];
  if (units.length <= length + leeway) return value;
  const cut = units.slice(0, length - [...end].length).join('');
  if (killWords) return cut + end;
  const space = cut.lastIndexOf(' ');
  return (space === -1 ? cut : cut.slice(0, space)) + end;
}

export function wordCount(value: string): number {
  return value.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0;
}

/** Lines of at most so many characters, cut at blanks; a longer word stands cut. */
export function wrap(value: string, width: number, join: string): string {
  const wrapped = (line: string): string[] => {
    const lines: string[] = [];
    let current = '';
    for (const word of line
      .split(/( +|(?<=\w-)(?=\w))/)
      .filter((part) => part !== undefined && part !== '')) {
      if (current !== '' && (current + word).trimEnd().length > width) {
        lines.push(current.trimEnd());
        current = '';
      }
      if (current === '' && word.trim() === '' && lines.length > 0) continue;
      current += word;
      while (current.length > width && current.trim() !== '') {
        lines.push(current.slice(0, width));
        current = current.slice(width);
      }
    }
    return current.trimEnd() === '' ? lines : [...lines, current.trimEnd()];
  };
  return value
    .split(LINE)
    .map((line) => wrapped(line).join(join))
    .join(join);
}

export function urlEncode(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return quote(text(value), '/');
  const pairs =
    value instanceof Map
      ? [...value]
      : iterate(value).map((pair) => (pair instanceof Tuple ? pair.items : iterate(pair)));
  return pairs.map(([key, one]) => `${plus(text(key))}=${plus(text(one))}`).join('&');
}

function quote(value: string, safe: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', safe === '/' ? '/' : '%2F');
}

function plus(value: string): string {
  return quote(value, '').replaceAll('%20', '+');
}
