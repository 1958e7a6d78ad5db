import type { Batch } from '../../../src/data/batch.ts';
import type { Example } from '../../../src/data/types.ts';

/** The rows of a padded batch, as they were before. */
export function examplesOf({ rows, length, ids, labels, lengths }: Batch): Example[] {
  return Array.from({ length: rows }, (_, index) => {
    const cut = (values: Int32Array) => values.slice(index * length, index * length + lengths[index]);
    return { index, line: index + 1, ids: cut(ids), labels: cut(labels), truncated: 0 };
  });
}
