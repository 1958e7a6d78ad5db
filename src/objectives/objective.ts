import type { Batch, LogProbabilities } from '../data/batch.ts';
import type { BatchLayout } from '../data/batches.ts';
import type { Example } from '../data/types.ts';

/**
 * What a run minimises. An objective sees the model through log-probabilities alone, so that its gradient is
 *
 *     ∇L = Σₜ wₜ ∇(−log pₜ) / n
 *
 * over the supervised tokens t of a step: it gives the weights w and the number n, and the engine computes the rest.
 * Where the weights follow from log-probabilities (DPO: of the model and of a reference), a step is passes without
 * gradient, then `weigh`, then the pass with the gradient.
 */
export interface Objective {
  /** As the settings call it. */
  readonly name: string;
  /** What every step tells besides its loss, in the order in which it is shown. */
  readonly figures: readonly FigureInfo[];
  /** Rows of a batch that one example takes. */
  readonly rowsPerExample: number;
  /** Lays examples into a micro-batch. */
  microBatch(examples: readonly Example[], layout: BatchLayout): MicroBatch;
  /** n: what the loss of these micro-batches is a mean over. */
  count(batches: readonly Batch[]): number;
  /**
   * Weights, loss and figures of a step from its passes. An objective without this knows its weights beforehand (those
   * of `MicroBatch.batch`); its loss is then Σ wₜ (−log pₜ) / n, which the engine computes with the gradient.
   */
  weigh?(seen: readonly SeenBatch[]): Weighed;
}

export interface MicroBatch {
  /** What the gradient goes through. */
  batch: Batch;
  /** Passes without gradient, for `weigh`. */
  passes?: readonly Pass[];
}

export interface Pass {
  /** Examples in the order of the micro-batch; their text may be another. */
  batch: Batch;
  /** The model as it is trained, or what it is compared with: the base, without its adapter. */
  model: 'policy' | 'reference';
}

/** A micro-batch, and what each of its passes gave. */
export interface SeenBatch {
  batch: Batch;
  passes: readonly LogProbabilities[];
}

export interface Weighed {
  /** `Batch.weights` of each micro-batch. */
  weights: readonly Float32Array[];
  /** What is minimised: a mean over `count`. */
  loss: number;
  /** By `FigureInfo.key`. */
  figures: Figures;
}

export type Figures = Readonly<Record<string, number>>;

/** A named figure, as a curve or a table shows it. */
export interface FigureInfo {
  key: string;
  label: string;
  unit?: string;
  /** Where training should move it; null where neither is good in itself. */
  better: 'lower' | 'higher' | null;
}
