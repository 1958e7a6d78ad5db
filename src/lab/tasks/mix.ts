import { permutation } from '../../data/batches.ts';

/** How many rows of each task a training sees, and which. */

/**
 * What share of the rows each task has: as many as it has rows; the same for each; or between the two, by temperature.
 * (Raffel et al., arXiv 1910.10683, 3.5.2.)
 */
export const MIXES = ['rows', 'even', 'temperature'] as const;
export type Mix = (typeof MIXES)[number];

/**
 * Shares that add up to 1: nₖ / Σn by rows, 1 / K evenly, nₖ^(1/T) / Σn^(1/T) by temperature: T of 1 is by rows, and the
 * larger T is, the nearer to evenly.
 * @param rows of each task, all above 0
 * @param temperature T, at least 1
 */
export function sharesOf(rows: readonly number[], mix: Mix, temperature: number): number[] {
  const exponent = mix === 'rows' ? 1 : mix === 'even' ? 0 : 1 / temperature;
  const weights = rows.map((count) => count ** exponent);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * Whole numbers by shares that add up to the total, each at least 1: rounded down, and what is left goes to the largest
 * remainders, the first of equal ones.
 * @param total at least as many as there are shares
 */
export function apportioned(total: number, shares: readonly number[]): number[] {
  const free = total - shares.length;
  const exact = shares.map((share) => share * free);
  const counts = exact.map(Math.floor);
  const left = free - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact
    .map((value, i) => ({ i, remainder: value - counts[i] }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i } of byRemainder.slice(0, left)) counts[i]++;
  return counts.map((count) => count + 1);
}

/** So many rows of a task: all of them once before any comes again, each time in another seeded order. */
export function drawnRows(count: number, rows: number, seed: number): number[] {
  const drawn: number[] = [];
  for (let pass = 0; drawn.length < count; pass++)
    drawn.push(...permutation(rows, seed, 'sample', pass).subarray(0, count - drawn.length));
  return drawn;
}

/** Rows of one part of what is trained on: of a task by its place, or those that are replayed. */
export interface Part {
  of: number | 'replay';
  rows: number[];
}

/** What the rows of a training are: so many of some tasks, and a share that is replayed. */
export interface Mixture {
  /** Rows in all. */
  total: number;
  /** Places of the tasks, with their rows and their shares of what is not replayed. */
  tasks: readonly { of: number; rows: number; share: number }[];
  replay: { rows: number; share: number } | null;
  seed: number;
}

/** The parts of a mixture: `total` rows, so that one pass over them is the whole training. */
export function partsOf({ total, tasks, replay, seed }: Mixture): Part[] {
  const replayed = replay ? Math.min(total - tasks.length, Math.round(total * replay.share)) : 0;
  const shares = tasks.map(({ share }) => share);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const counts = apportioned(
    total - replayed,
    shares.map((share) => share / whole),
  );
  return [
    ...tasks.map(({ of, rows }, i): Part => ({ of, rows: drawnRows(counts[i], rows, seed) })),
    ...(replay && replayed > 0
      ? [{ of: 'replay', rows: drawnRows(replayed, replay.rows, seed) } satisfies Part]
      : []),
  ];
}
