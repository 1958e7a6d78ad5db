import { create } from 'zustand';
import type { PageError } from '../shared/page-error.ts';

/** A check of expectations under way, and what was answered on this visit. */
export interface Expecting {
  work: { of: string; done: number; total: number } | null;
  error: PageError | null;
  /** Of what was added last, how many were there before. */
  repeats: string | null;
  /** By when the check began and the line of the expectation. Answers are kept nowhere else. */
  answers: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const useExpecting = create<Expecting>(() => ({
  work: null,
  error: null,
  repeats: null,
  answers: {},
}));
