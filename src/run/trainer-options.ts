import type { Dataset } from '../data/types.ts';
import type { Engine } from '../engine/engine.ts';
import type { MovedPart } from '../methods/method.ts';
import type { AdapterWeights } from '../methods/types.ts';
import type { Figures, Objective } from '../objectives/objective.ts';
import type { TrainingState } from './checkpoint.ts';
import type { RunEvent } from './events.ts';
import type { Watch } from './pause-and-stop.ts';
import type { RunSettings } from './settings/list.ts';

/** What a run is given, and what comes of it. */

export interface TrainerOptions {
  engine: Engine;
  dataset: Dataset;
  /** Rows of `dataset` that are trained on, and held out. */
  rows: Uint32Array;
  heldOut: { dataset: Dataset; rows: Uint32Array } | null;
  settings: RunSettings;
  objective: Objective;
  /** What an objective compares the model with: the adapter that the run began with; the base where there was none. */
  reference?: AdapterWeights | null;
  /** How far an adapter has moved, of a method that changes no weight by a matrix. */
  moved?: (weights: AdapterWeights) => MovedPart[] | null;
  trace: boolean;
  sampleEvery: number | null;
  /** Answers the person's prompts at this step. */
  sample: (step: number, watch: Watch) => Promise<void>;
  /** Saves the state every so many steps, and where the run is interrupted. */
  checkpoint?: { every: number | null; write(state: TrainingState): Promise<void> };
  /** Goes on from here. */
  resume?: TrainingState;
  emit: (event: RunEvent) => void;
}

export interface TrainerResult {
  steps: number;
  epochs: number;
  tokens: number;
  supervisedTokens: number;
  seconds: number;
  lossFirst: number | null;
  lossLast: number | null;
  eval: { rows: number; loss_before: number; loss_after: number; best_step: number | null } | null;
  /** The objective's own, of the last step. */
  figures: Figures | null;
  /** Ended by the person before its last step. */
  stopped: boolean;
  /** Ended by `interrupt`, to be resumed; nothing was measured at the end. */
  interrupted: boolean;
}
