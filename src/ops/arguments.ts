import type { View } from './memory.ts';
import type { LoraBlock, LoraGradients, Matrix, Weight } from './types.ts';

/** What operations are given; what each computes stands in operations.ts. */

export interface Embed {
  /** u32 [rows]. */
  ids: View;
  table: Weight;
  /** Id of the table's first row; 0. */
  first?: number;
  width: number;
  out: Matrix;
  scale: number;
  /** u32 position of each row; without it `dims.start` + place in the row. */
  positions?: View;
  /** Learned positions (GPT-2). */
  positionTable?: Weight;
}

export interface EmbedBackward {
  /** u32 [rows]. */
  ids: View;
  first: number;
  dout: Matrix;
  width: number;
  /** [count, width]. */
  gradient: View;
  /** Rows of the table. */
  count: number;
}

/**
 * Linear layers with a frozen weight and, where they are adapted, the adapter's products in the same operation.
 * X [T, k], W [out, k], A [parts·r, k], B [out, r], S [T, parts·r]; T is `dims.rows`.
 */
export interface LinearForward {
  x: Matrix;
  w: Weight;
  /** First row of `w` that is used; 0. */
  row0?: number;
  /** Rows of `w` used: columns of `y`. */
  n: number;
  k: number;
  y: Matrix;
  /** Float32 [n]. */
  bias?: View;
  /** [T, n]; may be `y` itself, but no other part of `y`'s buffer. */
  residual?: Matrix;
  lora?: { block: LoraBlock; s: Matrix };
  /** Slot of the dims; 0. */
  dims?: number;
  /** Rows to expect: 1 … 8 in generation, where W is read once an operation. */
  rowsHint?: number;
}

export interface LinearBackward {
  dy: Matrix;
  w: Weight;
  row0?: number;
  n: number;
  k: number;
  dx: Matrix;
  /** dX += instead of dX =. */
  accumulate?: boolean;
  lora?: { block: LoraBlock; ds: Matrix };
  dims?: number;
}

export interface LoraDown {
  x: Matrix;
  k: number;
  lora: LoraBlock;
  s: Matrix;
  /** False: no dropout. */
  training: boolean;
  dims?: number;
  rowsHint?: number;
}

export interface LoraUp {
  s: Matrix;
  lora: LoraBlock;
  y: Matrix;
  dims?: number;
  rowsHint?: number;
}

export interface LoraUpBackward {
  dy: Matrix;
  s: Matrix;
  lora: LoraBlock;
  /** Without them B is frozen, and S is not read. */
  gradients?: LoraGradients;
  ds: Matrix;
  /** Width of the linear, of all its parts. */
  n: number;
  dims?: number;
}

export interface LoraDownBackward {
  ds: Matrix;
  x: Matrix;
  k: number;
  lora: LoraBlock;
  gradients: LoraGradients;
  dims?: number;
}

export interface MaskRows extends Pick<Rows, 'x' | 'out' | 'width'> {
  mode: 'kept' | 'added' | 'left';
  /** Its dropout, and the dims slot that its mask is drawn with. */
  lora: LoraBlock;
}

export interface RowNorms extends Pick<LinearForward, 'w' | 'row0' | 'n' | 'k'> {
  lora?: LoraBlock;
  /** Float32 [n]. */
  out: View;
}

export interface MergeRounded extends Pick<LinearForward, 'w' | 'row0' | 'n'> {
  /** A multiple of 32. */
  k: number;
  lora?: LoraBlock;
  /** As many rows as `w`; `q8` or `q4` in blocks of 32 with scales in float16. */
  out: Weight;
}

/** Norms are over rows, or over each head of a row. Their weights are frozen: the backward pass gives dX alone. */
export interface RmsForward {
  x: Matrix;
  /** Another buffer than `x`. */
  y: Matrix;
  weight: View;
  width: number;
  eps: number;
  /** Saved for the backward pass: 1/rms [rows · heads]. */
  rstd: View;
  /** Gemma: weights are stored without the 1 that is added to them. */
  addOne: boolean;
  /** Heads beside one another, each normed on its own; 1. */
  heads?: number;
  /** Added to the result; another buffer than `y`. */
  residual?: Matrix;
  dims?: number;
}

export interface RmsBackward {
  dy: Matrix;
  x: Matrix;
  weight: View;
  rstd: View;
  /** Another buffer than `dy` and `x`. */
  dx: Matrix;
  width: number;
  addOne: boolean;
  /** dX += instead of dX =. */
  accumulate: boolean;
  heads?: number;
  dims?: number;
}

export interface LayerNormForward {
  x: Matrix;
  y: Matrix;
  weight: View;
  bias: View;
  width: number;
  eps: number;
  /** (mean, rstd) [rows]. */
  stat: View;
  dims?: number;
}

export interface LayerNormBackward {
  dy: Matrix;
  x: Matrix;
  weight: View;
  stat: View;
  dx: Matrix;
  width: number;
  accumulate: boolean;
  dims?: number;
}

export interface RopeArgs {
  /** `heads` heads side by side (q, then k), turned in place. */
  x: Matrix;
  heads: number;
  headDim: number;
  /** The first dimensions of each head, which turn; the rest stays. */
  rotaryDims: number;
  /** (cos, sin) [positions, rotaryDims / 2]. */
  table: View;
  /** u32 position of each row; without it `dims.start` + place in the row. */
  positions?: View;
}

/** Causal attention with grouped heads, an optional window and documents of packed rows. */
export interface AttentionShape {
  heads: number;
  /** Heads of k and v; query head h reads head ⌊h · kvHeads / heads⌋. */
  kvHeads: number;
  headDim: number;
  scale: number;
  /** A query sees itself and the window − 1 tokens before; null: all. */
  window: number | null;
}

export interface AttentionInputs extends AttentionShape {
  /** Heads side by side: q [rows, heads · headDim], k and v [rows, kvHeads · headDim]. */
  q: Matrix;
  k: Matrix;
  v: Matrix;
  o: Matrix;
  /** Log-sum-exp of the scores [heads, rows]. */
  lse: View;
  /** i32 document of each row; rows of different documents do not see each other. */
  documents?: View;
  /** Most positions of a row, where they are known, for the choice of kernels. */
  longest?: number;
}

export interface AttentionForward extends AttentionInputs {
  /** k and v are a cache of this many rows a batch row, which is filled up to each query's position. */
  kvCapacity?: number;
  /** Of a cache: as `Appended.positions`. */
  positions?: View;
  /** 1 … 3 new tokens (generation). */
  rowsHint?: number;
}

export interface AttentionBackward extends AttentionInputs {
  do: Matrix;
  dq: Matrix;
  /** Where it shares a buffer with `dv` both are columns of it. */
  dk: Matrix;
  dv: Matrix;
}

/** `gelu`: with erf; `gelu_tanh`: the approximation of GPT-2 and Gemma. */
export type Activation = 'silu' | 'gelu' | 'gelu_tanh';

export interface Gated {
  /** [gate | up] side by side, `width` columns each; with `gated` false the activation's input alone. */
  gu: Matrix;
  width: number;
  kind: Activation;
  gated: boolean;
}

/** Rows from one matrix to another; `dims.rows` of them. */
export interface Rows {
  x: Matrix;
  out: Matrix;
  width: number;
  dims?: number;
}

export interface Appended extends Rows {
  capacity: number;
  /**
   * u32 position of each row in its part of the cache, one after another within a row of the batch; without it
   * `dims.start` + place in the row.
   */
  positions?: View;
}

export interface IndexedRows extends Rows {
  /** u32. */
  index: View;
}

/** A trained factor of each column. Its gradient takes the whole of it, `dims.strength` 1. */
interface ColumnScale {
  /** Float32 [width]. */
  scale: View;
  /** What the factors are divided by, float32 [width]; ones. */
  over?: View;
  width: number;
  dims?: number;
}

export interface ScaleColumns extends ColumnScale {
  x: Matrix;
  /** Another buffer than `x`. */
  out: Matrix;
  /** Float32 [width]. */
  bias?: View;
  /** May be `out` itself, but no other part of its buffer. */
  residual?: Matrix;
}

export interface ScaleColumnsBackward extends ColumnScale {
  dy: Matrix;
  x: Matrix;
  /** May be `dy` or `x` itself, but no other part of their buffers. */
  dx: Matrix;
  /** Float32 [width], added to. */
  gradient: View;
}

export interface CrossEntropy {
  /** Those of one chunk of rows. */
  logits: Matrix;
  /** u32, f32 and f32, of all supervised rows of the batch. */
  targets: View;
  weights: View;
  losses: View;
  vocab: number;
  gradient: boolean;
  dims?: number;
}

export interface SoftCrossEntropy extends Omit<CrossEntropy, 'losses'> {
  /** f32 [3, stride]: loss, cross-entropy and KL of each supervised row. */
  losses: View;
  stride: number;
  /** The teacher's likeliest tokens of each supervised row: no more than the vocabulary has. */
  top: number;
  /** u32 [rows, top]. */
  ids: View;
  /** f32 [rows, top + 1]: the last is that of all other tokens. */
  probabilities: View;
  /** w: what KL counts, and 1 − w what the label does. */
  weight: number;
}

export interface SumLosses {
  losses: View;
  result: View;
  /** 0. */
  into?: number;
  dims?: number;
}

export interface AdamW {
  weights: View;
  gradients: View;
  m: View;
  v: View;
  count: number;
  /** See `adamwHyper` (adamw.ts). */
  hyper: View;
  result: View;
}
