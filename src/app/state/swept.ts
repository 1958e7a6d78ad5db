import {
  isOfMethod,
  type RunSettings,
  type SettingKey,
  settingOf,
  withoutEffect,
} from '../../run/settings/list.ts';
import type { AppState } from './store.ts';

/** Values of a setting that are worth seeing side by side, in short runs that differ in nothing else. */
export interface Swept {
  values: readonly number[];
  /** What has to follow the value, so that it alone makes the difference. */
  follows?(value: number, settings: RunSettings): Partial<RunSettings>;
  /** The same in words. */
  note?: string;
}

/** One line makes a setting of one number one that can be compared; the values rise. */
export const SWEPT: Partial<Record<SettingKey, Swept>> = {
  learningRate: { values: [0.0003, 0.001, 0.01] },
  rank: {
    values: [1, 8, 64],
    // The adapter's output is scaled by alpha ÷ rank, or by alpha ÷ √rank.
    follows: (rank, settings) => {
      const times = rank / settings.rank;
      return { alpha: settings.alpha * (settings.rslora ? Math.sqrt(times) : times) };
    },
    note: 'Alpha follows the rank, so that each adapter’s output is scaled alike.',
  },
  alpha: { values: [4, 16, 128] },
  dropout: { values: [0, 0.1, 0.5] },
  weightDecay: { values: [0, 0.1, 1] },
  virtualTokens: { values: [2, 8, 32] },
};

/** How a setting is compared with these settings; null: it is not, or has no effect here. */
export function sweptOf(
  key: string,
  { settings, adapter }: Pick<AppState, 'settings' | 'adapter'>,
): Swept | null {
  const swept = SWEPT[key as SettingKey];
  if (!swept) return null;
  const setting = settingOf(key as SettingKey);
  // An adapter that is trained further keeps its own shape.
  if (adapter?.goOn && setting.ofAdapter) return null;
  const idle = withoutEffect(setting, { settings, heldOut: settings.evalFraction > 0 });
  return idle === null && isOfMethod(setting, settings.method) ? swept : null;
}

/** The settings of the run with that value. */
export function withValue(key: SettingKey, value: number, settings: RunSettings): Partial<RunSettings> {
  return { [key]: value, ...SWEPT[key]?.follows?.(value, settings) };
}

/** Seconds that one run should take, and steps where no step was timed yet; fewer show nothing, more take too long. */
const SECONDS = 18;
const UNTIMED = 60;
const [FEWEST, MOST] = [20, 120];

/** Steps of each run: never more than the run has that the settings stand for. */
export function trialSteps(estimate: { steps: number; seconds: number | null } | null): number {
  if (!estimate) return UNTIMED;
  const { steps, seconds } = estimate;
  const fitting = seconds ? Math.round((SECONDS * steps) / seconds) : UNTIMED;
  return Math.max(1, Math.min(steps, MOST, Math.max(FEWEST, fitting)));
}
