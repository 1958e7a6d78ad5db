import type { DataOptions, DataReport } from '../../data/types.ts';
import type { NamedFile } from '../../files/named-file.ts';
import type { Criterion } from '../../lab/criterion.ts';
import type { RungRow } from '../../lab/ladder/measure.ts';
import type { Made, Measured } from '../../lab/tasks/experiment.ts';
import type { Asked, StrategyName } from '../../lab/tasks/jobs.ts';
import type { Mix } from '../../lab/tasks/mix.ts';
import type { TasksResult } from '../../lab/tasks/result.ts';
import type { Budget } from '../../lab/tasks/steps.ts';
import type { SiteCosines } from '../../merging/cosine.ts';
import type { IntruderOptions } from '../../merging/intruders.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { KeptExperiment } from './kept-experiment.ts';

/** Several tasks that are learned side by side: questions and answers of `WorkerApi`. */

export interface TasksRequest {
  /** The rows of each task; `heldOut` null: a share of them is split off. */
  tasks: readonly { name: string; file: File; heldOut: File | null }[];
  /** General rows that are mixed in: the page’s own, or a file; null: none. */
  replay: 'general' | File | null;
  /** How rows are read. */
  options: Pick<DataOptions, 'maxLength' | 'raw' | 'mapping' | 'rowKind'>;
  /** Share of a task’s rows that is split off, and the seed of which. */
  fraction: number;
  seed: number;
  /** Null: what each task’s references call for. */
  metric: Criterion | null;
}

export interface TasksPlan {
  tasks: TaskPlan[];
  replay: { name: string; sha256: string; rows: number; removed: number } | null;
  /** General rows that measure what training cost elsewhere, and are never replayed. */
  elsewhere: number;
  /** Of the rows that were split off. */
  seed: number;
}

export interface TaskPlan {
  name: string;
  report: DataReport;
  /** Of the file of held-out rows; null where they were split off. */
  heldOutReport: DataReport | null;
  /** Training rows after those were left out that ask what a held-out row of any task asks, and how many those were. */
  rows: number;
  removed: number;
  /** Questions that are held out, and rows that have none. */
  heldOut: number;
  withoutQuestion: number;
  metric: Criterion;
}

/** A task’s held-out rows with the answers that were given. */
export interface TaskAnswers {
  rows: RungRow[];
  /** Of all answers together. */
  seconds: number;
}

/** Rows that are mixed into the open training rows. */
export interface ReplayRequest {
  /** The page’s general rows, or a file. */
  replay: 'general' | File;
  /** Of all rows, those that are replayed. */
  share: number;
  /** Of which rows. */
  seed: number;
}

export interface ReduceRequest extends IntruderOptions {
  adapter: string;
  name: string;
}

export interface ReduceInfo {
  /** Under which what came of it stands on the shelf. */
  adapter: string;
  /** Intruder dimensions by matrix. */
  sites: { module: string; intruders: number }[];
}

/** An adapter of an experiment as far as it is made and measured. */
export interface KeptJob {
  seed: number;
  name: string;
  made: Made;
  /** As PEFT files; null: too large to be kept. */
  files: NamedFile[] | null;
  /** Null: it was not measured yet. */
  measured: Measured | null;
  /** Of a reduction: what was left of an intruder. */
  lambda?: number;
}

/** What is done of an experiment, to be made figures of. */
export interface TasksFiguresRequest {
  base: Measured;
  seeds: readonly number[];
  jobs: readonly Omit<KeptJob, 'files'>[];
  asked: Asked;
  /** Of the draws for intervals. */
  seed: number;
}

/** Figures of what is done so far. */
export interface TasksFigures {
  result: TasksResult;
  /** The seeds that they are means over. */
  seeds: number[];
}

/** An experiment with several tasks as the page keeps it in the browser: all that it takes to go on. */
export interface KeptTasks extends KeptExperiment {
  version: 1;
  given: TasksInputs;
  /** What decides the figures, by name. */
  identity: Record<string, unknown>;
  plan: TasksPlan;
  budget: Budget;
  base: Measured | null;
  jobs: KeptJob[];
  /** How alike the changes of the tasks are, once each was trained by itself. */
  cosines: SiteCosines[] | null;
  /** Which reductions are shown: what of an intruder they leave. */
  lambda: number;
  figures: TasksFigures | null;
  notes: string[];
}

/** What a person gave to it. */
export interface TasksInputs {
  tasks: TaskInput[];
  strategies: StrategyName[];
  /** Ways to merge, by name. */
  ways: string[];
  mix: { mix: Mix; temperature: number };
  /** `file` null: the page’s general rows. */
  replay: { file: File | null; share: number } | null;
  seeds: number[];
  /** With the steps in all, where they were set. */
  settings: RunSettings;
  /** Share of a task’s rows that is held out where it has none of its own. */
  fraction: number;
  model: { name: string; parameters: number; flag: string };
  device: string;
}

export interface TaskInput {
  name: string;
  file: File;
  /** Null: a share of the file is split off. */
  heldOut: File | null;
  /** Where the page has the file from, as a command would find it. */
  from: string;
}
