import type { RunSettings } from '../../run/settings/list.ts';

/** A part of the open data's used rows: as a run with this split would have them, or those that are cut. */
export type RowPart = 'all' | 'trained' | 'held-out' | 'cut';

export interface RowQuery {
  part: RowPart;
  /** In what a row asks or answers; empty: whatever it says. */
  words: string;
  split: Pick<RunSettings, 'evalFraction' | 'seed'>;
  /** Rows held out at the most. */
  most: number;
}
