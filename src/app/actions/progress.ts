import type { RunEvent } from '../../run/events.ts';
import { type Pace, paced, speedOf } from '../shared/speed.ts';
import type { Work } from '../state/store.ts';

/** A listener that hands on how far something is, with its speed. */
export function progressInto(take: (work: Work) => void) {
  let pace: Pace | null = null;
  return (events: RunEvent[]) => {
    for (const event of events) {
      if (event.type !== 'progress') continue;
      const { what, done, total } = event;
      pace = paced(pace, what, done, performance.now() / 1000);
      take({ what, done, total, speed: speedOf(pace) });
    }
  };
}
