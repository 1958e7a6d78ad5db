import type { View } from '../ops/memory.ts';
import type { Weight } from '../ops/types.ts';
import type { TrainedRows } from './sublayers/embedding.ts';
import type { Linear } from './sublayers/linear.ts';
import type { NormWeights } from './sublayers/norm.ts';

/** The decoder's weights where they are computed with. They are never written to: an adapted decoder is a new object over them. */

export interface LayerWeights<L extends Linear = Linear> {
  norm1: NormWeights;
  qkv: L;
  qNorm?: View;
  kNorm?: View;
  o: L;
  postAttentionNorm?: NormWeights;
  norm2: NormWeights;
  gateUp: L;
  down: L;
  prefix?: TrainedKeys;
  postMlpNorm?: NormWeights;
}

/** Keys and values of virtual tokens that are trained in their place. */
export interface TrainedKeys {
  /** [n, kvHeads · headDim]. */
  k: TrainedRows;
  v: TrainedRows;
}

export interface DecoderWeights<L extends Linear = Linear> {
  embedding: Weight;
  positions?: Weight;
  layers: LayerWeights<L>[];
  finalNorm: NormWeights;
  /** The embedding itself where the head is tied. */
  head: Weight;
  bytes: number;
  /** ‖W‖² by module path, for the map of how far the adapter has moved. */
  squaredNorms: Map<string, number>;
}

/** The linears of a layer, in block order. */
export function linears<L extends Linear>(layer: LayerWeights<L>): L[] {
  return [layer.qkv, layer.o, layer.gateUp, layer.down];
}

/** The same weights with every linear as `of` has it: a new object, which shares all memory with the old one. */
export function withLinears<L extends Linear, M extends Linear>(
  base: DecoderWeights<L>,
  of: (linear: L) => M,
): DecoderWeights<M> {
  const layers = base.layers.map((layer) => ({
    ...layer,
    qkv: of(layer.qkv),
    o: of(layer.o),
    gateUp: of(layer.gateUp),
    down: of(layer.down),
  }));
  return { ...base, layers };
}
