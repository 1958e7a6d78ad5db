import { create } from 'zustand';
import type { Document } from '../../lab/ladder/passages.ts';
import type { RungName } from '../../lab/ladder/rungs.ts';
import type { KeptLadder } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';
import { whenErased } from './keeping.ts';

/** The ladder: what the person gives to it, which rung it is at, and what it has measured. */
export interface LadderView {
  /** A file of held-out rows; null: split off the open rows. */
  heldOut: File | null;
  documents: Document[];
  /** What a person should know of the documents as they were read. */
  documentNotes: string[];
  /** Empty: the system turn that most rows share. */
  prompt: string;
  /** Empty: what the references call for. */
  metric: string;
  /** Whether the tuned rungs train an adapter, or take the one that answers on the page. */
  tunedBy: 'training' | 'shelf';
  /** What this browser keeps has been asked for. */
  loaded: boolean;
  /** The ladder that is shown. */
  kept: KeptLadder | null;
  /** It is of an earlier visit: what was given to it is not open yet. */
  restored: boolean;
  now: { name: RungName; place: number; of: number } | null;
  error: PageError | null;
  /** Of what is open, and of the training. */
  warnings: string[];
}

export const NO_LADDER: LadderView = {
  ...{ heldOut: null, documents: [], documentNotes: [], prompt: '', metric: '', tunedBy: 'training' },
  ...{ loaded: false, kept: null, restored: false },
  ...{ now: null, error: null, warnings: [] },
};

export const useLadder = create<LadderView>(() => NO_LADDER);

whenErased(() => useLadder.setState({ kept: null, restored: false }));
