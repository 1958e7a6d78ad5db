import { ROUNDED_BLOCK, type RoundedType } from '../types.ts';
import { type Dense, dense } from './linear.ts';

/**
 * ggml's Q8_0 and Q4_0 (`quantize_row_q8_0_ref`, `quantize_row_q4_0_ref` in ggml-quants.c). Of values that lie between two
 * codes the last bit decides: so these few steps are in float32, as there.
 */

const { fround } = Math;

export interface Rounded {
  /** [rows · cols]: −127 … 127 (q8), 0 … 15 (q4). */
  codes: Int32Array;
  /** d of each block, as a half. */
  scales: Float64Array;
  /** d·q (q8), d·(q − 8) (q4). */
  values: Dense;
}

/**
 * Blocks of 32 columns of x [rows, cols]. q8: d = max |x| / 127, q = x / d rounded half away from zero. q4: d = e / −8 with
 * e the first value of the largest magnitude, q = x / d + 8.5 cut to an integer of at most 15. The codes are by d itself,
 * the values by d rounded to a half.
 */
export function roundedReference(x: Dense, type: RoundedType): Rounded {
  const codes = new Int32Array(x.values.length);
  const scales = new Float64Array(x.values.length / ROUNDED_BLOCK);
  for (let block = 0; block < scales.length; block++) {
    const from = block * ROUNDED_BLOCK;
    const values = x.values.subarray(from, from + ROUNDED_BLOCK);
    const extreme = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    const d = fround(type === 'q8' ? Math.abs(fround(extreme)) / 127 : fround(extreme) / -8);
    const inverse = d === 0 ? 0 : fround(1 / d);
    scales[block] = nearestHalf(d);
    values.forEach((value, i) => {
      const scaled = fround(fround(value) * inverse);
      codes[from + i] =
        type === 'q8'
          ? Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5)
          : Math.min(15, Math.trunc(fround(scaled + 8.5)));
    });
  }
  const zero = type === 'q8' ? 0 : 8;
  const value = (i: number) => scales[Math.floor(i / ROUNDED_BLOCK)] * (codes[i] - zero);
  return { codes, scales, values: dense(x.rows, x.cols, (row, col) => value(row * x.cols + col)) };
}

/** The half nearest to a value, ties to the even one; a half has 11 bits and multiples of 2⁻²⁴. */
function nearestHalf(value: number): number {
  const size = Math.abs(value);
  if (size === 0) return 0;
  const unit = 2 ** (Math.max(-14, Math.floor(Math.log2(size))) - 10);
  const units = size / unit;
  const whole = Math.floor(units);
  const rest = units - whole;
  const up = rest > 0.5 || (rest === 0.5 && whole % 2 === 1);
  const nearest = (whole + (up ? 1 : 0)) * unit;
  return Math.sign(value) * (nearest >= 2 ** 16 ? Number.POSITIVE_INFINITY : nearest);
}
