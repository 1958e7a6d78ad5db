import { isLabel, scoresOf } from '../../data/scores.ts';
import { percent } from '../shared/format.ts';

/** How answers are judged: by what the references are. Only the first three say what is right. */
export type Metric = 'labels' | 'fields' | 'answers' | 'words';

export interface Pair {
  answer: string;
  reference: string;
}

/** An answer of one line no longer than this is right or wrong as a whole. */
const SHORT = 40;

export function metricOf(references: readonly string[]): Metric {
  const scores = scoresOf(references.map((reference) => ({ answer: reference, reference })));
  if (scores.label_accuracy !== null) return 'labels';
  if (scores.field_accuracy !== null) return 'fields';
  const short = references.every((text) => text.length <= SHORT && !text.trim().includes('\n'));
  return short ? 'answers' : 'words';
}

/** Share in [0, 1] by this metric; of no pairs, 0. */
export function scoreBy(metric: Metric, pairs: readonly Pair[]): number {
  if (pairs.length === 0) return 0;
  if (metric === 'words')
    return pairs.reduce((sum, pair) => sum + sharedWords(pair.answer, pair.reference), 0) / pairs.length;
  if (metric === 'fields') return scoresOf(pairs).field_accuracy ?? 0;
  // Judged pair by pair: whether references are labels was decided over all of them.
  return pairs.filter((pair) => isRight(metric, pair)).length / pairs.length;
}

/** Share of answers that are JSON objects at all; null where the references are none. */
export function validJson(pairs: readonly Pair[]): number | null {
  return scoresOf(pairs).json_valid;
}

/** Whether an answer is right; null where the data do not say what is right. */
export function isRight(metric: Metric, pair: Pair): boolean | null {
  if (metric === 'words') return null;
  if (metric === 'fields') return scoresOf([pair]).field_accuracy === 1;
  return metric === 'labels' ? isLabel(pair) : pair.answer.trim() === pair.reference.trim();
}

/** F1 of the words of two texts: 2 · common / (words of one + words of the other); 1 where both have none. */
export function sharedWords(answer: string, reference: string): number {
  const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const ours = words(answer);
  const theirs = words(reference);
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

export const METRIC_NAMES: Record<Metric, string> = {
  labels: 'Labels right',
  fields: 'Fields right',
  answers: 'Answers right',
  words: 'Word overlap',
};

/** Loss per token, in nats, from which a base is a stranger to a text: it gives the right token less than 1 in 90. */
const STRANGE = 4.5;
/** Smaller changes of the loss, relative or in nats, are noise on so few rows. */
const SAME = 0.02;
const SAME_NATS = 0.01;

/**
 * What training cost on general text, in words: by how much the loss rose. A fall is no gain to boast of, since the rows
 * are few and plain; and where the base hardly knows such text there is nothing to lose, so that nothing is shown.
 */
export function costWords(before: number, after: number): string {
  if (before > STRANGE) return 'says little: the base model hardly knows such text';
  const change = after / before - 1;
  if (Math.abs(after - before) <= SAME_NATS) return 'unchanged';
  if (change >= 1) return `worse: ${Number((after / before).toPrecision(2))} times the loss`;
  if (change > SAME) return `worse by ${percent(change)}`;
  return change < -SAME ? 'no loss' : 'unchanged';
}
