import { create } from 'zustand';
import type { SweepPoint } from '../../lab/merging/sweep.ts';
import type { MergeInfo, MergeRequest } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';

/** What a sweep of weights was measured with. */
export interface SweptMerge {
  /** The same where the same would be measured. */
  key: string;
  sources: readonly { id: string; name: string; rank: number | null }[];
  options: Omit<MergeRequest, 'adapters'>;
  /** Held-out rows, a task each. */
  files: readonly File[];
  raw: boolean;
  maxLength: number;
  baseDtype: string;
  model: string;
  /** As the command takes it. */
  modelFlag: string;
}

export interface MergeSweep {
  /** Held-out rows by the adapter that they are for. */
  rows: Readonly<Record<string, File>>;
  /** What was measured last; null: nothing yet. */
  of: SweptMerge | null;
  base: readonly number[] | null;
  points: readonly SweepPoint[];
  /** Weights to try in all. */
  total: number;
  /** Of the weights with the least mean loss, once all were tried. */
  made: MergeInfo | null;
  /** What was found in the rows: those that are left out or cut among it. */
  notes: readonly string[];
  error: PageError | null;
}

export const NO_SWEEP: MergeSweep = {
  ...{ rows: {}, of: null, base: null, points: [], total: 0, made: null, notes: [], error: null },
};

export const useMergeSweep = create<MergeSweep>(() => NO_SWEEP);
