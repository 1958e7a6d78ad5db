import type { Batch, LogProbabilities } from '../data/batch.ts';
import type { BatchLayout } from '../data/batches.ts';
import type { RowKind } from '../data/forms/row.ts';
import type { Example, Labelled } from '../data/types.ts';
import type { LossParts } from '../engine/engine.ts';
import type { SoftLoss } from '../model/sublayers/head.ts';
import type { ObjectiveName } from './names.ts';

/**
 * What a run minimises. An objective sees the model through log-probabilities alone, so that its gradient is
 *
 *     ∇L = Σₜ wₜ ∇(−log pₜ) / n
 *
 * over the supervised tokens t of a step: it gives the weights w and the number n, and the engine computes the rest.
 * Where the weights follow from log-probabilities (DPO: of the model and of a reference), a step is passes without
 * gradient, then `weigh`, then the pass with the gradient. Where a teacher's probabilities are learned (`soft`) the
 * gradient is that of their loss, which the engine computes by itself from what lies in the batch.
 */
export interface Objective {
  /** As the settings call it. */
  readonly name: ObjectiveName;
  /** What it learns from. */
  readonly rows: RowKind;
  /** What every step tells besides its loss, in the order in which it is shown. */
  readonly figures: readonly FigureInfo[];
  /** Rows of a batch that one example takes. */
  readonly rowsPerExample: number;
  /** Compares the model with what it began as. */
  readonly hasReference?: boolean;
  /** Learns from a teacher's probabilities, which the rows then bring along. */
  readonly soft?: SoftLoss;
  /** Puts the answer of one row after the prompt of another, so that a row may be as long as both. */
  readonly recombines?: boolean;
  /** Lays examples into a micro-batch. */
  microBatch(examples: readonly Example[], layout: BatchLayout): MicroBatch;
  /** n: what the loss of these micro-batches is a mean over. */
  count(batches: readonly Batch[]): number;
  /**
   * Weights, loss and figures of a step from its passes. An objective without this knows its weights beforehand (those
   * of `MicroBatch.batch`); its loss is then Σ wₜ (−log pₜ) / n, which the engine computes with the gradient.
   */
  weigh?(seen: readonly SeenBatch[]): Weighed;
  /** The figures of a step from the parts of its loss, where it learns from a teacher. */
  figuresOf?(parts: LossParts): Figures;
  /** What held-out rows are measured by, where the objective's own value does not fall as the model gets better. */
  heldOut?: Objective;
}

export interface MicroBatch {
  /** What the gradient goes through. */
  batch: Batch;
  /** Passes without gradient by the model as it is trained. Examples in the order of the micro-batch; their text may be another. */
  policy?: readonly Batch[];
  /** The same by what it is compared with. */
  reference?: readonly ReferencePass[];
  /** The batch with nothing but its answers supervised, where the gradient goes through more. */
  answers?: Batch;
  /** Of answers with a verdict, by example: whether it is a good one. */
  good?: readonly boolean[];
  /** What a teacher saw of each example. */
  taught?: readonly Pick<Labelled, 'ids' | 'labels'>[];
}

export interface ReferencePass {
  batch: Batch;
  /** By example: what its sum is kept under, since the reference does not change. None where it is not met again. */
  keys?: readonly number[];
}

/** A micro-batch, and what each of its passes gave: of the reference Σ log p of each example. */
export interface SeenBatch extends Omit<MicroBatch, 'policy' | 'reference'> {
  policy: readonly LogProbabilities[];
  reference: readonly Float64Array[];
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

/** What can be set on objectives. */
export interface ObjectiveSettings {
  beta: number;
  gamma: number;
  /** Null: the objective's own. */
  nllWeight: number | null;
  /** Which tokens of the better row its cross-entropy is taken on. */
  nllTokens: 'answer' | 'row';
  /** Tokens that a teacher tells of each position. */
  distilTop: number;
  /** What KL to a teacher counts beside the cross-entropy. */
  distilWeight: number;
}
