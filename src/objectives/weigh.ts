import { type Batch, type LogProbabilities, supervisedCount } from '../data/batch.ts';
import type { Engine } from '../engine/engine.ts';
import type { Figures, MicroBatch, Objective, SeenBatch } from './objective.ts';
import { Reference } from './reference.ts';

/** Micro-batches ready for the pass with the gradient. */
export interface Weighted {
  batches: readonly Batch[];
  /** n of the gradient. */
  divisor: number;
  /** Null where the engine computes it with the gradient. */
  loss: number | null;
  figures: Figures;
}

/**
 * Runs what an objective must see before it can weigh its tokens: nothing for most, else passes without gradient over
 * the model as all that the engine was asked for before leaves it.
 *
 * @param strength of the adapter, for a measurement; training is at 1
 */
export async function weighed(
  engine: Engine,
  objective: Objective,
  micro: readonly MicroBatch[],
  { strength = 1, reference = new Reference(null) }: { strength?: number; reference?: Reference } = {},
): Promise<Weighted> {
  const batches = micro.map(({ batch }) => batch);
  const divisor = objective.count(batches);
  if (!objective.weigh || supervisedCount(batches) === 0)
    return { batches, divisor, loss: null, figures: {} };
  const seen: SeenBatch[] = [];
  for (const { policy = [], reference: passes = [], ...rest } of micro) {
    const ours: LogProbabilities[] = [];
    for (const batch of policy) ours.push(await engine.logProbabilities(batch, strength));
    const theirs: Float64Array[] = [];
    for (const pass of passes) theirs.push(await reference.sums(engine, pass));
    seen.push({ ...rest, policy: ours, reference: theirs });
  }
  const { weights, loss, figures } = objective.weigh(seen);
  return { batches: batches.map((batch, i) => ({ ...batch, weights: weights[i] })), divisor, loss, figures };
}
