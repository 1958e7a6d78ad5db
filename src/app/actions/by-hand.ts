import type { RunSettings } from '../../run/settings/list.ts';
import { FEWEST, isWritten, wholePairs } from '../state/pairs.ts';
import { type AppState, getApp, setApp, useApp } from '../state/store.ts';
import { usePairs as openPairs } from './data.ts';
import { refreshEstimate } from './estimate.ts';
import { canTrain, train } from './run.ts';
import { changeSettings } from './settings.ts';

/** A few rows that a person types on the first screen, and a run that is fit for so few. */

/** So many are asked for. */
export const WANTED = 5;

/** An epoch of a handful of rows is a step or two, so their number is given; and none of so few can be held out. */
export const FOR_FEW: Partial<RunSettings> = { objective: null, steps: 100, batch: 5, evalFraction: 0 };

const NOTE =
  'For a few examples: 100 steps of 5 rows, none held out. Your own settings come back with other data.';

/** Whether Train is meant for what is being typed. */
export function teaches({ byHand, pairs }: Pick<AppState, 'byHand' | 'pairs'>): boolean {
  return byHand && wholePairs(pairs).length >= FEWEST;
}

/** Opens what was typed, as any other data, and trains on it. */
export async function teachByHand(): Promise<void> {
  if (!canTrain()) return;
  // First, since rows are read with the settings.
  fitSettings();
  if (!(await openPairs(getApp().pairs))) {
    putBack?.();
    return;
  }
  setApp({ byHand: false });
  // How often the prompts are asked follows from the number of steps.
  await refreshEstimate();
  await train();
}

let putBack: (() => void) | null = null;

/**
 * Settings fit for a few rows, for as long as such rows are open and nobody changes a setting. They are not in the
 * address: after a reload a sample is open again.
 */
function fitSettings(): void {
  if (putBack) return;
  const { settings: before } = getApp();
  const made = { ...before, ...FOR_FEW };
  setApp({ settings: made, recipeNote: NOTE });
  const end = () => {
    unsubscribe();
    putBack = null;
    setApp({ recipeNote: null });
  };
  putBack = () => {
    end();
    changeSettings(before);
  };
  const unsubscribe = useApp.subscribe(({ settings, dataChoice }, was) => {
    if (settings !== made) end();
    else if (dataChoice !== was.dataChoice && !isWritten(dataChoice)) putBack?.();
  });
}
