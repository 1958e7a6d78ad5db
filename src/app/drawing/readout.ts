import { loss } from '../shared/format.ts';
import type { Aligned } from './aligned.ts';

/**
 * What the curve says at a place: step, smoothed loss, the step's own, and the held-out loss, which between two
 * measurements is that of the one before, with its step. Null where nothing was measured.
 */
export function readout([steps, raw, smooth, held]: Aligned, index: number): string | null {
  if (index >= steps.length) return null;
  const parts = [`step ${steps[index]}`];
  const add = (value: number | null, name: string) => {
    if (value !== null) parts.push(`${name} ${loss(value)}`);
  };
  add(smooth[index], 'smoothed');
  add(raw[index], 'this step');
  const measured = held.findLastIndex((value, i) => i <= index && value !== null);
  if (measured === index) add(held[index], 'held-out');
  else if (measured >= 0) add(held[measured], `held-out at step ${steps[measured]}:`);
  return parts.length > 1 ? parts.join(' · ') : null;
}
