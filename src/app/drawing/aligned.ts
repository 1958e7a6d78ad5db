import type { RunView } from '../state/run.ts';

/** Steps, loss of each step, smoothed loss, held-out loss: one row each, null where nothing was measured. */
export type Aligned = [number[], (number | null)[], (number | null)[], (number | null)[]];

/**
 * The curve's four rows over one axis of steps. Held-out points lie on steps that have no training loss too (step 0
 * above all), so the axis is the union of both. What is not a number is a gap.
 */
export function alignedSeries(run: Pick<RunView, 'series' | 'held'>): Aligned {
  const { series, held } = run;
  const heldOrder = held.step.map((_, i) => i).sort((i, j) => held.step[i] - held.step[j]);
  const most = series.step.length + heldOrder.length;
  const row = () => new Array<number | null>(most).fill(null);
  const steps = new Array<number>(most);
  const [losses, smooth, measures] = [row(), row(), row()];
  let i = 0;
  let j = 0;
  let at = 0;
  for (; i < series.step.length || j < heldOrder.length; at++) {
    const trained = series.step[i] ?? Number.POSITIVE_INFINITY;
    const measured = held.step[heldOrder[j]] ?? Number.POSITIVE_INFINITY;
    const step = Math.min(trained, measured);
    steps[at] = step;
    if (step === trained) {
      losses[at] = finite(series.loss[i]);
      smooth[at] = finite(series.smooth[i]);
      i++;
    }
    if (step === measured) measures[at] = finite(held.loss[heldOrder[j++]]);
  }
  const rows: Aligned = [steps, losses, smooth, measures];
  for (const one of rows) one.length = at;
  return rows;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Limits of the loss axis around what is in sight, with a little air and never below zero; one value gets room. */
export function lossRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 4];
  if (high === low) return [low * 0.5, high * 1.1 || 1];
  const air = (high - low) * 0.08;
  return [Math.max(0, low - air), high + air];
}
