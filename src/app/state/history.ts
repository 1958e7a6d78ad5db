import { create } from 'zustand';
import type { PastRun } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';

export interface History {
  /** The newest first. */
  runs: PastRun[];
  /** What was kept on earlier visits has been read. */
  loaded: boolean;
  /** Ids of the runs laid over the loss chart. */
  shown: string[];
  /** Id of the run that the page shows now, once it has ended. */
  current: string | null;
  error: PageError | null;
}

export const useHistory = create<History>(() => ({
  runs: [],
  loaded: false,
  shown: [],
  current: null,
  error: null,
}));
