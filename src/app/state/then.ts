import { create } from 'zustand';

/** The model as it was earlier in the run that has ended: steps at which its adapter is kept, and the chosen one. */
export interface Then {
  steps: number[];
  /** Null: as the run left it. */
  step: number | null;
}

export const useThen = create<Then>(() => ({ steps: [], step: null }));
