import { heldOutCount, MAX_HELD_OUT_ROWS, stepsPerEpoch } from '../../data/batches.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { count } from '../shared/format.ts';

/** How often a run has seen its rows: `1.5 epochs over 180 training rows`. Rows that were held out do not count. */
export function epochsText(settings: RunSettings, used: number, steps: number): string {
  const rows = used - heldOutCount(used, settings.evalFraction, MAX_HELD_OUT_ROWS);
  const { batch, accumulate } = settings;
  const perEpoch = stepsPerEpoch(rows, batch, accumulate);
  // The last step of an epoch may have fewer rows.
  const rest = Math.min(rows, (steps % perEpoch) * batch * accumulate);
  const epochs = Math.floor(steps / perEpoch) + rest / rows;
  const text = String(Number(epochs.toFixed(1)));
  return `${text} ${text === '1' ? 'epoch' : 'epochs'} over ${count(rows)} training rows`;
}
