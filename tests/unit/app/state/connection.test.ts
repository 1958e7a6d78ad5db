import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { burstListener } from '../../../../src/app/state/connection.ts';
import type { RunEvent } from '../../../../src/run/events.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const progress = (done: number): RunEvent => ({ type: 'progress', what: 'Reading', done, total: 9 });
const warning = (text: string): RunEvent => ({ type: 'warning', text });

function bursts() {
  const taken: RunEvent[][] = [];
  return { taken, ...burstListener((events) => taken.push(events)) };
}

test('events are handed on together, ten times a second', () => {
  const { taken, listener } = bursts();
  for (let i = 0; i < 3; i++) listener(progress(i));
  expect(taken).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(taken).toEqual([[progress(0), progress(1), progress(2)]]);
  vi.advanceTimersByTime(1000);
  listener(progress(3));
  vi.advanceTimersByTime(100);
  expect(taken).toHaveLength(2);
});

test('a new state is handed on at once, after what came before it', () => {
  const { taken, listener } = bursts();
  const state: RunEvent = { type: 'state', state: 'paused', detail: '' };
  listener(progress(1));
  listener(state);
  expect(taken).toEqual([[progress(1), state]]);
  vi.advanceTimersByTime(1000);
  expect(taken).toHaveLength(1);
});

test('after the end of a call how far it was is not handed on any more; whatever else is late still counts', () => {
  const { taken, listener, settle } = bursts();
  listener(progress(1));
  settle();
  expect(taken).toEqual([[progress(1)]]);
  listener(progress(2));
  listener(warning('late'));
  vi.advanceTimersByTime(1000);
  expect(taken).toEqual([[progress(1)], [warning('late')]]);
});
