import { heldOutCount, MAX_HELD_OUT_ROWS, stepsPerEpoch } from '../../data/batches.ts';
import type { RunSettings } from '../../run/settings.ts';
import { count } from '../shared/format.ts';

/** How often a run has seen its rows: `1.5 passes over 180 trained rows`. Rows that were held out do not count. */
export function passesText(settings: RunSettings, used: number, steps: number): string {
  const rows = used - heldOutCount(used, settings.evalFraction, MAX_HELD_OUT_ROWS);
  const { batch, accumulate } = settings;
  const perPass = stepsPerEpoch(rows, batch, accumulate);
  // The last step of a pass may have fewer rows.
  const rest = Math.min(rows, (steps % perPass) * batch * accumulate);
  const passes = Math.floor(steps / perPass) + rest / rows;
  const text = String(Number(passes.toFixed(1)));
  return `${text} ${text === '1' ? 'pass' : 'passes'} over ${count(rows)} trained rows`;
}
