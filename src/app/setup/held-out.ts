import { MAX_HELD_OUT_ROWS } from '../state/presets.ts';

/** Rows that are measured and not trained on, as the run will split them. */
export function heldOutRows(used: number, fraction: number): number {
  return Math.min(MAX_HELD_OUT_ROWS, Math.floor(used * fraction));
}
