import { stepsPerEpoch } from '../data/batches.ts';
import type { RunSettings } from './settings/list.ts';

/** Optimizer steps of a run over so many training rows: as set, else those of its epochs. */
export function totalSteps(
  { steps, epochs, batch, accumulate }: Pick<RunSettings, 'steps' | 'epochs' | 'batch' | 'accumulate'>,
  rows: number,
): number {
  return steps ?? epochs * stepsPerEpoch(rows, batch, accumulate);
}

/**
 * Learning rate of an optimizer step, as transformers' `get_scheduler` gives it.
 *
 * With k = step − 1 and w warm-up steps: k / w while k < w; then linear (total − k) / (total − w), cosine
 * ½ (1 + cos(π (k − w) / (total − w))), constant 1; all times the peak. With a warm-up, our constant is what it calls
 * `constant_with_warmup`: its `constant` has none.
 *
 * @param step from 1.
 */
export function learningRate(
  settings: Pick<RunSettings, 'learningRate' | 'schedule' | 'warmup'>,
  step: number,
  total: number,
): number {
  const { learningRate: peak, schedule, warmup } = settings;
  const k = step - 1;
  if (k < warmup) return (peak * k) / Math.max(1, warmup);
  if (schedule === 'constant') return peak;
  const span = Math.max(1, total - warmup);
  if (schedule === 'linear') return peak * Math.max(0, (total - k) / span);
  return peak * Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (k - warmup)) / span)));
}
