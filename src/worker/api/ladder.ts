import type { Criterion } from '../../lab/criterion.ts';
import type { Document } from '../../lab/ladder/passages.ts';

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
  /** For each, the places of the open training rows that its adapter is not trained on: questions of the other kinds. */
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
}
