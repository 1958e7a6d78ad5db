import { create } from 'zustand';
import type { DataReport } from '../../data/types.ts';
import type { PageError } from '../shared/page-error.ts';

/** A training row whose answer came back word for word. */
export interface Recited {
  line: number;
  prompt: string;
  answer: string;
}

/** Whether the tuned model says rows that it was trained on by heart. */
export interface Recital {
  /** What the run was trained on: rows are known by their place in it, so of other data nothing can be asked. */
  of: DataReport | null;
  /** Rows asked so far whose answers are long enough to count, and rows asked at all; null: not begun. */
  asked: { counted: number; all: number } | null;
  recited: Recited[];
  /** Rows to ask in all, while it is under way. */
  total: number | null;
  error: PageError | null;
}

export const NO_RECITAL: Recital = { of: null, asked: null, recited: [], total: null, error: null };

export const useRecital = create<Recital>(() => NO_RECITAL);
