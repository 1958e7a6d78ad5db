import type { Memory, View } from '../../ops/memory.ts';
import type { DecoderConfig } from '../config.ts';

/**
 * Activation buffers of a program. `planBuffers` is the one formula: the memory plan sums it and `allocateBuffers`
 * allocates by it.
 *
 * What a layer keeps for its backward pass: x, x₂ (d each), q, k, v (dq + 2 dkv), o (dq), gate and up (2i), and a few
 * floats a row; normed inputs and the activation are computed again. With checkpointing a layer keeps x alone and all
 * share one set of the rest. Without a backward pass two x take turns.
 */
export interface LayerBuffers {
  /** Input of the block [M, d]. */
  x: View;
  x2: View | null;
  qkv: View;
  /** q and k after their norms, where the family has such. */
  qk: View | null;
  o: View;
  /** Log-sum-exp of the scores [heads, M]. */
  lse: View;
  /** Statistics of the norms: 1/rms, or mean and 1/σ, by row. */
  stat1: View;
  stat2: View;
  statPost1: View | null;
  statPost2: View | null;
  statQ: View | null;
  statK: View | null;
  /** Outputs of attention and feed-forward where a norm follows (Gemma). */
  attentionOut: View | null;
  mlpOut: View | null;
  gu: View;
  /** X Aᵀ of the adapted linears. */
  sQkv: View | null;
  sO: View | null;
  sGu: View | null;
  sDown: View | null;
}

export interface StepBuffers<V extends View = View> {
  /** Token ids, u32 [M]. */
  ids: V;
  /** Scratch: normed input [M, d], activation [M, i]. */
  h: View;
  act: View;
  layers: LayerBuffers[];
  /** Output of the last block [M, d]. */
  last: View;
}

export interface BufferShape {
  /** Most tokens of a batch. */
  tokens: number;
  /** `all`: every layer keeps what its backward needs; `inputs`: checkpointing; `none`: forward only. */
  keep: 'all' | 'inputs' | 'none';
  /** Columns of S by linear (0: not adapted). */
  sWidths: { qkv: number; o: number; gateUp: number; down: number };
}

type Name = Exclude<keyof LayerBuffers, 'x'>;

/** Floats of each buffer of one layer (0: not there) beside x. */
function layerFloats(config: DecoderConfig, shape: BufferShape): Record<Name, number> {
  const { hidden: d, heads, kvHeads, headDim, intermediate: i } = config;
  const M = shape.tokens;
  const stat = config.norm === 'rms' ? 1 : 2;
  return {
    x2: config.parallelResidual ? 0 : M * d,
    qkv: M * (heads + 2 * kvHeads) * headDim,
    qk: config.qkNorm ? M * (heads + kvHeads) * headDim : 0,
    o: M * heads * headDim,
    lse: M * heads,
    stat1: M * stat,
    stat2: M * stat,
    statPost1: config.sandwichNorms ? M * stat : 0,
    statPost2: config.sandwichNorms ? M * stat : 0,
    statQ: config.qkNorm ? M * heads : 0,
    statK: config.qkNorm ? M * kvHeads : 0,
    attentionOut: config.sandwichNorms ? M * d : 0,
    mlpOut: config.sandwichNorms ? M * d : 0,
    gu: M * i * (config.gated ? 2 : 1),
    sQkv: M * shape.sWidths.qkv,
    sO: M * shape.sWidths.o,
    sGu: M * shape.sWidths.gateUp,
    sDown: M * shape.sWidths.down,
  };
}

/** Bytes of everything that `allocateBuffers` makes. */
export function planBuffers(config: DecoderConfig, shape: BufferShape): number {
  const { hidden: d, layers } = config;
  const M = shape.tokens;
  const rest = Object.values(layerFloats(config, shape)).reduce((sum, floats) => sum + round(floats), 0);
  const inputs = (shape.keep === 'none' ? 2 : layers + 1) * round(M * d);
  const kept = shape.keep === 'all' ? layers * rest : rest;
  return 4 * (inputs + kept + round(M) + round(M * d) + round(M * config.intermediate));
}

/** The allocator rounds up to 16 bytes. */
const round = (floats: number) => Math.ceil(floats / 4) * 4;

export function allocateBuffers<V extends View>(
  memory: Memory<V>,
  config: DecoderConfig,
  shape: BufferShape,
): StepBuffers<V> {
  const { hidden: d } = config;
  const M = shape.tokens;
  const take = (name: string, floats: number) => memory.allocate(name, 4 * floats, 'activation');
  const floats = layerFloats(config, shape);
  const set = (layer: number | string) =>
    Object.fromEntries(
      Object.entries(floats).map(([name, size]) => [name, size > 0 ? take(`${name} ${layer}`, size) : null]),
    ) as unknown as Omit<LayerBuffers, 'x'>;

  const turns = shape.keep === 'none' ? [take('x even', M * d), take('x odd', M * d)] : null;
  const shared = shape.keep === 'all' ? null : set('shared');
  const layers = Array.from({ length: config.layers }, (_, layer): LayerBuffers => {
    const x = turns ? turns[layer % 2] : take(`x ${layer}`, M * d);
    return { x, ...(shared ?? set(layer)) };
  });
  return {
    ids: take('ids', M),
    h: take('h', M * d),
    act: take('act', M * config.intermediate),
    layers,
    last: turns ? turns[config.layers % 2] : take('x last', M * d),
  };
}
