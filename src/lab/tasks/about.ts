import type { SiteCosines } from '../../merging/cosine.ts';
import type { Criterion } from '../criterion.ts';

/** What a report says beside the figures. */
export interface TasksAbout {
  tasks: readonly {
    name: string;
    metric: Criterion;
    rows: number;
    held_out: number;
    removed: number;
    without_question: number;
    steps: number;
    share: number;
  }[];
  seeds: readonly number[];
  steps: number;
  replay: { name: string; share: number; rows: number; removed: number } | null;
  /** General rows that measure what training cost elsewhere. */
  elsewhere_rows: number;
  unanswered: number;
  /** By pair of tasks, the mean over the seeds; null where no task was trained by itself. */
  cosines: readonly SiteCosines[] | null;
  /** Why there are none, where that is so. */
  why_no_cosines?: string;
}
