import type { View } from '../../ops/memory.ts';
import type { Weight } from '../../ops/types.ts';
import { matrix, type Pass } from './sublayer.ts';

export interface EmbeddingParts {
  table: Weight;
  /** Learned positions (GPT-2). */
  positions?: Weight;
  width: number;
  scale: number;
}

/** Token ids → the residual stream. Frozen and never adapted: it has no backward pass. */
export class Embedding {
  constructor(readonly parts: EmbeddingParts) {}

  /** @param io.ids u32 [M]; @param io.out [M, width] */
  forward({ ops, positions }: Pass, io: { ids: View; out: View }): void {
    const { table, positions: positionTable, width, scale } = this.parts;
    ops.embed({ ids: io.ids, table, width, out: matrix(io.out, width), scale, positions, positionTable });
  }
}
