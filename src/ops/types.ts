import type { View } from './memory.ts';

/**
 * The operands of operations (operations.ts). Activations are float32, row-major; the number of rows is `dims.rows` when
 * a program runs, all other sizes are known when it is written.
 */

/** Columns [column, column + width) of a row-major float32 matrix with `stride` floats a row. */
export interface Matrix<V extends View = View> {
  view: V;
  stride: number;
  column: number;
}

export type WeightType = 'f32' | 'f16' | 'q8' | 'q4' | 'nf4';

/** What a weight is rounded to while a program runs: ggml's Q8_0 or Q4_0. */
export type RoundedType = Extract<WeightType, 'q8' | 'q4'>;

/** Columns of a row that share a scale there. */
export const ROUNDED_BLOCK = 32;

/** How the scales of a quantised weight lie: shared by `block` columns of a row. See weights/repack.ts. */
export interface QuantBlocks {
  block: 16 | 32 | 64;
  scaleType: 'f16' | 'f32';
}

/**
 * A frozen weight [rows, cols] = [out, in]. `f16`: two values per u32, rows in order. Quantised: codes in
 * `data`, scales in `scales`, layout in weights/repack.ts. A fused weight (q, k, v) is the rows one after another.
 */
export interface Weight<V extends View = View> {
  rows: number;
  cols: number;
  type: WeightType;
  data: V;
  scales?: V;
  quant?: QuantBlocks;
  /**
   * Set where one binding cannot hold it, or where its rows are not all of one type: the same weight as consecutive
   * row ranges. `type` and `data` are then those of the first.
   */
  parts?: { begin: number; end: number; weight: Weight<V> }[];
}

/** One adapted module inside a (possibly fused) linear. */
export interface LoraPart {
  /** Output columns [begin, end) of the linear that it adds to. */
  begin: number;
  end: number;
  /** Number of the module in the run: goes into its dropout mask. */
  module: number;
}

/**
 * The adapters of one (possibly fused) linear: all of its parts or none are adapted. `rank` is padded to a multiple of
 * 4 with zero rows and columns, which stay zero.
 *
 * a [parts · rank, in], b [out, rank] (rows of all parts after one another), s [rows, parts · rank].
 */
export interface LoraBlock<V extends View = View> {
  rank: number;
  parts: readonly LoraPart[];
  /** alpha / rank (of the settings, not padded); times `dims.strength` in forward. */
  scale: number;
  /** Probability that an input element is zeroed in training; 0: none. */
  dropout: number;
  /**
   * Dims slot of the dispatches that draw a mask; its `firstModule` is added to the parts' numbers, so that all layers
   * share their pipelines. None: the slot of all others.
   */
  maskDims?: number;
  a: V;
  b: V;
}

/** Gradients of a block, same layout as `a` and `b`; ops ADD to them. */
export interface LoraGradients {
  a: View;
  b: View;
}
