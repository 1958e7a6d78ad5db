import type { Batch } from '../data/batch.ts';

/** Which rows of the residual stream predict a supervised token, and that token. */
export interface Supervised {
  count: number;
  /** Row · length + position of the token before. */
  index: Uint32Array<ArrayBuffer>;
  targets: Uint32Array<ArrayBuffer>;
}

/** Position 0 of a row is never predicted; with packing, nor is the first token of a document. */
export function supervisedRows(batch: Batch): Supervised {
  const { rows, length, labels, lengths, positions } = batch;
  const index = new Uint32Array(rows * length);
  const targets = new Uint32Array(rows * length);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let i = 1; i < lengths[row]; i++) {
      const at = row * length + i;
      if (labels[at] < 0 || positions?.[at] === 0) continue;
      index[count] = at - 1;
      targets[count++] = labels[at];
    }
  }
  return { count, index, targets };
}

export function supervisedCount(batches: readonly Batch[]): number {
  return batches.reduce((sum, batch) => sum + supervisedRows(batch).count, 0);
}
