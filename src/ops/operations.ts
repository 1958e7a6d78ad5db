import type { View } from './memory.ts';
import type { LoraBlock, LoraGradients, Matrix, Weight } from './types.ts';

/**
 * What can be computed: the operations that a program is made of. Whoever writes a program (model/sublayers) calls
 * them in order and knows neither kernels nor devices; an executor implements them. `webgpu/operations.ts` records
 * dispatches; the float64 of each stands in `reference/`.
 *
 * An operation works on `rows` rows, which with `batch`, `length` and the rest come from a slot of dims when the program
 * runs (dims.ts); all other sizes are arguments. Ranges that an operation writes must not overlap those it
 * reads, unless it says so.
 */
export interface Operations {
  /** out[row] = table[ids[row] − first] · scale (+ positionTable[position]); rows of other ids are left as they are. */
  embed(args: Embed): void;
  /** gradient[i] += Σ dout[row] over the rows with ids[row] = first + i, for a table that is trained. */
  embedBackward(args: EmbedBackward): void;

  /** Y = X·W[row0 : row0 + n]ᵀ (+ bias) (+ residual) (+ scale · dims.strength · S·Bᵀ). */
  linearForward(args: LinearForward): void;
  /** dX = dY·W[row0 : row0 + n] (+ dX) (+ Σ_p M_p∘(dS_p·A_p)), M_p the dropout mask of part p. */
  linearBackward(args: LinearBackward): void;
  /** S = X̃·Aᵀ [T, parts · rank], X̃ = M∘X / (1 − p) with one mask M a part (dropout-hash.ts). */
  loraDown(args: LoraDown): void;
  /** Y += scale · dims.strength · S·Bᵀ, part by part: the adapter's product alone. */
  loraUp(args: LoraUp): void;
  /** dS = scale·dY·B, part by part, and dB += scale·dYᵀS where it has gradients. */
  loraUpBackward(args: LoraUpBackward): void;
  /** dA += dSᵀ·X̃. */
  loraDownBackward(args: LoraDownBackward): void;
  /** X̃ = M∘X / (1 − p), M the mask of a one-part adapter: `kept` out = X̃, `added` out += X̃, `left` out = X − X̃. */
  maskRows(args: MaskRows): void;
  /**
   * out[j] = ‖W[row0 + j] (+ scale·B[j]·A)‖₂, n of them, with the A of the part that j is in; at least 1e-30, so that
   * what is divided by it is finite.
   */
  rowNorms(args: RowNorms): void;
  /**
   * out[row0 : row0 + n] = W[row0 : row0 + n] (+ scale · dims.strength · B·A, part by part), each 32 columns of a row
   * rounded as ggml's Q8_0 or Q4_0, which is the type of `out` (reference/rounding.ts).
   */
  mergeRounded(args: MergeRounded): void;

  /** y = x · rstd · w, rstd = 1/√(mean(x²) + ε), over `width` floats (arXiv 1910.07467). */
  rmsNormForward(args: RmsForward): void;
  /** With g = dy·w: dx (+)= rstd·(g − x·rstd²·mean(g·x)). */
  rmsNormBackward(args: RmsBackward): void;
  /** y = (x − mean)·rstd·w + b; saves (mean, rstd) [rows] (arXiv 1607.06450). */
  layerNormForward(args: LayerNormForward): void;
  /** With g = dy·w, x̂ = (x − mean)·rstd: dx (+)= rstd·(g − mean(g) − x̂·mean(g·x̂)). */
  layerNormBackward(args: LayerNormBackward): void;

  /** (a, b) → (a·cos − b·sin, b·cos + a·sin) for the pairs (j, j + rotaryDims/2) of each head (arXiv 2104.09864). */
  ropeForward(args: RopeArgs): void;
  /** The gradient turns back by the same angles. */
  ropeBackward(args: RopeArgs): void;

  /** P = softmax(scale · QKᵀ over the keys in reach);  O = P V. Saves O and the log-sum-exp of the scores. */
  attentionForward(args: AttentionForward): void;
  /** dV = Pᵀ dO;  dS = P∘(dO·Vᵀ − D), D = rowsum(dO∘O);  dQ = scale·dS·K;  dK = scale·dSᵀQ (arXiv 2307.08691). */
  attentionBackward(args: AttentionBackward): void;

  /** act = f(gate) · up, or f(x) (SwiGLU and GeGLU: arXiv 2002.05202). */
  gatedForward(args: Gated & { act: Matrix }): void;
  /** Writes dgate = dact·up·f′(gate) and dup = dact·f(gate) over gate and up. */
  gatedBackward(args: Gated & { dact: Matrix }): void;

  /** out[i] = x[index[dims.offset + i]]. */
  gatherRows(args: IndexedRows): void;
  /** out[index[dims.offset + i]] = x[i]. */
  scatterRows(args: IndexedRows): void;
  /** out += factor · x. */
  addRows(args: Rows & { factor?: number }): void;
  /** Into a cache of `capacity` rows for each row of the batch, after those that it holds. */
  appendRows(args: Appended): void;

  /** out = f∘x (+ bias) (+ residual), column by column f = 1 + dims.strength · (scale / over − 1). */
  scaleColumns(args: ScaleColumns): void;
  /** gradient += Σ_rows dy∘x / over;  dx = scale / over ∘ dy. */
  scaleColumnsBackward(args: ScaleColumnsBackward): void;

  /**
   * losses[dims.offset + i] = w_i · (lse(z_i) − z_i[target_i]); with `gradient` the logits become
   * w_i · (softmax(z_i) − onehot(target_i)) · dims.scale, the gradient of dims.scale · Σ losses.
   */
  crossEntropy(args: CrossEntropy): void;
  /**
   * The same with a teacher's soft targets, and the parts of the loss beside it (reference/soft-targets.ts):
   * w_i · ((1 − w) · CE_i + w · KL_i). The logits are overwritten, by the gradient or by nothing that is of use.
   */
  softCrossEntropy(args: SoftCrossEntropy): void;
  /** result[into] += Σ losses[0 … dims.rows), in a fixed order. */
  sumLosses(args: SumLosses): void;

  /** result[1] = ‖gradients‖₂; result[2] = 1 where it and the loss result[0] are finite, else 0. */
  gradNorm(args: { gradients: View; count: number; result: View }): void;
  /**
   * One AdamW step over flat float32 buffers, as torch.optim.AdamW (arXiv 1711.05101), after clipping by the global
   * norm in `result[1]`; nothing changes where `result[2]` is 0.
   */
  adamw(args: AdamW): void;

  /** Zeroes a range before what follows. */
  clear(view: View): void;
  /** Memory of at least this size whose content nobody keeps, shared by all who ask for the same name. */
  scratch(name: string, bytes: number): View;
}

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
