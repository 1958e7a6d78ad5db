import { create } from 'zustand';
import type { RowPart } from '../../worker/api/rows.ts';

/** Which loss colours the trained tokens of a row. */
export type LossView = 'off' | 'before' | 'now' | 'change';

/** Which rows the list has. */
export type RowFilter = RowPart | 'set-aside';

/** How rows are looked at: in the Data tab which one, by its place among the used ones, and by which loss. */
export interface DataView {
  row: number;
  losses: LossView;
  filter: RowFilter;
  /** Words that are searched for. */
  words: string;
  /** The answer whose rows are shown, by its adapter and its place: another layout of the page must not close it. */
  traced: string | null;
}

export const useDataView = create<DataView>(() => ({
  row: 0,
  losses: 'off',
  filter: 'all',
  words: '',
  traced: null,
}));
