import { create } from 'zustand';
import type { RunSettings, SettingKey } from '../../run/settings/list.ts';
import type { PageError } from '../shared/page-error.ts';
import type { RunView } from './run.ts';
import { setApp } from './store.ts';

/** One short run of a sweep. */
export interface Trial {
  value: number;
  run: RunView;
  /** What it said to the question; null: not asked, or not yet. */
  answer: string | null;
}

/** Short runs that differ in one setting: which is asked about, and what was measured of which. */
export interface Sweep {
  opened: boolean;
  setting: SettingKey;
  /** The setting that the trials are of, with all that decides them; null before any. */
  of: { key: SettingKey; identity: string; settings: RunSettings; steps: number } | null;
  /** Those that have begun, in their order. */
  trials: Trial[];
  question: string | null;
  /** What the base says to it, where that is known. */
  base: string | null;
  /** Which of them is under way, and what it is at; null: none. */
  now: { place: number; of: number; what: string } | null;
  /** Seconds; null: not known yet. */
  left: number | null;
  stopping: boolean;
  error: PageError | null;
}

export const useSweep = create<Sweep>(() => ({
  ...{ opened: false, setting: 'learningRate', of: null, trials: [], question: null, base: null },
  ...{ now: null, left: null, stopping: false, error: null },
}));

/** Opens what there is to see of a setting; what is not measured yet is begun there. */
export function openSweep(setting: SettingKey): void {
  setApp({ drawer: false });
  useSweep.setState({ opened: true, setting, error: null });
}
