import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { requests } from '../../../../src/app/state/requests.ts';
import type { RunEvent, WorkerApi } from '../../../../src/worker/api/api.ts';

vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => ({}) as WorkerApi }));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const progress = (done: number): RunEvent => ({ type: 'progress', what: 'Reading', done, total: 9 });
const state: RunEvent = { type: 'state', state: 'paused', detail: '' };

/** A request that is under way: what its listener is told, what was taken of it, and its end. */
async function underWay(begin = requests().begin) {
  const taken: RunEvent[][] = [];
  let tell: (event: RunEvent) => void = () => {};
  let answer: (result: string) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const request = begin();
  const result = request.events(
    (events) => taken.push(events),
    (_, listener) => {
      tell = listener;
      return new Promise<string>((resolve, reject) => {
        answer = resolve;
        fail = reject;
      });
    },
  );
  result.catch(() => {});
  await vi.advanceTimersByTimeAsync(0);
  return { taken, request, result, tell, answer, fail };
}

test('events are handed on together, ten times a second', async () => {
  const { taken, tell } = await underWay();
  for (let i = 0; i < 3; i++) tell(progress(i));
  expect(taken).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(taken).toEqual([[progress(0), progress(1), progress(2)]]);
  vi.advanceTimersByTime(1000);
  tell(progress(3));
  vi.advanceTimersByTime(100);
  expect(taken).toHaveLength(2);
});

test('a new state is handed on at once, after what came before it', async () => {
  const { taken, tell } = await underWay();
  tell(progress(1));
  tell(state);
  expect(taken).toEqual([[progress(1), state]]);
  vi.advanceTimersByTime(1000);
  expect(taken).toHaveLength(1);
});

test('what was told before the answer is taken before it, and nothing after it', async () => {
  const { taken, tell, answer, result } = await underWay();
  tell(progress(1));
  answer('done');
  expect(await result).toBe('done');
  expect(taken).toEqual([[progress(1)]]);
  tell(progress(2));
  tell(state);
  await vi.advanceTimersByTimeAsync(1000);
  expect(taken).toEqual([[progress(1)]]);
});

test('a failure closes the listener too', async () => {
  const { taken, tell, fail, result } = await underWay();
  tell(progress(1));
  fail(new Error('no'));
  await expect(result).rejects.toThrow('no');
  tell(state);
  await vi.advanceTimersByTimeAsync(1000);
  expect(taken).toEqual([[progress(1)]]);
});

test('a request that another has superseded tells nothing any more', async () => {
  const { begin, end } = requests();
  const older = await underWay(begin);
  older.tell(progress(1));
  expect(older.request.latest).toBe(true);
  const newer = await underWay(begin);
  expect(older.request.latest).toBe(false);
  older.tell(state);
  newer.tell(progress(5));
  await vi.advanceTimersByTimeAsync(1000);
  older.answer('late');
  await older.result;
  expect(older.taken).toEqual([]);
  expect(newer.taken).toEqual([[progress(5)]]);
  end();
  newer.tell(state);
  expect(newer.taken).toHaveLength(1);
});

test('an answer that grows is taken as it comes, and not after it is whole', async () => {
  const taken: string[] = [];
  let tell: (text: string) => void = () => {};
  const whole = await requests()
    .begin()
    .text(
      (text) => taken.push(text),
      async (_, listener) => {
        tell = listener;
        listener('Arr');
        return 'Arr, matey';
      },
    );
  tell('Arr,');
  expect([taken, whole]).toEqual([['Arr'], 'Arr, matey']);
});

test('a request that nothing is heard of for ten seconds takes long, and again after news; not one that has ended', async () => {
  let tell: (event: RunEvent) => void = () => {};
  let answer: () => void = () => {};
  const long = vi.fn();
  const result = requests()
    .begin()
    .events(
      () => {},
      (_, listener) => {
        tell = listener;
        return new Promise<void>((resolve) => {
          answer = resolve;
        });
      },
      long,
    );
  await vi.advanceTimersByTimeAsync(9_000);
  tell(progress(1));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(long).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_500);
  expect(long).toHaveBeenCalledOnce();
  tell(progress(2));
  await vi.advanceTimersByTimeAsync(10_500);
  expect(long).toHaveBeenCalledTimes(2);
  tell(progress(3));
  answer();
  await result;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(long).toHaveBeenCalledTimes(2);
});
