import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type Judged, shareOf } from '../data/metric.ts';

/** Intervals and tests over held-out rows. Everything is a pure function of its arguments, its seed among them. */

const RESAMPLES = 2000;
/** Signs drawn where there are too many rows to try all of them. */
const SIGNS = 9999;
/** With so many rows that differ, 2¹² signs, all are tried. */
const MOST_EXACT = 12;
/** Smaller differences of two sums are rounding. */
const ROUNDING = 1e-9;

/** From here two results on the same rows are measurably apart. */
export const SIGNIFICANT = 0.05;

/**
 * The 95 % percentile bootstrap interval of `shareOf`: rows are drawn with replacement, as many as there are, 2,000 times,
 * and 2.5 % of what comes out is cut off on each side (Efron and Tibshirani, An Introduction to the Bootstrap, 13.3). Where
 * every row counts the same it has no width, which is the bootstrap's known weakness and no certainty.
 */
export function bootstrapInterval(rows: readonly Judged[], seed: number): [number, number] {
  if (rows.length === 0) return [0, 0];
  const random = xoroshiro128plus(seed);
  const shares = Float64Array.from({ length: RESAMPLES }, () =>
    shareOf(rows.map(() => rows[uniformInt(random, 0, rows.length - 1)])),
  ).sort();
  const cut = Math.floor(0.025 * RESAMPLES);
  return [shares[cut], shares[RESAMPLES - 1 - cut]];
}

/**
 * Two-sided p of a paired sign-flip test (Fisher's randomisation test): if two ways of answering were alike, the
 * difference d of each row could as well have the other sign, so p is the share of signs s with |Σ s·d| ≥ |Σ d|. All 2ᵐ
 * signs are tried where at most 12 rows differ; else 9,999 are drawn, and p = (as extreme + 1) / (9,999 + 1).
 *
 * @param a, b what each row counts, [rows], in the same order
 */
export function pairedTest(a: readonly Judged[], b: readonly Judged[], seed: number): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} rows beside ${b.length}`);
  const differences = a.map((row, i) => shareOf([row]) - shareOf([b[i]])).filter((d) => d !== 0);
  const seen = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  const extreme = (sum: number) => Math.abs(sum) >= seen - ROUNDING;
  const count = differences.length;
  if (count <= MOST_EXACT) {
    let hits = 0;
    for (let signs = 0; signs < 2 ** count; signs++)
      if (extreme(differences.reduce((sum, d, i) => sum + ((signs >> i) & 1 ? -d : d), 0))) hits++;
    return hits / 2 ** count;
  }
  const random = xoroshiro128plus(seed);
  let hits = 0;
  for (let draw = 0; draw < SIGNS; draw++)
    if (extreme(differences.reduce((sum, d) => sum + (uniformInt(random, 0, 1) === 1 ? -d : d), 0))) hits++;
  return (hits + 1) / (SIGNS + 1);
}
