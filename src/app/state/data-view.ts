import { create } from 'zustand';

/** Which loss colours the trained tokens of a row. */
export type LossView = 'off' | 'before' | 'now' | 'change';

/** What the Data tab shows: the row by its place among the used ones, and which loss. */
export interface DataView {
  row: number;
  losses: LossView;
}

export const useDataView = create<DataView>(() => ({ row: 0, losses: 'off' }));
