import type { DataOptions, DataReport } from '../../data/types.ts';
import type { Criterion } from '../../lab/criterion.ts';
import type { RungRow } from '../../lab/ladder/measure.ts';
import type { IntruderOptions } from '../../merging/intruders.ts';

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
