import type { Batch } from '../data/batch.ts';
import { packedBatch, padBatch } from '../data/batches.ts';
import type { Dataset, Example } from '../data/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunSettings } from './settings.ts';

export type BatchSettings = Pick<RunSettings, 'batch' | 'packing' | 'maxLength'>;

/** How rows become a micro-batch. */
export function batchOf(examples: readonly Example[], settings: BatchSettings): Batch {
  return settings.packing ? packedBatch(examples, settings.maxLength) : padBatch(examples);
}

/** Mean loss a supervised token over rows. */
export async function heldOutLoss(
  engine: Engine,
  dataset: Dataset,
  rows: ArrayLike<number>,
  settings: BatchSettings,
  strength: number,
  watch: { progress?: (done: number) => void; until?: () => boolean } = {},
): Promise<{ loss: number; tokens: number; supervised: number; whole: boolean }> {
  let lossSum = 0;
  let supervised = 0;
  let tokens = 0;
  let at = 0;
  const all = Array.from(rows);
  for (; at < all.length && !watch.until?.(); at += settings.batch) {
    const examples = await dataset.examples(all.slice(at, at + settings.batch));
    if (examples.length === 0) continue;
    const batch = batchOf(examples, settings);
    const part = await engine.evaluate(batch, strength);
    lossSum += part.lossSum;
    supervised += part.tokens;
    tokens += batch.lengths.reduce((a, b) => a + b, 0);
    watch.progress?.(Math.min(all.length, at + settings.batch));
  }
  return { loss: lossSum / Math.max(1, supervised), tokens, supervised, whole: at >= all.length };
}
