import type { MeasuredPoint } from '../../../../src/lab/progression/points.ts';

/** A point with the first so many of 24 rows right. */
export function point(
  model: string,
  dtype: string,
  right: number,
  more: Partial<MeasuredPoint> = {},
): MeasuredPoint {
  return {
    ...{ model, dtype, parameters: 5e6, bytes: 11e6, planned_bytes: 30e6 },
    rows: Array.from({ length: 24 }, (_, i) => ({
      ...{ line: i + 1, text: 0, right: i < right ? 1 : 0, of: 1 },
      ...{ loss_sum: 2, loss_tokens: 4 },
    })),
    ...{ loss: 0.5, seconds: 30, answer_seconds: 0.1, memory_bytes: 32e6 },
    ...{ elsewhere_before: 0.14, elsewhere_after: 0.15 },
    ...more,
  };
}
