import { type Candidate, cheapestFirst, type MeasuredPoint, nameOf, type Refused } from './points.ts';

/** What there is to go through. */
export interface Walk<One extends Candidate> {
  candidates: readonly One[];
  /** A point that was measured before. */
  kept(candidate: One): MeasuredPoint | null;
  /** Trains and measures. @param place from the cheapest, from 1 */
  measure(candidate: One, place: number): Promise<MeasuredPoint>;
  /** Why a model in this precision could not be measured, where that says nothing about the others; null: the walk ends with the error. */
  refusal(error: unknown): Promise<string | null>;
  /** Told of each point as soon as it is there. */
  onPoint(point: MeasuredPoint): void;
  /** Told of each that is refused as soon as it is. */
  onRefused?(refused: Refused): Promise<void>;
  /** Whether nothing dearer need be looked at, by all that is measured so far. */
  enough(measured: readonly MeasuredPoint[]): boolean | Promise<boolean>;
}

/**
 * Measures one point after another, from the cheapest; those that were measured before are taken as they are.
 * @returns what was measured and refused, from the cheapest; and how many were not looked at
 * @throws the first error where every point is refused
 */
export async function walk<One extends Candidate>({
  candidates,
  kept,
  measure,
  refusal,
  onPoint,
  onRefused,
  enough,
}: Walk<One>): Promise<{ measured: MeasuredPoint[]; skipped: Refused[]; left: number }> {
  const measured: MeasuredPoint[] = [];
  const skipped: Refused[] = [];
  const order = cheapestFirst(candidates);
  let first: unknown = null;
  for (const [i, candidate] of order.entries()) {
    try {
      const before = kept(candidate);
      const point = before ?? (await measure(candidate, i + 1));
      measured.push(point);
      if (!before) onPoint(point);
      if (await enough(measured)) return { measured, skipped, left: order.length - i - 1 };
    } catch (error) {
      const reason = await refusal(error);
      if (reason === null) throw error;
      first ??= error;
      const refused = { ...nameOf(candidate), reason };
      skipped.push(refused);
      await onRefused?.(refused);
    }
  }
  if (measured.length === 0) throw first;
  return { measured, skipped, left: 0 };
}
