import { create } from 'zustand';
import type { PointName } from '../../lab/progression/points.ts';
import type { BaseDtype, FrontierWork, KeptFrontier, ModelChoice } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';
import { whenErased } from './keeping.ts';
import type { ModelPick } from './model-pick.ts';

/** A model of the list as it is picked, with what is to be measured of it. */
export interface FrontierPick {
  /** For the list alone. */
  key: number;
  pick: ModelPick;
  dtypes: BaseDtype[];
  work: FrontierWork;
}

/** Several models on the same rows: what the person gives, which point is under way, and what was measured. */
export interface FrontierView {
  models: FrontierPick[];
  /** While what is given is changed: the rows as they were, or those that are open on the page. */
  rows: 'kept' | 'open';
  /** A file of held-out rows; null: a quarter of the rows. */
  heldOut: File | null;
  /** What suffices, as typed; empty: nothing is required. */
  enough: string;
  stopAtFirst: boolean;
  /** What this browser keeps has been asked for. */
  loaded: boolean;
  /** What is shown. */
  kept: KeptFrontier | null;
  /** It is of an earlier visit. */
  restored: boolean;
  /** What is given is being changed, with what was measured in sight. */
  changing: boolean;
  /** Models of folders and files that were chosen again, by their place in the list. */
  again: Record<number, ModelChoice>;
  now: { point: PointName; place: number; of: number } | null;
  error: PageError | null;
  warnings: string[];
}

/** Without asking: the precisions that `frontier` takes by itself. */
export const USUAL_DTYPES: readonly BaseDtype[] = ['f16', 'q8', 'q4'];

export const NO_FRONTIER: FrontierView = {
  models: [{ key: 0, pick: { kind: 'open' }, dtypes: [...USUAL_DTYPES], work: 'train' }],
  ...{ rows: 'open', heldOut: null, enough: '', stopAtFirst: false },
  ...{ loaded: false, kept: null, restored: false, changing: false, again: {} },
  ...{ now: null, error: null, warnings: [] },
};

export const useFrontier = create<FrontierView>(() => NO_FRONTIER);

whenErased(() => useFrontier.setState({ kept: null, restored: false, changing: false, again: {} }));
