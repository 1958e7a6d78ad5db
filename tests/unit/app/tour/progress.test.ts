import { describe, expect, test } from 'vitest';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import {
  begin,
  follow,
  type Progress,
  READING,
  type Seen,
  seenOf,
  turnTo,
  waitOf,
} from '../../../../src/app/tour/progress.ts';

const IDLE: Seen = { state: 'idle', falling: false, heldOut: false, words: false };
const TRAINING: Seen = { ...IDLE, state: 'training' };

/** The tour after these sights, one each `every` milliseconds. */
function toured(sights: readonly Partial<Seen>[], every = READING): Progress | null {
  let tour: Progress | null = begin(0);
  for (const [i, sight] of sights.entries())
    tour = tour && follow(tour, { ...TRAINING, ...sight }, (i + 1) * every);
  return tour;
}
const shown = (tour: Progress | null) => tour?.due[tour.at] ?? null;

test('each caption comes when its thing has happened, in that order', () => {
  const sights: Partial<Seen>[] = [{}];
  const expected = ['train'];
  for (const [news, caption] of [
    [{ words: true }, 'words'],
    [{ falling: true, words: true }, 'loss'],
    [{ falling: true, words: true, heldOut: true }, 'heldOut'],
    [{ state: 'finished', falling: true, words: true, heldOut: true }, 'adapter'],
  ] as [Partial<Seen>, string][]) {
    sights.push(news);
    expected.push(caption);
    expect(shown(toured(sights)), caption).toBe(caption);
  }
  expect(toured(sights)?.due).toEqual(expected);
});

test('a fast run leaves time to read: what has happened waits its turn, one after the other', () => {
  const all = { falling: true, heldOut: true, words: true };
  let tour = toured([{}, all, { ...all, state: 'finished' }], 100);
  expect(tour?.due).toEqual(['train', 'loss', 'heldOut', 'words', 'adapter']);
  expect(shown(tour)).toBe('train');
  const seen = { ...TRAINING, ...all, state: 'finished' as const };
  const read: (string | null)[] = [];
  for (let now = 0; now <= 5 * READING; now += READING) {
    tour = tour && follow(tour, seen, now);
    read.push(shown(tour));
  }
  expect(read).toEqual(['train', 'loss', 'heldOut', 'words', 'adapter', 'adapter']);
  expect(tour && waitOf(tour, 99 * READING)).toBeNull();
});

describe('what does not come holds nothing up', () => {
  test('no held-out rows, no new word, a loss that never falls', () => {
    expect(toured([{}, { falling: true }, { state: 'finished', falling: true }])?.due).toEqual([
      'train',
      'loss',
      'adapter',
    ]);
    expect(shown(toured([{}, {}, { state: 'finished' }]))).toBe('adapter');
  });

  test('a run that is paused, measured, lost and recovered is the same run', () => {
    const states = ['loading', 'tuning', 'paused', 'evaluating', 'lost', 'recovering', 'saving'] as const;
    expect(toured(states.map((state) => ({ state })))?.due).toEqual(['train']);
  });

  test('a stop before the first step leads back to Train', () => {
    expect(toured([{}, { falling: true }, { state: 'idle' }])).toEqual(begin(3 * READING));
  });

  test('a failed run ends it: what went wrong is the thing to read', () => {
    expect(toured([{}, { falling: true }, { state: 'failed' }])).toBeNull();
  });

  test('after the run, another run or the first screen ends it', () => {
    expect(toured([{}, { state: 'finished' }, { state: 'loading' }])).toBeNull();
    expect(toured([{}, { state: 'finished' }, { state: 'idle' }])).toBeNull();
  });

  test('what an earlier run has left is none of its concern', () => {
    const left = { falling: true, heldOut: true, words: true };
    for (const state of ['idle', 'finished', 'failed'] as const)
      expect(toured([{ ...left, state }])).toEqual(begin(0));
  });

  test('begun in the middle of a run, it catches up', () => {
    expect(toured([{ falling: true, heldOut: true }])?.due).toEqual(['train', 'loss', 'heldOut']);
  });
});

test('whoever goes back reads on by hand, until they have caught up', () => {
  const tour = toured([{}, { falling: true }, { falling: true, heldOut: true }])!;
  expect(shown(tour)).toBe('heldOut');
  const back = turnTo(tour, 1, 0);
  expect(shown(follow(back, { ...TRAINING, falling: true, heldOut: true }, 99 * READING))).toBe('loss');
  expect(waitOf(back, 0)).toBeNull();
  const caughtUp = turnTo(back, 2, 0);
  expect(shown(follow(caughtUp, { ...TRAINING, words: true }, READING))).toBe('words');
  // What has not happened cannot be read.
  expect(turnTo(tour, 3, 0)).toBe(tour);
  expect(turnTo(tour, -1, 0)).toBe(tour);
});

describe('what is seen of a run', () => {
  const series = (smooth: number[]) => ({ ...EMPTY_RUN.series, smooth });

  test('a loss falls from the third step on, and by more than chance', () => {
    expect(seenOf({ ...EMPTY_RUN, series: series([5, 4]) }).falling).toBe(false);
    expect(seenOf({ ...EMPTY_RUN, series: series([5, 4.95, 4.9]) }).falling).toBe(false);
    expect(seenOf({ ...EMPTY_RUN, series: series([5, 4.9, 4.8]) }).falling).toBe(true);
    expect(seenOf({ ...EMPTY_RUN, series: series([5, 5.2, 6]) }).falling).toBe(false);
  });

  test('held-out rows count from their second measurement on', () => {
    expect(seenOf({ ...EMPTY_RUN, held: { step: [0], loss: [5], rows: 8 } }).heldOut).toBe(false);
    expect(seenOf({ ...EMPTY_RUN, held: { step: [0, 4], loss: [5, 4], rows: 8 } }).heldOut).toBe(true);
  });

  test('a new word is one with a letter, against the whole answer from before', () => {
    const film = (done: boolean, text: string, whole = true) => ({
      ...EMPTY_RUN,
      films: [
        {
          prompt: 'What is rain?',
          frames: [
            { step: 0, text: 'Rain is water.', done },
            { step: 8, text, done: whole },
          ],
        },
      ],
    });
    expect(seenOf(film(true, 'Arr, rain')).words).toBe(true);
    expect(seenOf(film(true, 'Rain is water.')).words).toBe(false);
    expect(seenOf(film(true, 'Rain is water. !')).words).toBe(false);
    expect(seenOf(film(false, 'Arr, rain')).words).toBe(false);
    // While it grows, its last word may be half of one.
    expect(seenOf(film(true, 'Rain is wa', false)).words).toBe(false);
  });
});
