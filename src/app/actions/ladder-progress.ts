import type { RunEvent } from '../../worker/api/api.ts';
import { useLadder } from '../state/ladder.ts';
import { progressInto } from './progress.ts';

/** How far the answers of a ladder are, with the time that the rest will take at their pace. */
export function hearAnswers(): (events: RunEvent[]) => void {
  return progressInto((work) => {
    const { total, done, speed } = work;
    useLadder.setState({ work, left: total && speed ? (total - done) / speed : null });
  });
}
