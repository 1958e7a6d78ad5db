import { changedWords } from '../shared/changed-words.ts';
import type { Film, Frame } from '../state/run.ts';
import type { Known } from '../state/then.ts';

/** One question's answers through a run, and what differs from one to the next. */

/**
 * The answers of the run itself and, after it, of the kept steps in between, in the order of their steps; those that
 * still grow are left out.
 *
 * @param key of the question among what is known
 * @param left step of the adapter that the run has left: the run's own last answer is by it
 */
export function answerFrames(
  film: Pick<Film, 'frames'> | undefined,
  known: Readonly<Record<number, Known>>,
  { key, steps, left }: { key: string; steps: readonly number[]; left: number },
): Frame[] {
  const frames = (film?.frames ?? []).filter(({ done }) => done);
  const has = new Set(frames.map(({ step }) => step));
  for (const step of steps) {
    const text = known[step]?.answers[key];
    // What the run has begun with is its frame of step 0 already.
    if (text !== undefined && step > 0 && step !== left && !has.has(step))
      frames.push({ step, text, done: true });
  }
  return frames.sort((a, b) => a.step - b.step);
}

/** Words of an answer on its way from the one before. */
export interface Part {
  text: string;
  /** `same` in both, `changed` since the one before, `old`: not written over yet. */
  kind: 'same' | 'changed' | 'old';
}

/**
 * An answer that is written over the one before, word by word: what is new of it, then what is left of the old one, from
 * as many words on as the new one has.
 *
 * @param done whether `after` is whole: then nothing is left of the old one
 * @returns parts; joined they are what is read
 */
export function rewritten(before: string, after: string, done: boolean): Part[] {
  const parts = changedWords(before, after).map(
    ({ text, changed }): Part => ({ text, kind: changed ? 'changed' : 'same' }),
  );
  if (done) return parts;
  const written = wordsOf(after);
  const rest = before.match(/\S+\s*/g)?.slice(written) ?? [];
  if (rest.length === 0) return parts;
  const gap = written > 0 && !/\s$/.test(after) ? ' ' : '';
  return [...parts, { text: gap + rest.join(''), kind: 'old' }];
}

function wordsOf(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** The first words of a text, with the space between them as it is. */
export function firstWords(text: string, count: number): string {
  return (text.match(/\s*\S+/g) ?? []).slice(0, count).join('');
}

/** How many words were not there before, for whoever does not see the colour. */
export function changeWords(parts: readonly Part[]): string {
  const changed = parts
    .filter(({ kind }) => kind === 'changed')
    .reduce((sum, { text }) => sum + wordsOf(text), 0);
  if (changed === 0) return 'No word changed';
  return changed === 1 ? '1 word changed' : `${changed} words changed`;
}
