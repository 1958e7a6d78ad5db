import { oneSpelling, type Question } from '../../data/forms/questions.ts';
import type { Dataset } from '../../data/types.ts';
import { wordsOf } from './prompts.ts';

/**
 * Held-out rows are kept out of everything that a rung shows, searches or trains on. A row is the same as a held-out one
 * where it asks the same, whatever its answer and its system turn (`askingOf`): a prompt that shows another answer to the
 * very question would tell as much.
 */

/** Rows that are read at once. */
const AT_ONCE = 512;

/** What some rows ask, in one spelling; all of them where none are named. */
export async function askingsOf(
  dataset: Pick<Dataset, 'askings' | 'rows'>,
  rows: readonly number[] = Array.from({ length: dataset.rows }, (_, i) => i),
): Promise<string[]> {
  const askings: string[] = [];
  for (let at = 0; at < rows.length; at += AT_ONCE)
    askings.push(...(await dataset.askings(rows.slice(at, at + AT_ONCE))));
  return askings;
}

/** Places of the training rows that ask what a held-out row asks. */
export async function sharedRows(
  train: Pick<Dataset, 'askings' | 'rows'>,
  heldOut: Pick<Dataset, 'askings' | 'rows'>,
): Promise<number[]> {
  const held = new Set(await askingsOf(heldOut));
  return (await askingsOf(train)).flatMap((asking, i) => (held.has(asking) ? [i] : []));
}

/** Passages in which no held-out row stands as it is, its question and its answer. */
export function withoutHeldOut(passages: readonly string[], heldOut: readonly Question[]): string[] {
  const rows = heldOut.map((question) => [wordsOf(question), question.reference].map(oneSpelling));
  return passages.filter((passage) => {
    const text = oneSpelling(passage);
    return !rows.some((parts) => parts.every((part) => text.includes(part)));
  });
}
