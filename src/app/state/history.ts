import { create } from 'zustand';
import type { PastRun } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';

/** What a run of somebody else came to, from a short file. */
export interface OtherResult
  extends Pick<PastRun, 'id' | 'name' | 'model' | 'data' | 'dataSha256' | 'ended' | 'figure' | 'elsewhere'> {
  settings: Partial<PastRun['settings']>;
  steps: number;
  heldOut: { before: number; after: number } | null;
  curve: Omit<PastRun['curve'], 'figures'>;
}

/** A score card as a file brought it: what it says, and whether it still says what was signed. */
export interface ReadCard {
  /** Of the whole file, so that one that is opened twice is known and a changed one stands beside the true one. */
  id: string;
  name: string;
  model: string;
  data: string;
  created: string;
  task: { what: string; before: number; after: number } | null;
  loss: { before: number; after: number } | null;
  command: string;
  /** What is wrong with the signature; null: nothing was changed. */
  fault: string | null;
  /** The signing key in short, and whether it is this browser's own. */
  key: string;
  own: boolean;
}

export interface History {
  /** The newest first. */
  runs: PastRun[];
  /** What was kept on earlier visits has been read. */
  loaded: boolean;
  /** Of other people, until the tab is closed, and what of them could not be opened. */
  others: OtherResult[];
  othersNote: string | null;
  /** Score cards that were opened, until the tab is closed. */
  cards: ReadCard[];
  /** Id of the one that is pointed at: its line is drawn bold. */
  pointed: string | null;
  /** Ids of the runs laid over the loss chart. */
  shown: string[];
  /** Id of the run that the page shows now, once it has ended. */
  current: string | null;
  error: PageError | null;
}

export const useHistory = create<History>(() => ({
  runs: [],
  loaded: false,
  others: [],
  othersNote: null,
  cards: [],
  pointed: null,
  shown: [],
  current: null,
  error: null,
}));

/** What can be laid over the chart. */
export type Drawable = Pick<PastRun, 'id' | 'name' | 'model' | 'data' | 'dataSha256'> & {
  curve: Pick<PastRun['curve'], 'step' | 'loss'>;
};

export function drawable({ runs, others }: Pick<History, 'runs' | 'others'>): readonly Drawable[] {
  return others.length === 0 ? runs : [...runs, ...others];
}
