import { shareOf } from '../../data/metric.ts';
import { type Expression, parseExpression } from '../expression/parse.ts';
import { counted, megabytes, percent } from '../figures.ts';
import { onFrontier } from '../frontier.ts';
import type { KeptRung } from '../ladder/climb.ts';
import { meanLoss } from '../ladder/measure.ts';
import { bootstrapInterval, pairedTest, SIGNIFICANT } from '../statistics.ts';
import { onCommonRows, type PointRow, pointRows } from './common.ts';

/** The way from the cheapest model up: the same rows on several models and base precisions, and which of them suffices. */

/** A model in a base precision, before anything is measured. */
export interface Candidate {
  model: string;
  dtype: string;
  parameters: number;
  /** Bytes that are downloaded to open it: those of its tensors as they are stored, in whatever precision they are held then. */
  bytes: number;
  /** What its training is planned to take at the longest row that is allowed. */
  planned_bytes: number;
  /** It answers as it is, without an adapter. */
  untrained?: true;
}

/** Which point it is. */
export type PointName = Pick<Candidate, 'model' | 'dtype' | 'untrained'>;

/** What it came to, whole, so that it need not be measured again. */
export interface MeasuredPoint extends Candidate {
  /** What each held-out row that it was asked counts, in their order. */
  rows: PointRow[];
  loss: number | null;
  /** Of training; without any, 0. */
  seconds: number;
  answer_seconds: number;
  /** At the peak of training; without any, what its weights take. */
  memory_bytes: number | null;
  elsewhere_before: number | null;
  elsewhere_after: number | null;
}

export interface Point extends Omit<MeasuredPoint, 'rows'> {
  metric: number;
  /** 95 %, by bootstrap over rows. */
  interval: [number, number];
  /** Of the paired test beside the best; null for that one. */
  p_value: number | null;
  /** No other is at least as good in quality, training seconds, memory and download, and better in one of them. */
  on_frontier: boolean;
}

/** One that was not measured, and why. */
export type Refused = PointName & { reason: string };

export interface FrontierResult {
  points: Point[];
  /** Null where none suffices. */
  choice: PointName | null;
  reason: string;
  skipped: Refused[];
  /** Held-out rows that every point was asked, which alone are compared. */
  compared: number;
  /** Lines of those that some were asked and not all. */
  left_out: number[];
}

/** What a requirement may speak of. `low` and `high` are the ends of the interval of `metric`. */
export const FIGURES = {
  metric: 'number',
  low: 'number',
  high: 'number',
  loss: 'number',
  seconds: 'number',
  answer_seconds: 'number',
  memory_bytes: 'number',
  bytes: 'number',
  parameters: 'number',
} as const;
export type Requirement = Expression<keyof typeof FIGURES>;

/** What suffices, as it was written. @throws UserError `bad-expression`, in one sentence with the place */
export function requirementOf(text: string): Requirement {
  return parseExpression(text, FIGURES);
}

/** What a rung of a ladder came to as a point, with its training where it has one. */
export function pointOf(candidate: Candidate, rung: KeptRung): MeasuredPoint {
  const { rows, seconds, train_seconds, memory_bytes, elsewhere_before, elsewhere_after } = rung;
  return {
    ...candidate,
    rows: pointRows(rung),
    loss: meanLoss(rows),
    seconds: train_seconds ?? 0,
    answer_seconds: seconds / rows.length,
    memory_bytes: (candidate.untrained ? candidate.planned_bytes : memory_bytes) ?? null,
    elsewhere_before: elsewhere_before ?? null,
    elsewhere_after: elsewhere_after ?? null,
  };
}

/** By planned memory, then by download; equals in the order in which they were named. */
export function cheapestFirst<One extends Pick<Candidate, 'planned_bytes' | 'bytes'>>(
  candidates: readonly One[],
): One[] {
  return [...candidates].sort((a, b) => a.planned_bytes - b.planned_bytes || a.bytes - b.bytes);
}

/** Whether a point meets a requirement on the rows that it was asked; null where a figure that decides it is not known. */
export function suffices(point: MeasuredPoint, enough: Requirement, seed: number): boolean | null {
  const { rows, loss, seconds, answer_seconds, memory_bytes, bytes, parameters } = point;
  const [low, high] = bootstrapInterval(rows, seed);
  const metric = shareOf(rows);
  const figures = { metric, low, high, loss, seconds, answer_seconds, memory_bytes, bytes, parameters };
  return enough.evaluate(figures) as boolean | null;
}

/**
 * What the points say beside one another, on the rows that all of them were asked.
 *
 * @param asked from the cheapest, at least one
 * @throws UserError `no-held-out-rows` where no row was asked of all
 */
export function frontierResult(
  asked: readonly MeasuredPoint[],
  skipped: Refused[],
  { enough, seed }: { enough: Requirement | null; seed: number },
): FrontierResult {
  const { points: measured, leftOut } = onCommonRows(asked);
  const best = measured.reduce((top, one) => (shareOf(one.rows) > shareOf(top.rows) ? one : top));
  const frontier = onFrontier(
    measured.map(({ rows, seconds, memory_bytes, bytes }) => [
      ...[1 - shareOf(rows), seconds, memory_bytes ?? Number.POSITIVE_INFINITY, bytes],
    ]),
  );
  const points = measured.map(({ rows, ...point }, i) => ({
    ...point,
    metric: shareOf(rows),
    interval: bootstrapInterval(rows, seed),
    p_value: measured[i] === best ? null : pairedTest(rows, best.rows, seed),
    on_frontier: frontier[i],
  }));
  const top = points[measured.indexOf(best)];
  const { chosen, reason } = enough
    ? byRequirement(points, top, { enough, known: measured.map((one) => suffices(one, enough, seed)) })
    : byTest(points, top, best.rows.length);
  return {
    points,
    choice: chosen && nameOf(chosen),
    ...{ reason, skipped, compared: best.rows.length, left_out: leftOut },
  };
}

interface Choice {
  chosen: Point | null;
  reason: string;
}

/** The cheapest that meets the requirement. */
function byRequirement(
  points: readonly Point[],
  best: Point,
  { enough, known }: { enough: Requirement; known: readonly (boolean | null)[] },
): Choice {
  const chosen = points.find((_, i) => known[i] === true) ?? null;
  const open = known.filter((one) => one === null).length;
  const unknown = open > 0 ? ` Of ${open} it cannot be said, since a figure of theirs is not known.` : '';
  if (!chosen)
    return {
      chosen,
      reason: `None of ${counted(points.length, 'point')} meets ${enough.text}; the best is ${named(best)} at ${figure(best)}.${unknown}`,
    };
  const doubt =
    enough.uses.has('metric') && !enough.uses.has('low')
      ? ` That holds for these rows: the interval of its figure begins at ${percent(chosen.interval[0])}.`
      : '';
  return {
    chosen,
    reason: `${named(chosen)} is the cheapest that meets ${enough.text}: ${figure(chosen)}, ${costs(chosen)}.${doubt}${unknown}`,
  };
}

/** The cheapest that is not measurably worse than the best. */
function byTest(points: readonly Point[], best: Point, rows: number): Choice {
  if (best.metric === 0)
    return {
      chosen: null,
      reason: `No point gets anything right on ${counted(rows, 'held-out row')}: none is good enough as it is.`,
    };
  const chosen = points.find((one) => one === best || (one.p_value ?? 1) >= SIGNIFICANT) ?? best;
  if (chosen === best)
    return {
      chosen,
      reason: `${named(best)} is the best at ${figure(best)} on ${counted(rows, 'held-out row')}, ${points[0] === best ? 'and nothing is cheaper' : 'and everything cheaper is measurably worse'}: ${costs(best)}.`,
    };
  return {
    chosen,
    reason: `${named(chosen)} comes to ${figure(chosen)} on ${counted(rows, 'held-out row')}, which is not measurably worse than the best, ${named(best)} at ${figure(best)} (p ${(chosen.p_value ?? 1).toFixed(3)}), and is cheaper: ${costs(chosen)}.`,
  };
}

export function named({ model, dtype, untrained }: PointName): string {
  return `${model} in ${dtype}${untrained ? ', untrained' : ''}`;
}

export function nameOf({ model, dtype, untrained }: PointName): PointName {
  return { model, dtype, ...(untrained && { untrained }) };
}

/** Whether two names are of one point. */
export function samePoint(one: PointName, other: PointName): boolean {
  return one.model === other.model && one.dtype === other.dtype && one.untrained === other.untrained;
}

function figure({ metric }: Point): string {
  return percent(metric);
}

function costs({ seconds, memory_bytes, bytes, untrained }: Point): string {
  const memory = memory_bytes === null ? 'memory not known' : `${megabytes(memory_bytes)} of memory`;
  return `${untrained ? 'no training' : `${seconds.toFixed(1)} s of training`}, ${memory}, ${megabytes(bytes)} to download`;
}
