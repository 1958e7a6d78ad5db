import { fieldsRight, isLabel, scoresOf } from './scores.ts';
import { wordsIn } from './words.ts';

/** How answers are judged: by what the references are. Of these `words` alone does not say what is right. */
export const METRICS = ['labels', 'fields', 'json', 'answers', 'words'] as const;
export type Metric = (typeof METRICS)[number];

export const METRIC_NAMES: Record<Metric, string> = {
  labels: 'Labels right',
  fields: 'Fields right',
  json: 'Valid JSON',
  answers: 'Answers right',
  words: 'Word overlap',
};

/** From here a task is done, without training or with it: nearly all is right, or most words are the wanted ones. */
export const ENOUGH: Record<Metric, number> = {
  labels: 0.9,
  fields: 0.9,
  json: 0.9,
  answers: 0.9,
  words: 0.6,
};

export interface Pair {
  answer: string;
  reference: string;
}

/** What one answer counts: `right` of `of`, which differs from 1 only where an answer has several fields. */
export interface Judged {
  right: number;
  of: number;
}

/** An answer of one line no longer than this is right or wrong as a whole. */
const SHORT = 40;

/** The metric that references call for. */
export function metricOf(references: readonly string[]): Metric {
  const scores = scoresOf(references.map((reference) => ({ answer: reference, reference })));
  if (scores.label_accuracy !== null) return 'labels';
  if (scores.field_accuracy !== null) return 'fields';
  const short = references.every((text) => text.length <= SHORT && !text.trim().includes('\n'));
  return short ? 'answers' : 'words';
}

/** Share in [0, 1] by this metric; of no pairs, 0. */
export function scoreBy(metric: Metric, pairs: readonly Pair[]): number {
  return shareOf(pairs.map((pair) => judge(metric, pair)));
}

/** Σ right / Σ of: the figure of a metric over answers; of none, 0. */
export function shareOf(judged: readonly Judged[]): number {
  let right = 0;
  let of = 0;
  for (const one of judged) {
    right += one.right;
    of += one.of;
  }
  return judged.length === 0 ? 0 : of === 0 ? 1 : right / of;
}

/** One answer beside its reference. Whether references are labels was decided over all of them. */
export function judge(metric: Metric, pair: Pair): Judged {
  if (metric === 'fields') return fieldsRight(pair);
  if (metric === 'words') return { right: sharedWords(pair.answer, pair.reference), of: 1 };
  if (metric === 'json') return { right: scoresOf([{ ...pair, reference: '{}' }]).json_valid ?? 0, of: 1 };
  const right = metric === 'labels' ? isLabel(pair) : pair.answer.trim() === pair.reference.trim();
  return { right: right ? 1 : 0, of: 1 };
}

/** Share of answers that are JSON objects at all; null where the references are none. */
export function validJson(pairs: readonly Pair[]): number | null {
  return scoresOf(pairs).json_valid;
}

/** Whether an answer is right; null where the data do not say what is right. */
export function isRight(metric: Metric, pair: Pair): boolean | null {
  if (metric === 'words') return null;
  const { right, of } = judge(metric, pair);
  return right === of;
}

/** F1 of the words of two texts: 2 · common / (words of one + words of the other); 1 where both have none. */
export function sharedWords(answer: string, reference: string): number {
  const ours = wordsIn(answer);
  const theirs = wordsIn(reference);
  if (ours.length + theirs.length === 0) return 1;
  const left = new Map<string, number>();
  for (const word of theirs) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of ours) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  return (2 * common) / (ours.length + theirs.length);
}
