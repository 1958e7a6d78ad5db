import type { MeasuredRung, RungRow } from '../../../../src/lab/ladder/measure.ts';
import type { RungName } from '../../../../src/lab/ladder/rungs.ts';

/** A rung with the first so many of 24 rows right. */
export function rung(name: RungName, right: number, more: Partial<MeasuredRung> = {}): MeasuredRung {
  const rows = Array.from(
    { length: 24 },
    (_, i): RungRow => ({
      ...{
        line: i + 1,
        prompt: `question ${i}`,
        reference: 'yes',
        prompt_tokens: 10,
        answer: i < right ? 'yes' : 'no',
      },
      ...{ right: i < right ? 1 : 0, of: 1, loss_sum: 2, loss_tokens: 4 },
    }),
  );
  return { name, k: null, tried: [], rows, seconds: 2.4, ...more };
}
