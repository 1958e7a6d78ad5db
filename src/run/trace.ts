import type { Batch } from '../data/batch.ts';
import type { StepEvent } from './events.ts';

/** What a step was trained on, for `--trace`: one list a row, all micro-batches in order, without padding. */
export function traceOf(batches: readonly Batch[]): Pick<StepEvent, 'inputIds' | 'labels' | 'positionIds'> {
  const rows = (key: 'ids' | 'labels' | 'positions') =>
    batches.flatMap((batch) =>
      Array.from(batch.lengths, (length, row) => [
        ...batch[key]!.subarray(row * batch.length, row * batch.length + length),
      ]),
    );
  const packed = batches.some((batch) => batch.positions);
  return {
    inputIds: rows('ids'),
    labels: rows('labels'),
    ...(packed ? { positionIds: rows('positions') } : {}),
  };
}
