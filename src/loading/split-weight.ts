import { slice } from '../ops/memory.ts';
import type { Weight } from '../ops/types.ts';
import { encodeRows } from './encode-rows.ts';

/** Row ranges begin at multiples of this, so that their bytes begin at multiples of 256. */
const ROWS = 64;

type Parts = NonNullable<Weight['parts']>;

/** Row ranges of a weight over the same buffers, none larger than one binding may be, but of 64 rows at least. */
export function splitWeight(weight: Weight, limit: number): Parts {
  // By the layout and not by the buffers, whose sizes are rounded up.
  const row = encodeRows.sizes(weight, 1, weight.cols);
  const largest = Math.max(row.data, row.scales);
  if (largest * weight.rows <= limit) return [{ begin: 0, end: weight.rows, weight }];
  const step = Math.max(1, Math.floor(limit / largest / ROWS)) * ROWS;
  const parts: Parts = [];
  for (let begin = 0; begin < weight.rows; begin += step) {
    const end = Math.min(begin + step, weight.rows);
    const rows = end - begin;
    parts.push({
      begin,
      end,
      weight: {
        ...weight,
        rows,
        data: slice(weight.data, begin * row.data, rows * row.data),
        scales: weight.scales && slice(weight.scales, begin * row.scales, rows * row.scales),
      },
    });
  }
  return parts;
}

/** Weights of equal width, one under another, as one. */
export function stackWeights(weights: readonly Weight[], limit: number): Weight {
  const parts: Parts = [];
  let rows = 0;
  for (const weight of weights) {
    for (const part of splitWeight(weight, limit))
      parts.push({ ...part, begin: rows + part.begin, end: rows + part.end });
    rows += weight.rows;
  }
  return parts.length === 1 ? parts[0].weight : { ...weights[0], rows, parts };
}
