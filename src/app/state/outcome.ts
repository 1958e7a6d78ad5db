import { create } from 'zustand';
import type { PageError } from '../shared/page-error.ts';
import type { Work } from './store.ts';

/** What is measured on the held-out rows, after a run or before one. */

export interface Side {
  answer: string | null;
  loss: number | null;
}

export interface HeldRow {
  row: number;
  /** In the file, from 1. */
  line: number;
  prompt: string;
  reference: string;
  base: Side | null;
  /** The base with examples in its prompt. */
  prompted: Side | null;
  tuned: Side | null;
}

export interface Outcome {
  /** Model, data and split that the rows belong to. */
  key: string;
  rows: HeldRow[];
  /** Examples in the prompt of `prompted`. */
  examples: number;
  /** Mean loss on the general rows, before and after. */
  elsewhere: { rows: number; before: number; after: number } | null;
  work: Work | null;
  error: PageError | null;
  /** All that was to be measured by itself has been. */
  done: boolean;
}

export const NO_OUTCOME: Outcome = {
  key: '',
  rows: [],
  examples: 0,
  elsewhere: null,
  work: null,
  error: null,
  done: false,
};

export const useOutcome = create<Outcome>(() => NO_OUTCOME);
