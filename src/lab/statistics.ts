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

/** Rows of one group by two ways of answering, in the same order. */
export interface PairedRows {
  a: readonly Judged[];
  b: readonly Judged[];
}

/**
 * The 95 % percentile bootstrap interval of the mean over groups of shareOf(a) − shareOf(b). Rows are drawn within each group,
 * the same for both, as they are paired; of groups that are tasks none counts more for having more rows.
 */
export function bootstrapDifference(groups: readonly PairedRows[], seed: number): [number, number] {
  const random = xoroshiro128plus(seed);
  const differences = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (const { a, b } of groups) {
      const places = a.map(() => uniformInt(random, 0, a.length - 1));
      sum += shareOf(places.map((i) => a[i])) - shareOf(places.map((i) => b[i]));
    }
    return sum / groups.length;
  }).sort();
  const cut = Math.floor(0.025 * RESAMPLES);
  return [differences[cut], differences[RESAMPLES - 1 - cut]];
}

/** Of Student’s t the 97.5 % quantiles by degrees of freedom, from 1. */
const T = [
  ...[12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281],
  ...[2.201, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093],
];
/** Seeds that an interval can be taken over. */
export const MOST_SEEDS = T.length + 1;

/**
 * The 95 % interval of a mean over seeds, x̄ ± t·s/√n with Student’s t: of the few seeds that one can afford a bootstrap would
 * be far too narrow. Null of a single one.
 * @param values at most `MOST_SEEDS`
 */
export function seedInterval(values: readonly number[]): [number, number] | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = T[n - 2] * Math.sqrt(variance / n);
  return [mean - half, mean + half];
}
