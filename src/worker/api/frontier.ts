import type { NamedFile } from '../../files/named-file.ts';
import type { Criterion } from '../../lab/criterion.ts';
import type { Training } from '../../lab/ladder/climb.ts';
import type { Candidate, FrontierResult, MeasuredPoint, Refused } from '../../lab/progression/points.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { KeptExperiment } from './kept-experiment.ts';
import type { DataChoice, PickedModel } from './training.ts';

/** Several models on the same rows: what is asked of the worker, and what the page keeps of it. */

/** What is done with a model in each precision. */
export type FrontierWork = 'train' | 'asItIs' | 'both';

export interface FrontierModel extends PickedModel {
  dtypes: BaseDtype[];
  work: FrontierWork;
}

/** What a person gave, as it was begun. */
export interface FrontierInputs {
  models: FrontierModel[];
  settings: RunSettings;
  rows: FrontierRows;
  /** The requirement as it was written; empty: none. */
  enough: string;
  /** Nothing dearer is looked at once a point meets it. */
  stopAtFirst: boolean;
}

/** The rows as files, the same for every model. */
export interface FrontierRows {
  train: File;
  heldOut: File;
  /** Columns chosen by the person. */
  mapping?: DataChoice['mapping'];
  /** Hashes of both, in hexadecimal. */
  sha256: { train: string; heldOut: string };
  /** The held-out rows were taken out of the open ones. */
  split: boolean;
  /** As `--data` names the rows. */
  flag: string;
}

/** A point that can be measured, and what decides its figures, by what a person would call it. */
export interface FrontierCandidate extends Candidate {
  /** Its model, by the place in the list. */
  of: number;
  decides: Record<string, unknown>;
}

/** A point as far as it is trained and measured. */
export interface KeptPoint {
  decides: Record<string, unknown>;
  /** What was trained, as PEFT files; null: nothing was, or it is too large to be kept. */
  adapter: NamedFile[] | null;
  training: Training | null;
  /** Null: it has not answered yet. */
  point: MeasuredPoint | null;
}

/** As the page keeps it in the browser, with its rows: all that it takes to go on. */
export interface KeptFrontier extends KeptExperiment {
  version: 1;
  given: FrontierInputs;
  /** Places of the models that were opened to be weighed, whether that was possible or not. */
  surveyed: number[];
  candidates: FrontierCandidate[];
  /** Of models that could not be opened. */
  refused: Refused[];
  /** Of points that could not be measured. */
  skipped: Refused[];
  points: KeptPoint[];
  /** How answers are judged, and training rows that ask what a held-out row asks; null before the first point. */
  about: { metric: Criterion; removed: number } | null;
  /** Of the points that are measured. */
  result: FrontierResult | null;
  /** Points that were not looked at, since a cheaper one sufficed. */
  left: number;
  device: string;
  notes: string[];
}

/** Measured points whose figures are asked for. */
export interface FrontierFigures {
  points: MeasuredPoint[];
  skipped: Refused[];
  /** As it was written; empty: none. */
  enough: string;
  seed: number;
}
