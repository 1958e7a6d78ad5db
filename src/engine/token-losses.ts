import { padBatch } from '../data/batches.ts';
import type { Labelled } from '../data/types.ts';
import type { Engine } from './engine.ts';

/** −log p of each trained token of a row, in nats [ids]; NaN where no loss is taken. */
export type TokenLosses = Float32Array<ArrayBuffer>;

/**
 * What each trained token of a row loses after all tokens before it, row by row. Their mean is the loss that
 * `Engine.evaluate` has for the row, whatever it is batched or packed with; the first token of a row is predicted by nothing
 * and has none, though its label may say that it is trained.
 *
 * @param strength of the adapter in place; 0: the base alone
 */
export async function tokenLosses(
  engine: Pick<Engine, 'logProbabilities'>,
  row: Pick<Labelled, 'ids' | 'labels'>,
  strength: number,
): Promise<TokenLosses> {
  const { each } = await engine.logProbabilities(
    padBatch([{ ids: row.ids, labels: row.labels, truncated: 0 }]),
    strength,
  );
  return Float32Array.from(row.ids, (_, i) => (i > 0 && row.labels[i] >= 0 ? -each[i] : Number.NaN));
}
