import { UserError } from '../../errors.ts';
import type { Way } from '../../merging/way.ts';
import { onFrontier } from '../frontier.ts';

/** Weights that were tried, and the loss on each task's held-out rows. */
export interface SweepPoint {
  weights: readonly number[];
  losses: readonly number[];
}

export interface Sweep {
  /** Names of the tasks, in the order of the losses. */
  tasks: readonly string[];
  /** Of the base alone. */
  base: readonly number[];
  points: readonly (SweepPoint & { on_frontier: boolean })[];
  /** Index of the point of the least mean loss. */
  best: number;
}

/** Adapters whose weights can be tried: steps of a half of more are too many. */
const MOST = 4;

/**
 * Weights to try: 0, ¼, ½, ¾ and 1 for each of one or two adapters, 0, ½ and 1 for each of three or four; all zero is the
 * base and left out. A way from one adapter to the other has one number, in eighths.
 * @throws UserError `bad-merge`
 */
export function sweepWeights(way: Pick<Way, 'id' | 'count'>, adapters: number): number[][] {
  if (way.count?.most === 2) return Array.from({ length: 9 }, (_, i) => [1 - i / 8, i / 8]);
  if (adapters > MOST)
    throw new UserError(
      'bad-merge',
      `A sweep tries every combination of weights, which for ${adapters} adapters is too many; it takes up to ${MOST}. Nothing was written. Merge some of them first.`,
    );
  const steps = adapters <= 2 ? [0, 0.25, 0.5, 0.75, 1] : [0, 0.5, 1];
  const all = Array.from({ length: adapters }).reduce<number[][]>(
    (found) => found.flatMap((weights) => steps.map((step) => [...weights, step])),
    [[]],
  );
  return all.filter((weights) => weights.some((weight) => weight !== 0));
}

/** A task is called as the file of its rows. */
export function taskName(file: string): string {
  return file.replace(/\.[^.]+$/, '');
}

/** What a sweep comes to. @param base losses without an adapter */
export function sweepResult(
  tasks: readonly string[],
  base: readonly number[],
  points: readonly SweepPoint[],
): Sweep {
  const frontier = onFrontier(points.map(({ losses }) => losses));
  const means = points.map(({ losses }) => meanOf(losses));
  return {
    tasks,
    base,
    points: points.map(({ weights, losses }, i) => ({ weights, losses, on_frontier: frontier[i] })),
    best: means.indexOf(Math.min(...means)),
  };
}

export function meanOf(losses: readonly number[]): number {
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}
