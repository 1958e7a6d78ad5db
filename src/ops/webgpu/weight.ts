import type { Constants } from '../../gpu/wgsl.ts';
import type { Weight, WeightType } from '../types.ts';
import type { Bindings } from './bindings.ts';

/** What every kernel that reads a frozen weight needs (shaders/weight.wgsl). */

export interface RowRange {
  weight: Weight;
  /** First row in `weight`. */
  row: number;
  n: number;
  /** Column of the result that it belongs to. */
  column: number;
}

/** Rows [row0, row0 + n) of a weight as ranges of its bindings. */
export function rowRanges(w: Weight, row0: number, n: number): RowRange[] {
  if (row0 + n > w.rows) throw new Error(`rows ${row0} … ${row0 + n} of a weight with ${w.rows}`);
  if (!w.parts) return [{ weight: w, row: row0, n, column: 0 }];
  return w.parts.flatMap(({ begin, end, weight }) => {
    const from = Math.max(begin, row0);
    const to = Math.min(end, row0 + n);
    return from < to ? [{ weight, row: from - begin, n: to - from, column: from - row0 }] : [];
  });
}

export function bindWeight(bindings: Bindings, w: Weight): Bindings {
  bindings.read('WEIGHT', w.data);
  if (w.scales && w.quant) {
    bindings.read('SCALES', w.scales);
    const { block, scaleType } = w.quant;
    const constants = { QUANT: true, SCALED: w.type !== 'nf4', SCALE_F32: scaleType === 'f32', BLOCK: block };
    Object.assign(bindings.constants, constants);
  }
  return bindings;
}

export function weightConstants(type: WeightType, k: number): Constants {
  return { K: k, K_VEC: k % 4 === 0, [type.toUpperCase()]: true };
}
