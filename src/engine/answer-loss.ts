import type { Engine } from './engine.ts';
import { inGroups } from './generate.ts';

/** A row whose answer is known: ids of all of it, of which those in [begin, end) are the answer. */
export interface Answered {
  ids: readonly number[];
  begin: number;
  end: number;
}

/** Sum of −log p over an answer's tokens, and how many there are. */
export interface AnswerLoss {
  lossSum: number;
  tokens: number;
}

/**
 * What known answers lose after their prompts, several side by side, by the cache that answers are generated with: a prompt
 * may be far longer than the rows that an engine was built to train on.
 *
 * @returns in the order of `rows`; null where `goOn` ended the measurement before
 */
export async function answerLosses(
  engine: Engine,
  rows: readonly Answered[],
  { strength, goOn }: { strength: number; goOn: () => boolean },
): Promise<(AnswerLoss | null)[]> {
  const losses: (AnswerLoss | null)[] = rows.map(() => null);
  const length = ({ end }: Answered) => end;
  await inGroups(engine, rows, { length, strength }, async (group, session) => {
    const sums = group.map(() => 0);
    let next: (readonly number[])[] = group.map((i) => rows[i].ids.slice(0, rows[i].begin));
    for (let at = 0; next.some((ids) => ids.length > 0); at++) {
      if (!goOn()) return;
      const logits = await session.feed(next);
      next = group.map((i, n) => {
        const { ids, begin, end } = rows[i];
        if (begin + at >= end) return [];
        sums[n] += negativeLogProbability(logits[n], ids[begin + at]);
        return begin + at + 1 < end ? [ids[begin + at]] : [];
      });
    }
    group.forEach((i, n) => {
      losses[i] = { lossSum: sums[n], tokens: rows[i].end - rows[i].begin };
    });
  });
  return losses;
}

/** log Σ exp z − z of the token. */
function negativeLogProbability(logits: Float32Array, token: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of logits) if (value > top) top = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - top);
  return Math.log(sum) + top - logits[token];
}
