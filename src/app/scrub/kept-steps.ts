import { count } from '../shared/format.ts';

/** Which of the kept adapters a place on the curve stands for. */

/**
 * The kept step nearest to a place on the axis of steps; null is the run's end, which has a place of its own at the last
 * step. Halfway between two the later one is taken.
 *
 * @param steps ascending, as the worker keeps them
 * @param at in steps, anywhere on the axis and beyond it
 * @param last step of the run
 */
export function nearestKept(steps: readonly number[], at: number, last: number): number | null {
  let nearest: number | null = null;
  let distance = Math.abs(last - at);
  for (const step of steps) {
    if (step >= last || Math.abs(step - at) >= distance) continue;
    nearest = step;
    distance = Math.abs(step - at);
  }
  return at >= last ? null : nearest;
}

/**
 * What there is to say of a place that was dragged to.
 *
 * @param at in whole steps; null: nowhere
 * @param shown step whose adapter is shown; null: the end
 */
export function placeWords(at: number | null, shown: number | null): string {
  if (shown === null) return 'Drag along the curve to see the model as it was';
  const step = `At step ${count(shown)}`;
  return at === null || at === shown ? step : `${step}, the kept one nearest to ${count(at)}`;
}
