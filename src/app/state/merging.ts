import { create } from 'zustand';
import type { MergeInfo, ShelfEntry } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';

/** What each model answered; null: not asked yet. */
export interface MergedAnswer {
  base: string | null;
  /** The base's answer is whole. */
  baseDone: boolean;
  merged: string | null;
  /** Whose whole answer that is, by the merge's id on the shelf; null while it grows. */
  by: string | null;
}

export const NOT_ANSWERED: MergedAnswer = { base: null, baseDone: false, merged: null, by: null };

export interface Merging {
  /** Adapters at hand; null until they were read. */
  entries: ShelfEntry[] | null;
  /** Whether an adapter goes into the merge, and by how much. */
  chosen: Readonly<Record<string, boolean>>;
  weights: Readonly<Record<string, number>>;
  way: string;
  /** Null: the way's own. */
  rank: number | null;
  density: number;
  seed: number;

  /** What the sliders ask for has not come yet. */
  pending: boolean;
  /** Matrices merged so far. */
  done: { done: number; total: number } | null;
  made: MergeInfo | null;
  /** Whether it and the base are asked without the chat template. */
  raw: boolean;
  error: PageError | null;

  questions: string[];
  answers: Readonly<Record<string, MergedAnswer>>;
}

export const NO_MERGING: Merging = {
  entries: null,
  ...{ chosen: {}, weights: {}, way: 'sum', rank: null, density: 0.5, seed: 0 },
  ...{ pending: false, done: null, made: null, raw: false, error: null },
  ...{ questions: [], answers: {} },
};

export const useMerging = create<Merging>(() => NO_MERGING);
