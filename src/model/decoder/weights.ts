import type { View } from '../../ops/memory.ts';
import type { LoraBlock, LoraGradients, Weight } from '../../ops/types.ts';

/** The decoder's weights on the GPU. They are never written to: an adapted decoder is a new object over them. */

export interface Norm {
  weight: View;
  bias?: View;
}

/** One call of the linear kernels: the whole linear, or the part of a fused one that is (or is not) adapted. */
export interface LinearCall {
  row0: number;
  n: number;
  bias?: View;
  /** Column of S where this call's parts begin. */
  sColumn: number;
  lora?: { block: LoraBlock; gradients: LoraGradients };
}

/** A linear layer, fused (q, k, v; gate, up) where its inputs are one. */
export interface Linear {
  weight: Weight;
  /** Of the whole linear [out]. */
  bias?: View;
  in: number;
  out: number;
  /** Adapted by what PEFT calls these, with their rows; in order. */
  parts: { target: string; path: string; begin: number; end: number; rowOrder?: Uint32Array; bias?: View }[];
}

/** A linear layer with what adapts it. */
export interface AdaptedLinear extends Linear {
  /** One call without an adapter where nothing is adapted. */
  calls: LinearCall[];
  /** Columns of S: parts adapted × padded rank. */
  sWidth: number;
}

export interface LayerWeights<L extends Linear = Linear> {
  norm1: Norm;
  qkv: L;
  qNorm?: View;
  kNorm?: View;
  o: L;
  postAttentionNorm?: Norm;
  norm2: Norm;
  gateUp: L;
  down: L;
  postMlpNorm?: Norm;
}

export interface DecoderWeights<L extends Linear = Linear> {
  embedding: Weight;
  positions?: Weight;
  layers: LayerWeights<L>[];
  finalNorm: Norm;
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

/** Widest S of all linears. */
export function widestS(weights: DecoderWeights<AdaptedLinear>): number {
  return Math.max(0, ...weights.layers.flatMap(linears).map((linear) => linear.sWidth));
}

/** Widest S of each kind of linear, for buffers that all layers share. */
export function widestSOfKinds({ layers }: DecoderWeights<AdaptedLinear>): {
  qkv: number;
  o: number;
  gateUp: number;
  down: number;
} {
  const widest = (kind: 'qkv' | 'o' | 'gateUp' | 'down') =>
    Math.max(0, ...layers.map((layer) => layer[kind].sWidth));
  return { qkv: widest('qkv'), o: widest('o'), gateUp: widest('gateUp'), down: widest('down') };
}
