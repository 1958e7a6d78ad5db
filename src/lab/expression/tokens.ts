import { UserError } from '../../errors.ts';

/** The words of an expression: numbers, texts in quotation marks, patterns between slashes, names and signs. */

export type Token = { place: number } & (
  | { type: 'number'; value: number }
  | { type: 'text'; value: string }
  | { type: 'pattern'; value: RegExp }
  | { type: 'name' | 'sign'; value: string }
  | { type: 'end' }
);

/** Longer ones are no longer read by a person either. */
const LONGEST = 1000;
const SPACE = /\s+/y;
const NUMBER = /\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/iy;
const TEXT = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/sy;
/** A slash ends it unless it is escaped or stands in brackets, as in JavaScript. */
const PATTERN = /\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/iy;
const NAME = /[a-z_]\w*/iy;
const SIGN = /<=|>=|==|!=|[<>+\-*/(),]/y;
/** Those of a pattern that has no memory of where it looked last. */
const FLAGS = /^[imsu]*$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
/** Names that join two sides or stand before one: after them something is still to come. */
const JOINS = new Set(['and', 'or', 'not']);

/**
 * @param place from 0; the sentence counts from 1
 * @returns the error of an expression, in one sentence with the place
 */
export function badExpression(text: string, place: number, what: string): UserError {
  return new UserError('bad-expression', `At character ${place + 1} of ${text}: ${what}.`);
}

/**
 * The tokens of a text, the last of which is its end.
 * @throws UserError `bad-expression`
 */
export function tokensOf(text: string): Token[] {
  if (text.length > LONGEST)
    throw badExpression(`${text.slice(0, 40)}…`, LONGEST, `an expression has at most ${LONGEST} characters`);
  if (text.trim() === '') throw new UserError('bad-expression', 'The expression is empty.');
  const tokens: Token[] = [];
  for (let place = text.search(/\S|$/); place < text.length; ) {
    const take = (expression: RegExp) => {
      expression.lastIndex = place;
      return expression.exec(text);
    };
    const [token, length] = tokenAt(text, place, take, tokens.at(-1));
    tokens.push(token);
    place += length;
    place += take(SPACE)?.[0].length ?? 0;
  }
  return [...tokens, { type: 'end', place: text.length }];
}

function tokenAt(
  text: string,
  place: number,
  take: (expression: RegExp) => RegExpExecArray | null,
  before: Token | undefined,
): [Token, number] {
  const number = take(NUMBER);
  if (number) return [{ type: 'number', value: Number(number[0]), place }, number[0].length];
  const quoted = take(TEXT);
  if (quoted) {
    const value = (quoted[1] ?? quoted[2]).replace(/\\(.)/gs, (_, one) => ESCAPES[one] ?? one);
    return [{ type: 'text', value, place }, quoted[0].length];
  }
  const pattern = endsOperand(before) ? null : take(PATTERN);
  if (pattern) return [{ type: 'pattern', value: patternOf(text, place, pattern), place }, pattern[0].length];
  const name = take(NAME);
  if (name) return [{ type: 'name', value: name[0], place }, name[0].length];
  const sign = take(SIGN);
  if (sign) return [{ type: 'sign', value: sign[0], place }, sign[0].length];
  const rest = text.slice(place);
  if (/^["']/.test(rest)) throw badExpression(text, place, `the closing ${rest[0]} is missing`);
  if (/^[\d.]/.test(rest))
    throw badExpression(text, place, `${/^[\w.]+/.exec(rest)?.[0]} is not a number; write 0.9 or 1e9`);
  const instead = { '=': '==', '&': 'and', '|': 'or', '!': 'not' }[rest[0]];
  throw badExpression(
    text,
    place,
    instead ? `write ${instead} in place of ${rest[0]}` : `${rest[0]} has no meaning here`,
  );
}

/** Whether a slash after this divides. */
function endsOperand(token: Token | undefined): boolean {
  if (!token || token.type === 'end') return false;
  if (token.type === 'sign') return token.value === ')';
  return token.type !== 'name' || !JOINS.has(token.value);
}

function patternOf(text: string, place: number, [, source, flags]: RegExpExecArray): RegExp {
  if (!FLAGS.test(flags))
    throw badExpression(text, place, `a pattern takes the flags i, m, s and u, not ${flags}`);
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const why = error instanceof Error ? error.message.split(': ').at(-1) : String(error);
    throw badExpression(text, place, `the pattern cannot be read (${why})`);
  }
}
