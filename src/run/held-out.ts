import type { BatchLayout } from '../data/batches.ts';
import type { Dataset } from '../data/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { Objective } from '../objectives/objective.ts';
import { weighed } from '../objectives/weigh.ts';

export interface HeldOutMeasure {
  dataset: Dataset;
  rows: ArrayLike<number>;
  /** Examples of a batch, and how they are laid into it. */
  settings: BatchLayout & { batch: number };
  objective: Objective;
  /** Of the adapter. */
  strength: number;
  progress?: (done: number) => void;
  /** Ends the measurement before its end. */
  until?: () => boolean;
}

export interface HeldOutLoss {
  loss: number;
  /** What the loss is a mean over: supervised tokens, pairs. */
  count: number;
  tokens: number;
  /** Every row was measured. */
  whole: boolean;
}

/** Mean of the objective's loss over rows. */
export async function heldOutLoss(
  engine: Engine,
  { dataset, rows, settings, objective, strength, progress, until }: HeldOutMeasure,
): Promise<HeldOutLoss> {
  let lossSum = 0;
  let count = 0;
  let tokens = 0;
  let at = 0;
  const all = Array.from(rows);
  for (; at < all.length && !until?.(); at += settings.batch) {
    const examples = await dataset.examples(all.slice(at, at + settings.batch));
    if (examples.length === 0) continue;
    const { batches, divisor, loss } = await weighed(
      engine,
      objective,
      [objective.microBatch(examples, settings)],
      strength,
    );
    const [batch] = batches;
    if (divisor > 0)
      lossSum += loss === null ? (await engine.evaluate(batch, strength)).lossSum : loss * divisor;
    count += divisor;
    tokens += batch.lengths.reduce((a, b) => a + b, 0);
    progress?.(Math.min(all.length, at + settings.batch));
  }
  return { loss: lossSum / Math.max(1, count), count, tokens, whole: at >= all.length };
}
