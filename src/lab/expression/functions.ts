import { sharedWords } from '../../data/metric.ts';
import { wordsIn } from '../../data/words.ts';

/** What an expression gives, and what a name in it stands for. A truth is `true` or `false`. */
export type Kind = 'number' | 'text' | 'truth';

/** Null: not known, as a field that an answer lacks. */
export type Value = number | string | boolean | null;

export interface ExpressionFunction {
  takes: readonly (Kind | 'pattern')[];
  gives: Kind;
  /** Of values that are all known. */
  of(...values: readonly never[]): Value;
  /** For docs/commands.md. */
  help: string;
}

const of = <Given extends readonly (number | string | boolean | RegExp)[]>(
  takes: ExpressionFunction['takes'],
  gives: Kind,
  help: string,
  compute: (...values: Given) => Value,
): ExpressionFunction => ({ takes, gives, help, of: compute as unknown as ExpressionFunction['of'] });

/** By name. */
export const FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  contains: of(
    ['text', 'text'],
    'truth',
    'whether the second text stands in the first',
    (text: string, part: string) => text.includes(part),
  ),
  starts_with: of(
    ['text', 'text'],
    'truth',
    'whether the first text begins with the second',
    (text: string, part: string) => text.startsWith(part),
  ),
  ends_with: of(
    ['text', 'text'],
    'truth',
    'whether the first text ends with the second',
    (text: string, part: string) => text.endsWith(part),
  ),
  matches: of(
    ['text', 'pattern'],
    'truth',
    'whether the pattern (a regular expression of JavaScript between slashes) is found anywhere in the text',
    (text: string, pattern: RegExp) => pattern.test(text),
  ),
  lower: of(['text'], 'text', 'the text in small letters', (text: string) => text.toLowerCase()),
  upper: of(['text'], 'text', 'the text in capitals', (text: string) => text.toUpperCase()),
  trim: of(['text'], 'text', 'the text without space around it', (text: string) => text.trim()),
  len: of(['text'], 'number', 'how many characters the text has', (text: string) => [...text].length),
  words: of(
    ['text'],
    'number',
    'how many words the text has: letters and digits in a row',
    (text: string) => wordsIn(text).length,
  ),
  overlap: of(
    ['text', 'text'],
    'number',
    'the F1 of the words of two texts, from 0 to 1',
    (one: string, other: string) => sharedWords(one, other),
  ),
  valid_json: of(
    ['text'],
    'truth',
    'whether the text is JSON, of whatever kind',
    (text: string) => jsonOf(text) !== undefined,
  ),
  field: of(
    ['text', 'text'],
    'text',
    'what stands in JSON at a path such as "items.0.name": a text as it is, anything else as JSON; not known where nothing stands there',
    (text: string, path: string) => fieldOf(jsonOf(text), path),
  ),
  number: of(['text'], 'number', 'the number that the text is; not known where it is none', (text: string) =>
    text.trim() === '' || !Number.isFinite(Number(text)) ? null : Number(text),
  ),
  min: of(['number', 'number'], 'number', 'the smaller of two numbers', (a: number, b: number) =>
    Math.min(a, b),
  ),
  max: of(['number', 'number'], 'number', 'the larger of two numbers', (a: number, b: number) =>
    Math.max(a, b),
  ),
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(json: unknown, path: string): string | null {
  let found = json;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return null;
    found = (found as Record<string, unknown>)[key];
  }
  return found === undefined ? null : typeof found === 'string' ? found : JSON.stringify(found);
}
