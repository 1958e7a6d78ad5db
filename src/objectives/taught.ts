import { type BatchLayout, batchOf } from '../data/batches.ts';
import type { Example } from '../data/types.ts';
import type { MicroBatch } from './objective.ts';

/** Examples with a teacher's soft targets, and what the teacher saw of each. */
export function taughtBatch(examples: readonly Example[], layout: BatchLayout): MicroBatch {
  const taught = examples.flatMap((example) => example.taught ?? []);
  return { batch: batchOf(examples, layout), ...(taught.length > 0 && { taught }) };
}
