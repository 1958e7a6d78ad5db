import { create } from 'zustand';
import type { Work } from './store.ts';

/** How far the experiment is that is under way, whichever it is: there is one at a time. */
export interface LabView {
  work: Work | null;
  /** Of the work, in seconds; null: not known yet. */
  left: number | null;
  stopping: boolean;
}

export const NOTHING_UNDER_WAY: LabView = { work: null, left: null, stopping: false };

export const useLab = create<LabView>(() => NOTHING_UNDER_WAY);

/** Says what is done now, of which nothing is known yet. */
export function nowAt(what: string): void {
  useLab.setState({ work: { what, done: 0, total: null }, left: null });
}
