import type { Batch, Supervised } from '../data/batch.ts';

/** A batch as one row of documents, one behind the other, and where its tokens stood before. */
export interface Unpadded {
  batch: Pick<Batch, 'rows' | 'length' | 'ids'> & Required<Pick<Batch, 'positions' | 'documents'>>;
  supervised: Supervised;
  /** Row · length + position in the batch as it was, of each token: what dropout is drawn for. */
  origins: Int32Array;
}

/**
 * The same tokens without what only fills rows up: padding takes as long as tokens do. Each row, or each document of a
 * packed row, is a document, which attention does not look beyond, so that the loss and the gradient stay as they were.
 */
export function withoutPadding(batch: Batch, supervised: Supervised): Unpadded {
  const { rows, length, lengths } = batch;
  const count = lengths.reduce((sum, one) => sum + one, 0);
  const [ids, positions, documents, origins] = Array.from({ length: 4 }, () => new Int32Array(count));
  const places = new Uint32Array(rows * length);
  let document = -1;
  let at = 0;
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < lengths[row]; i++) {
      const origin = row * length + i;
      const position = batch.positions ? batch.positions[origin] : i;
      if (position === 0) document++;
      places[origin] = at;
      ids[at] = batch.ids[origin];
      positions[at] = position;
      documents[at] = document;
      origins[at++] = origin;
    }
  const index = supervised.index.map((origin) => places[origin]);
  return {
    batch: { rows: 1, length: count, ids, positions, documents },
    supervised: { ...supervised, index },
    origins,
  };
}
