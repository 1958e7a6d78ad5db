import type { MicroBatch } from '../objectives/objective.ts';
import type { StepEvent } from './events.ts';

/**
 * What a step was trained on, for `--trace`: one list a row, all micro-batches in order, without padding. Of a pair the
 * labels are those of its answers, also where the cross-entropy is taken on the whole row.
 */
export function traceOf(
  micro: readonly MicroBatch[],
): Pick<StepEvent, 'inputIds' | 'labels' | 'positionIds' | 'good' | 'taught'> {
  const batches = micro.map(({ batch, answers }) => answers ?? batch);
  const good = micro.flatMap((one) => one.good ?? []);
  const taught = micro.flatMap((one) => one.taught ?? []);
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
    ...(good.length > 0 ? { good } : {}),
    ...(taught.length > 0 && {
      taught: taught.map(({ ids, labels }) => ({ inputIds: [...ids], labels: [...labels] })),
    }),
  };
}
