import type {
  AdamW,
  Appended,
  AttentionBackward,
  AttentionForward,
  CrossEntropy,
  Embed,
  EmbedBackward,
  Gated,
  IndexedRows,
  LayerNormBackward,
  LayerNormForward,
  LinearBackward,
  LinearForward,
  LoraDown,
  LoraDownBackward,
  LoraUp,
  LoraUpBackward,
  MaskRows,
  MergeRounded,
  RmsBackward,
  RmsForward,
  RopeArgs,
  RowNorms,
  Rows,
  ScaleColumns,
  ScaleColumnsBackward,
  SoftCrossEntropy,
  SumLosses,
} from './arguments.ts';
import type { View } from './memory.ts';
import type { Matrix } from './types.ts';

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
