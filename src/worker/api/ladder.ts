import type { NamedFile } from '../../files/named-file.ts';
import type { Criterion } from '../../lab/criterion.ts';
import type { KeptRung, Skipped, Training } from '../../lab/ladder/climb.ts';
import type { Document } from '../../lab/ladder/passages.ts';
import type { LadderResult } from '../../lab/ladder/report.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { KeptExperiment } from './kept-experiment.ts';
import type { DataChoice, SavedRun } from './training.ts';

/** What a ladder is to be made of, and what was found for it: questions and answers of `WorkerApi`. */

export interface LadderRequest {
  /** The instruction; null: the system turn that most rows have. */
  prompt: string | null;
  /** Null: what the references call for. */
  metric: Criterion | null;
  raw: boolean;
  /** Of the order in which rows are shown. */
  seed: number;
  documents: Document[];
  /** Held out of the open rows, as a run with these settings does it; absent: the rows of `eval` are. */
  split?: { evalFraction: number; seed: number; most: number };
  /** What is open stays as it is, and a run is told which rows it leaves out: `LadderPlan.leftOut`. */
  keepOpen?: boolean;
}

/** Kinds of questions, and what is to be trained for each. */
export interface LadderKinds {
  /** Words that tell each from the others. */
  names: string[];
  /** What tells them apart: the model’s states, or words where the training rows are too many for it to read. */
  by: 'states' | 'words';
  /** Training questions of each. */
  training: number[];
  /** The kind of each held-out question, as a router has it. */
  heldOut: number[];
  /** For each, the places of the open rows that its adapter is not trained on: questions of the other kinds, and `leftOut`. */
  leaveOut: number[][];
}

export interface LadderPlan {
  /** Questions that are held out, and rows that have none. */
  heldOut: number;
  withoutQuestion: number;
  /** Training rows with a question, after those that are held out as well were left out. */
  rows: number;
  passages: number;
  /** Training rows that ask what a held-out row asks, and passages in which one stands: none is shown, searched or trained on. */
  removed: { rows: number; passages: number };
  instruction: string | null;
  metric: Criterion;
  /** Training rows that choose how many things stand in a prompt. */
  choosing: number;
  /** Places of the open rows that no training step may see; none where they were taken out of what is open. */
  leftOut: number[];
}

/** Measured rungs whose figures are asked for. */
export interface LadderFigures {
  rungs: KeptRung[];
  skipped: Skipped[];
  seed: number;
  metric: Criterion;
  kinds: Pick<LadderKinds, 'names' | 'heldOut'> | null;
}

/** An adapter of a ladder, as PEFT files, with what training took and what a person should know of it. */
export interface LadderAdapter {
  name: string;
  files: NamedFile[];
  training: Training;
  note: string | null;
}

/** A ladder as the page keeps it in the browser, with held-out questions and answers: all that it takes to go on. */
export interface KeptLadder extends KeptExperiment {
  version: 2;
  /**
   * By what a person would call it: what decides every rung and every adapter, what decides the answers besides, and what
   * decides the adapter of the tuned rungs and those of the parts.
   */
  decides: Record<'rows' | 'asked' | 'adapter' | 'apart', Record<string, unknown>>;
  given: LadderInputs;
  plan: LadderPlan;
  rungs: KeptRung[];
  skipped: Skipped[];
  /** Figures of those rungs; null before the first of them is measured. */
  result: LadderResult | null;
  /** Kinds of questions, once they were looked for; null where there are none. */
  kinds?: Omit<LadderKinds, 'leaveOut'> | null;
  /** The one that answers the tuned rungs. */
  adapter: LadderAdapter | null;
  /** Those of the kinds, in their order, as far as they are trained; null where they were not asked for. */
  apart: LadderAdapter[] | null;
  /** For the report. */
  facts: { model: string; modelFlag: string; device: string; data: string; heldOut: string };
}

/** What a person gave to a ladder. */
export interface LadderInputs {
  /** `choice` null: to be dropped again. */
  model: SavedRun['model'];
  data: DataChoice | null;
  /** A file of held-out rows; null: split off the data. */
  heldOut: File | null;
  documents: Document[];
  /** The instruction as it was written; empty: the common system turn. */
  prompt: string;
  /** As it was written; empty: what the references call for. */
  metric: string;
  settings: RunSettings;
}
