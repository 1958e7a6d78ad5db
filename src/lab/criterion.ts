import { type Judged, judge, METRIC_NAMES, type Metric, type Pair } from '../data/metric.ts';
import { UserError } from '../errors.ts';
import type { Value } from './expression/functions.ts';
import { parseExpression } from './expression/parse.ts';

/** How answers are judged: by a metric that references call for, or by an expression of one's own. */
export type Criterion = Metric | { expression: string };

/** Metrics by the names that people write. */
export const CRITERIA: Readonly<Record<string, Metric>> = {
  label: 'labels',
  exact: 'answers',
  fields: 'fields',
  json: 'json',
  words: 'words',
};

const NAMES = { answer: 'text', reference: 'text' } as const;

/**
 * A criterion as people write it: a name of `CRITERIA`, or an expression over `answer` and `reference`.
 * @throws UserError `bad-expression`, in one sentence with the place
 */
export function criterionOf(text: string): Criterion {
  const written = text.trim();
  if (Object.hasOwn(CRITERIA, written)) return CRITERIA[written];
  if (/^[a-z]*$/i.test(written))
    throw new UserError(
      'bad-expression',
      `must be one of ${Object.keys(CRITERIA).join(', ')}, or an expression over answer and reference such as contains(answer, reference).`,
    );
  parsed(written);
  return { expression: written };
}

/** For programs: the metric, or the expression as it was written. */
export function criterionKey(criterion: Criterion): string {
  return typeof criterion === 'string' ? criterion : criterion.expression;
}

/** As people write it; `criterionOf` is the reverse. */
export function criterionText(criterion: Criterion): string {
  if (typeof criterion === 'object') return criterion.expression;
  return Object.entries(CRITERIA).find(([, metric]) => metric === criterion)?.[0] ?? criterion;
}

/** The reverse of `criterionKey`. */
export function criterionOfKey(key: string): Criterion {
  return Object.hasOwn(METRIC_NAMES, key) ? (key as Metric) : { expression: key };
}

/** For people. */
export function criterionName(criterion: Criterion): string {
  return typeof criterion === 'string' ? METRIC_NAMES[criterion] : `Right by ${criterion.expression}`;
}

/**
 * What each answer counts. An expression that is true counts 1; a number counts as it is, below 0 as 0 and above 1 as 1; what
 * is false or not known (a field that an answer lacks) counts 0.
 * @throws UserError `bad-expression`
 */
export function judgeOf(criterion: Criterion): (pair: Pair) => Judged {
  if (typeof criterion === 'string') return (pair) => judge(criterion, pair);
  const { evaluate } = parsed(criterion.expression);
  return ({ answer, reference }) => ({ right: share(evaluate({ answer, reference })), of: 1 });
}

function parsed(expression: string) {
  const read = parseExpression(expression, NAMES, ['truth', 'number']);
  if (!read.uses.has('answer'))
    throw new UserError(
      'bad-expression',
      `${expression} says nothing of answer, so that every answer would count the same.`,
    );
  return read;
}

function share(value: Value): number {
  return typeof value === 'number' ? Math.min(1, Math.max(0, value)) : value === true ? 1 : 0;
}
