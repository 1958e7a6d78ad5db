import { type FrontierResult, frontierResult, requirementOf } from '../../lab/progression/points.ts';
import type { FrontierFigures } from '../api/frontier.ts';

/** Intervals and tests of points take thousands of draws: no work for the page's own thread. */
export function frontierFigures({ points, skipped, enough, seed }: FrontierFigures): FrontierResult {
  const requirement = enough.trim() === '' ? null : requirementOf(enough.trim());
  return frontierResult(points, skipped, { enough: requirement, seed });
}
