import type { View } from '../../ops/memory.ts';
import type { Operations } from '../../ops/operations.ts';
import type { Matrix } from '../../ops/types.ts';
import type { AnyBuffers, Shared, SharedSizes, Sizes } from './buffers.ts';

/** What one run through the layers is emitted with. */
export interface Pass {
  ops: Operations;
  /** Dropout counts only in training. */
  training: boolean;
  /** Token ids of the rows. */
  ids?: View;
  /** With packing: positions within the document and the document of each row. With a cache: places in it. */
  positions?: View;
  documents?: View;
  /** Keys and values go to a cache of this many positions a row, and are read from it; by layer. */
  cache?: { capacity: number; layers: readonly { k: View; v: View }[] };
  /** Rows that a loss is taken on, in chunks with a slot of dims each (head.ts), and a one for each of them. */
  supervised?: { index: View; ones: View; chunkRows: number; chunks: number };
  /** Small, fixed number of rows (generation), for the choice of kernels. */
  rowsHint?: number;
  /** Most positions of a row, where they are known, for the choice of kernels. */
  longest?: number;
  /** (cos, sin) [positions, dims / 2] by kind of layer, where the model turns queries and keys. */
  rope?: { global: View; local: View } | null;
}

export interface SublayerPass extends Pass {
  shared: Shared;
}

export interface ForwardIO {
  x: Matrix;
  y: Matrix;
  /** Added to the result; may be `y` itself. */
  residual?: Matrix;
}

export interface BackwardIO {
  dy: Matrix;
  /** Emits what computes the input X again, where an adapter's gradient needs it. */
  input: () => Matrix;
  /** Takes the gradient of X. */
  dx: Matrix;
  /** Whether anything below needs that gradient. */
  wantsInput: boolean;
}

/**
 * What stands in a residual branch: attention or feed-forward, y = f(x) (+ residual). Weights are frozen, so that
 * backward forms gradients of the input and of adapters alone.
 */
export interface Sublayer {
  readonly adapted: boolean;
  /** Buffers that it keeps from its forward to its backward pass; nobody else writes to them in between. */
  kept(tokens: number): Sizes;
  /** Buffers that it needs while it runs. */
  shared(tokens: number, backward: boolean): SharedSizes;
  forward(pass: SublayerPass, kept: AnyBuffers, io: ForwardIO): void;
  /** May overwrite what was kept: a block's backward pass runs once. */
  backward(pass: SublayerPass, kept: AnyBuffers, io: BackwardIO): void;
}

export function matrix(view: View, stride: number, column = 0): Matrix {
  return { view, stride, column };
}
