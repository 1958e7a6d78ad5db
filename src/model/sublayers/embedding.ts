import type { View } from '../../ops/memory.ts';
import type { Weight } from '../../ops/types.ts';
import { matrix, type Pass } from './sublayer.ts';

/**
 * Trained rows behind those of the table (prompt tuning): a token of id `table.rows` + i is the i-th of them. They
 * enter the stream as they are, whatever scale the table's have.
 */
export interface TrainedRows {
  /** float32 [n, width]. */
  table: Weight;
  /** [n, width]. */
  gradient: View;
}

export interface EmbeddingParts {
  table: Weight;
  /** Learned positions (GPT-2). */
  positions?: Weight;
  width: number;
  scale: number;
  trained?: TrainedRows;
  /** Rows of ids behind the table's, which nothing else fills, are zeros: what stands there is never seen. */
  blank?: boolean;
}

/** Token ids → the residual stream. The table is frozen: only rows behind it have a gradient. */
export class Embedding {
  constructor(readonly parts: EmbeddingParts) {}

  get adapted(): boolean {
    return this.parts.trained !== undefined;
  }

  /** @param io.ids u32 [M]; @param io.out [M, width] */
  forward({ ops, positions }: Pass, io: { ids: View; out: View }): void {
    const { table, positions: positionTable, width, scale, trained, blank } = this.parts;
    if (blank) ops.clear(io.out);
    const common = { ids: io.ids, width, out: matrix(io.out, width), positions, positionTable };
    ops.embed({ ...common, table, scale });
    if (trained) ops.embed({ ...common, table: trained.table, first: table.rows, scale: 1 });
  }

  /** Adds to the gradient of trained rows. @param io.dOut [M, width] */
  backward({ ops }: Pass, io: { ids: View; dOut: View }): void {
    const { table, width, trained } = this.parts;
    if (!trained) return;
    ops.embedBackward({
      ids: io.ids,
      first: table.rows,
      dout: matrix(io.dOut, width),
      width,
      gradient: trained.gradient,
      count: trained.table.rows,
    });
  }
}
