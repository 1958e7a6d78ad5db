import { supervisedCount } from '../data/batch.ts';
import { batchOf } from '../data/batches.ts';
import type { Objective } from './objective.ts';

/**
 * Supervised fine-tuning: cross-entropy, −log p of each supervised token, as a mean over those of the whole
 * accumulated batch. Every token weighs 1.
 */
export const sft: Objective = {
  name: 'sft',
  rows: 'answers',
  figures: [],
  rowsPerExample: 1,
  microBatch: (examples, layout) => ({ batch: batchOf(examples, layout) }),
  count: supervisedCount,
};
