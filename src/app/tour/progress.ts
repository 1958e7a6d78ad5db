import type { RunState } from '../../run/events.ts';
import { changedWords } from '../shared/changed-words.ts';
import { isBusy, type RunView } from '../state/run.ts';

/**
 * The tour is a run: each caption waits for what it speaks of. A pure machine over what is seen of the run and the time;
 * nothing that fails to come can hold it up, since the end of a run, whichever it is, ends what is waited for.
 */

/** In the order in which they come where several have come at once. */
export const CAPTIONS = ['train', 'loss', 'heldOut', 'words', 'adapter'] as const;
export type CaptionId = (typeof CAPTIONS)[number];

/** What captions wait for. */
export interface Seen {
  state: RunState;
  /** The loss is lower than it was at first. */
  falling: boolean;
  /** Held-out rows were measured once more than before training. */
  heldOut: boolean;
  /** An answer has words that it did not have before training. */
  words: boolean;
}

export interface Progress {
  /** Whether the run of this tour is still to come, under way, or over. */
  phase: 'before' | 'going' | 'ended';
  /** Captions whose moment has come, in that order. */
  due: readonly CaptionId[];
  /** Place among them of the one that is shown. */
  at: number;
  /** Milliseconds, on the clock of `follow`: since when it is shown. */
  since: number;
  /** The person has gone back to read: nothing moves on by itself until they have caught up. */
  held: boolean;
}

/** Milliseconds that a caption stays at least, so that it can be read however fast the run is. */
export const READING = 6000;

export function begin(now: number): Progress {
  return { phase: 'before', due: ['train'], at: 0, since: now, held: false };
}

/** The tour after what is seen at this time; null: it is over. The same object where nothing has changed. */
export function follow(tour: Progress, seen: Seen, now: number): Progress | null {
  const { state } = seen;
  switch (tour.phase) {
    case 'before':
      // What a run before it left is none of its concern.
      return isBusy(state) ? follow({ ...tour, phase: 'going' }, seen, now) : tour;
    case 'going': {
      if (state === 'failed') return null;
      // Stopped before its first step.
      if (state === 'idle') return begin(now);
      const over = state === 'finished';
      const news = CAPTIONS.filter(
        (id) => !tour.due.includes(id) && (id === 'adapter' ? over : has(seen, id)),
      );
      const next: Progress =
        news.length > 0 || over
          ? { ...tour, phase: over ? 'ended' : 'going', due: [...tour.due, ...news] }
          : tour;
      return turned(next, now);
    }
    case 'ended':
      return state === 'finished' ? turned(tour, now) : null;
  }
}

function has(seen: Seen, id: CaptionId): boolean {
  switch (id) {
    case 'loss':
      return seen.falling;
    case 'heldOut':
      return seen.heldOut;
    case 'words':
      return seen.words;
    default:
      return false;
  }
}

/** The next caption, where it has come and this one has stood for long enough. */
function turned(tour: Progress, now: number): Progress {
  const wait = waitOf(tour, now);
  return wait === 0 ? { ...tour, at: tour.at + 1, since: now } : tour;
}

/** Milliseconds until the next caption is due by itself; null where none is. */
export function waitOf({ due, at, since, held }: Progress, now: number): number | null {
  if (held || at >= due.length - 1) return null;
  return Math.max(0, since + READING - now);
}

/** One caption forth or back, by hand; what has not happened yet cannot be read. */
export function turnTo(tour: Progress, at: number, now: number): Progress {
  if (at < 0 || at >= tour.due.length) return tour;
  return { ...tour, at, since: now, held: at < tour.due.length - 1 };
}

/** Steps before which a lower loss may be chance, and the share of the first loss that counts as falling. */
const FIRST_STEPS = 3;
const FALLEN = 0.97;

export function seenOf(run: Pick<RunView, 'state' | 'series' | 'held' | 'films'>): Seen {
  const { smooth } = run.series;
  const [first, last] = [smooth[0], smooth.at(-1)];
  return {
    state: run.state,
    falling: smooth.length >= FIRST_STEPS && last !== undefined && last < FALLEN * first,
    heldOut: run.held.step.some((step) => step > 0),
    words: run.films.some(({ frames }) => {
      const before = frames.find(({ step, done }) => step === 0 && done);
      // The last word of an answer that is still growing may be half a word.
      const after = frames.findLast(({ step, done }) => step > 0 && done);
      return (
        before !== undefined &&
        after !== undefined &&
        changedWords(before.text, after.text).some(({ text, changed }) => changed && /\p{L}/u.test(text))
      );
    }),
  };
}
