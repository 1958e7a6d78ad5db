import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { dot } from '../methods/lora/starts/vectors.ts';
import { unit } from './directions.ts';

/** Groups of directions. Everything is a pure function of its arguments, its seed among them. */

/** Beginnings that are tried. */
const BEGINNINGS = 4;
const MOST_ROUNDS = 50;

/**
 * Spherical k-means (Dhillon and Modha, 2001): each direction is of the group whose mean direction m it has the largest
 * d·m with, and Σ d·m is made as large as it gets from k-means++ beginnings.
 *
 * @param directions of length 1 each
 * @returns the group of each, in [0, count); groups are numbered in the order of their first member
 */
export function kMeans(directions: readonly Float64Array[], count: number, seed: number): number[] {
  const random = xoroshiro128plus(seed);
  let best: { groups: number[]; sum: number } | null = null;
  for (let beginning = 0; beginning < BEGINNINGS; beginning++) {
    const found = settle(directions, begin(directions, count, random));
    if (!best || found.sum > best.sum) best = found;
  }
  const order = [...new Set(best!.groups)];
  return best!.groups.map((group) => order.indexOf(group));
}

/** k-means++: each next mean is drawn by how far 1 − d·m directions are from the nearest so far. */
function begin(directions: readonly Float64Array[], count: number, random: RandomGenerator): Float64Array[] {
  const means = [directions[uniformInt(random, 0, directions.length - 1)]];
  while (means.length < count) {
    const far = directions.map((one) => Math.max(0, 1 - Math.max(...means.map((mean) => dot(one, mean)))));
    let rest = uniformFloat64(random) * far.reduce((sum, distance) => sum + distance, 0);
    let at = 0;
    while (at < far.length - 1 && rest >= far[at]) rest -= far[at++];
    means.push(directions[at]);
  }
  return means;
}

function settle(directions: readonly Float64Array[], begun: readonly Float64Array[]) {
  let means = begun;
  let groups: number[] = [];
  let sum = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    sum = 0;
    const next = directions.map((one) => {
      const cosines = means.map((mean) => dot(one, mean));
      const top = Math.max(...cosines);
      sum += top;
      return cosines.indexOf(top);
    });
    if (next.every((group, i) => group === groups[i])) break;
    groups = next;
    means = means.map((mean, group) => {
      const own = directions.filter((_, i) => groups[i] === group);
      // A group that has lost all stays where it was.
      return own.length === 0 ? mean : unit(sumOf(own));
    });
  }
  return { groups, sum };
}

function sumOf(directions: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(directions[0].length);
  for (const one of directions) for (let i = 0; i < sum.length; i++) sum[i] += one[i];
  return sum;
}

/**
 * How well groups are told apart: the mean over all of s = (b − a) / max(a, b), where a is the mean distance 1 − d·d′ to the
 * others of its group and b that to the nearest other group; 0 for one that is alone (Rousseeuw, 1987). In [−1, 1].
 */
export function silhouette(directions: readonly Float64Array[], groups: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  if (sizes.size < 2) return 0;
  const values = directions.map((one, i) => {
    if (sizes.get(groups[i]) === 1) return 0;
    const sums = new Map<number, number>();
    directions.forEach((other, j) => {
      if (j !== i) sums.set(groups[j], (sums.get(groups[j]) ?? 0) + 1 - dot(one, other));
    });
    const mean = (group: number) => sums.get(group)! / (sizes.get(group)! - (group === groups[i] ? 1 : 0));
    const a = mean(groups[i]);
    const b = Math.min(...[...sizes.keys()].filter((group) => group !== groups[i]).map(mean));
    const larger = Math.max(a, b);
    return larger === 0 ? 0 : (b - a) / larger;
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
