import type { HeldRow } from '../state/outcome.ts';
import { answeredRows } from './figure.ts';

/** A word, and how many of the tuned model's answers have it. */
export interface NewWord {
  word: string;
  answers: number;
}

/** Words that are named; more are no picture any more. */
const NAMED = 3;
/** A word of one answer alone is chance; one of fewer than this share is no habit. */
const LEAST = 2;
const LEAST_SHARE = 0.1;

/** With what is left out of it at its end, as in o’ and th’, but not a closing quotation mark. */
const WORD =
  /(?<!['‘\p{L}\p{M}\p{N}])[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}]+)*'?|[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}]+)*/gu;

/** The words of a text, each once, in small letters. */
function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().replaceAll('’', "'").match(WORD) ?? []);
}

/**
 * Words that the tuned model says in several of its answers and the base in none of its own to the same questions: what
 * a style has changed. Those of most answers first.
 */
export function newWords(rows: readonly HeldRow[]): { words: NewWord[]; answers: number } {
  const known = new Set<string>();
  const found = new Map<string, number>();
  const answered = answeredRows(rows);
  const answers = answered.length;
  for (const { base, tuned } of answered) {
    for (const word of wordsOf(base?.answer ?? '')) known.add(word);
    for (const word of wordsOf(tuned?.answer ?? '')) found.set(word, (found.get(word) ?? 0) + 1);
  }
  const least = Math.max(LEAST, Math.ceil(LEAST_SHARE * answers));
  const words = [...found]
    .filter(([word, count]) => count >= least && !known.has(word))
    .map(([word, count]) => ({ word, answers: count }))
    // Of as many answers: as they came.
    .sort((a, b) => b.answers - a.answers)
    .slice(0, NAMED);
  return { words, answers };
}

/** The same as a sentence; null where there are none. It quotes answers. */
export function newWordsSentence(rows: readonly HeldRow[]): string | null {
  const { words, answers } = newWords(rows);
  if (words.length === 0) return null;
  const named = words.map(
    ({ word, answers: having }, i) =>
      `“${word.replaceAll("'", '’')}” (${having}${i === 0 ? ` of ${answers}` : ''})`,
  );
  return `Words in its answers that the base model’s never have: ${named.join(', ')}.`;
}
