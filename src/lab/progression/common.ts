import type { Judged } from '../../data/metric.ts';
import { UserError } from '../../errors.ts';
import { streamSeed } from '../../methods/stream-seed.ts';
import type { KeptRung } from '../ladder/climb.ts';
import { meanLoss } from '../ladder/measure.ts';

/**
 * Points are compared on the rows that all of them were asked: a row that is too long for the tokenizer or the context of one
 * model is read by that one never, by others it may be.
 */

/** What a held-out row came to, and which row it is. */
export interface PointRow extends Judged {
  /** In the file, from 1. */
  line: number;
  /** A hash of what it asks and of its reference: several files may each have such a line. */
  text: number;
  loss_sum: number;
  loss_tokens: number;
}

export function pointRows({ rows }: Pick<KeptRung, 'rows'>): PointRow[] {
  return rows.map(({ line, prompt, reference, right, of, loss_sum, loss_tokens }) => ({
    ...{ line, text: streamSeed(0, JSON.stringify([prompt, reference])) },
    ...{ right, of, loss_sum, loss_tokens },
  }));
}

interface WithRows {
  rows: readonly PointRow[];
  loss: number | null;
}

/**
 * The points on the rows that all of them have, in the order of the first.
 *
 * @returns with the lines of the rows that some have and not all
 * @throws UserError `no-held-out-rows` where there is none
 */
export function onCommonRows<Point extends WithRows>(
  points: readonly Point[],
): { points: Point[]; leftOut: number[] } {
  const keyed = points.map(({ rows }) => keysOf(rows));
  const all = new Map(keyed.flatMap((rows) => [...rows]));
  const common = [...(keyed[0]?.keys() ?? [])].filter((key) => keyed.every((rows) => rows.has(key)));
  if (common.length === all.size) return { points: [...points], leftOut: [] };
  if (common.length === 0)
    throw new UserError(
      'no-held-out-rows',
      'There is no held-out row that every model could be asked: each is too long for one of them. What was measured stays. Hold out shorter rows, or leave out the model with the smallest context.',
    );
  for (const key of common) all.delete(key);
  return {
    points: points.map((point, i) => {
      const rows = common.map((key) => keyed[i].get(key)!);
      return { ...point, rows, loss: point.loss === null ? null : meanLoss(rows) };
    }),
    leftOut: [...new Set([...all.values()].map(({ line }) => line))].sort((a, b) => a - b),
  };
}

/** Rows by what tells them apart, the same row once more than another included. */
function keysOf(rows: readonly PointRow[]): Map<string, PointRow> {
  const keyed = new Map<string, PointRow>();
  for (const row of rows) {
    let [key, again] = [`${row.line} ${row.text}`, 1];
    while (keyed.has(key)) key = `${row.line} ${row.text} ${++again}`;
    keyed.set(key, row);
  }
  return keyed;
}
