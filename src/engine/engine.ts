import type { Batch, LogProbabilities, SoftTargets } from '../data/batch.ts';
import { UserError } from '../errors.ts';
import type { AdapterSettings, AdapterWeights } from '../methods/types.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { AdapterModule } from '../model/modules.ts';
import type { AdamWSettings } from '../ops/adamw.ts';

/**
 * The seam between training and what computes it. Two engines of the product implement this: `gpu/engine.ts` (our
 * kernels on WebGPU) and `processor/engine.ts` (our kernels in WebAssembly). `plain/engine.ts`, in tfjs ops, is the
 * benchmark's baseline.
 */

/** The learning rate is that of the method's first optimizer group; others are multiples of it. */
export type OptimizerSettings = AdamWSettings;

export interface StepResult {
  /** Σ wₜ · (−log pₜ) / divisor over the supervised tokens t of all micro-batches. */
  loss: number;
  /** Global L2 norm of the gradient before clipping. */
  gradNorm: number;
  /** False where loss or gradient was not finite: the update was then skipped. */
  applied: boolean;
  /** Of soft targets, over the divisor too. */
  parts?: LossParts;
}

/** What a loss of soft targets is made of. */
export interface LossParts {
  /** −log p of the labels. */
  crossEntropy: number;
  /** KL(teacher ‖ student). */
  divergence: number;
}

/** AdamW's moments, in the order of `Engine.modules`: A then B of each, float32, concatenated. */
export interface OptimizerState {
  m: Float32Array;
  v: Float32Array;
}

export interface MemoryReport {
  plan_bytes: number;
  peak_bytes: number;
  base_bytes: number;
  adapter_bytes: number;
  optimizer_bytes: number;
  activation_bytes: number;
}

export interface EngineInfo {
  /** `webgpu` (hardware), `software` (webgpu without a GPU), `wasm`, `cpu`. */
  device: 'webgpu' | 'software' | 'wasm' | 'cpu';
  gpu: { vendor: string; architecture: string; description: string; features: string[] } | null;
  /** Op → variant chosen by the tuner. */
  kernels: Record<string, string>;
  dispatchesPerStep: number | null;
  submitsPerStep: number | null;
}

/** Incremental generation over one sequence; the engine keeps the keys and values. */
export interface DecodeSession {
  /** Appends tokens and returns the logits [vocab] after the last of them. */
  feed(ids: readonly number[]): Promise<Float32Array>;
  close(): void;
}

/** Several sequences side by side: as many tokens of each as are given, none of one that has ended. */
export interface BatchDecodeSession {
  /** After the prompts, which may be of different lengths, at most one token each. @returns logits [vocab] of each */
  feed(ids: readonly (readonly number[])[]): Promise<Float32Array[]>;
  close(): void;
}

export interface Engine {
  readonly config: DecoderConfig;
  readonly adapterSettings: AdapterSettings;
  /** Adapted layers, in layer order, then q, k, v, o, gate, up, down (a family's own order elsewhere). */
  readonly modules: readonly AdapterModule[];
  /** Positions that it knows, at most the model's own: a longer text cannot be read or answered. */
  readonly positions: number;

  setAdapter(weights: AdapterWeights): Promise<void>;
  getAdapter(): Promise<AdapterWeights>;
  getOptimizer(): Promise<OptimizerState>;
  setOptimizer(state: OptimizerState): Promise<void>;

  /**
   * Forward, backward and one AdamW update over all micro-batches, along the gradient Σ wₜ ∇(−log pₜ) / divisor with
   * the weights w of each batch; of batches with soft targets along that of their loss (ops/reference/soft-targets.ts).
   *
   * @param step from 1
   * @param divisor where it is not the number of supervised tokens of all micro-batches
   */
  step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult>;
  /**
   * Σ wₜ · (−log pₜ) and the number of supervised tokens; adapter scaled by `strength` (0: the base alone). Of a batch
   * with soft targets the sum of its loss, and those of the parts.
   */
  evaluate(batch: Batch, strength: number): Promise<{ lossSum: number; tokens: number; parts?: LossParts }>;
  /**
   * What the model gives to the supervised tokens, whatever they weigh: no gradient, no dropout.
   *
   * @param by an adapter in place of its own, which is there again afterwards; nothing comes between
   */
  logProbabilities(batch: Batch, strength: number, by?: AdapterWeights): Promise<LogProbabilities>;
  /**
   * What the model gives to the supervised tokens: the likeliest `top` of the first `vocab` tokens of its vocabulary, and
   * one probability for all others.
   */
  likeliest(batch: Batch, strength: number, asked: { top: number; vocab: number }): Promise<SoftTargets>;
  /**
   * ∂/∂θ Σ wₜ · (−log pₜ) / n over the n supervised tokens, by the adapter as it is at full strength: what a step would go
   * along, flat in the order of `OptimizerState`. Nothing is updated. Dropout is drawn where the adapter has any. Absent in
   * the benchmark's baseline.
   */
  gradient?(batch: Batch): Promise<Float32Array>;
  /** Logits [ids.length, vocab] of one row. */
  logits(ids: readonly number[], strength: number): Promise<Float32Array>;
  /**
   * Keys (rotated) and values of the base for these tokens in each layer, [ids, kvHeads · headDim] each: keys of the first
   * layer, its values, keys of the second, … Absent in the benchmark's baseline.
   */
  keysAndValues?(ids: readonly number[]): Promise<Float32Array[]>;
  /**
   * The mean of the base's hidden states over a sequence's tokens after the first, [hidden]: layer 0 is the embeddings, layer l
   * the residual stream after l blocks. The first token is left out because it collects the attention that no other token
   * needs, in activations a thousand times as large as those of words (Sun et al., arXiv 2402.17762). Absent in the
   * benchmark's baseline.
   *
   * @param ids at least one, and no more than fit into a batch
   */
  pooledState?(ids: readonly number[], layer: number): Promise<Float32Array>;
  decode(maxLength: number, strength: number): Promise<DecodeSession>;
  /** How many sequences of this length are best decoded side by side; absent: one. */
  sequencesAtOnce?(maxLength: number): number;
  /** So many sequences, a power of two that is no more than `sequencesAtOnce` gave for this length or a longer one. */
  decodeBatch?(sequences: number, maxLength: number, strength: number): Promise<BatchDecodeSession>;
  /** ‖s·BA‖ / ‖W‖ of each module, in the order of `modules`; null where the base norm is not known. */
  movement(): Promise<Float32Array | null>;

  memory(): MemoryReport;
  info(): EngineInfo;
  /**
   * Frees everything but what engines share, once all that was asked for before is done. What is asked for later is
   * refused with `EngineGone`.
   */
  dispose(): Promise<void>;
}

/** An engine was asked after another had taken its place. */
export class EngineGone extends UserError {
  constructor() {
    super('engine-gone', 'The model was set up anew for a run, which ended this answer. Ask again.');
  }
}

/** Limits that an engine is built for; buffers are allocated once for them. */
export interface EngineShape {
  maxRows: number;
  maxLength: number;
}
