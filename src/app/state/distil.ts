import { create } from 'zustand';
import type { NamedFile } from '../../files/named-file.ts';
import type { KeptDistil, ModelChoice } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';
import { whenErased } from './keeping.ts';
import type { ModelPick } from './model-pick.ts';

export type Role = 'teacher' | 'student';
/** Stages in their order, as a person reads them. */
export const STAGES = [
  'the rows',
  'the teacher on the held-out rows',
  'the teacher makes rows',
  'the student before training',
  'the student on the rows alone',
  'the student on the rows and those made',
] as const;

/** A distillation: what the person gives to it, what it is at, and what it has made and measured. */
export interface DistilView {
  teacher: ModelPick;
  student: ModelPick;
  /** Whether the adapter that answers on the page answers as the teacher, where the open model is it. */
  withTuned: boolean;
  /** Files of an adapter on the teacher. */
  adapter: { name: string; files: NamedFile[] } | null;
  /** A file of held-out rows; null: a quarter of the rows. */
  heldOut: File | null;
  /** A file of questions; null: the teacher writes them. */
  prompts: File | null;
  /** Questions that the teacher is to answer, as typed; empty: all of the file's, or as many as there are rows. */
  wanted: string;
  /** Whether it waits once the rows are made, so that the person can look at them. */
  look: boolean;
  /** What this browser keeps has been asked for. */
  loaded: boolean;
  /** The distillation that is shown. */
  kept: KeptDistil | null;
  /** It is of an earlier visit. */
  restored: boolean;
  /** Of what the browser could not keep, what was chosen again. */
  again: Partial<Record<Role, ModelChoice>> & { adapter?: NamedFile[] };
  /** Which stage is under way, as its place. */
  now: number | null;
  error: PageError | null;
  warnings: string[];
}

export const NO_DISTIL: DistilView = {
  ...{ teacher: { kind: 'open' }, student: { kind: 'bundled' }, withTuned: true, adapter: null },
  ...{ heldOut: null, prompts: null, wanted: '', look: true },
  ...{ loaded: false, kept: null, restored: false, again: {} },
  ...{ now: null, error: null, warnings: [] },
};

export const useDistil = create<DistilView>(() => NO_DISTIL);

whenErased(() => useDistil.setState({ kept: null, restored: false, again: {} }));
