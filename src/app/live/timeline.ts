import { firstWords, type Part, rewritten } from './frames.ts';

/** What a clip shows at each moment: the first answer, then each written over the one before. */

/** Seconds: an answer stands, is written over, and the last one stands. */
const STANDS = 1.1;
const WRITES = 0.9;
const LAST = 2.4;

interface Answer {
  step: number;
  text: string;
}

/** Seconds that a clip of so many answers takes. */
export function clipSeconds(answers: number): number {
  return answers === 0 ? 0 : (answers - 1) * (WRITES + STANDS) + LAST;
}

/**
 * @param seconds from the beginning
 * @param still whether answers are exchanged at once in place of being written
 */
export function momentOf(
  answers: readonly Answer[],
  seconds: number,
  still: boolean,
): { step: number; parts: Part[] } {
  const turn = WRITES + STANDS;
  const at = Math.max(0, Math.min(answers.length - 1, Math.floor((seconds - STANDS) / turn) + 1));
  const { step, text } = answers[at];
  if (at === 0) return { step, parts: rewritten(text, text, true) };
  const before = answers[at - 1].text;
  const into = seconds - STANDS - (at - 1) * turn;
  if (still || into >= WRITES) return { step, parts: rewritten(before, text, true) };
  const words = text.match(/\S+/g)?.length ?? 0;
  return { step, parts: rewritten(before, firstWords(text, Math.floor((into / WRITES) * words)), false) };
}
