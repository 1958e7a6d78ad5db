import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { watchDevice } from '../../../../src/worker/compute/device-lost.ts';

const PATIENCE = { everyMs: 1000, silenceMs: 10_000 };

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'performance'] }),
);
afterEach(() => void vi.useRealTimers());

const after = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms));

describe('G4: a device that no longer answers', () => {
  test('G4: never again is noticed once, within the patience and a little more', async () => {
    let answering = true;
    let silent = 0;
    watchDevice(
      () => (answering ? Promise.resolve() : new Promise(() => {})),
      () => silent++,
      PATIENCE,
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(silent).toBe(0);
    answering = false;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(silent).toBe(1);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(silent).toBe(1);
  });

  test('G4: slow answers and refusals are signs of life', async () => {
    let silent = 0;
    watchDevice(after(9500), () => silent++, PATIENCE);
    watchDevice(
      () => Promise.reject(new Error('lost')),
      () => silent++,
      PATIENCE,
    );
    await vi.advanceTimersByTimeAsync(300_000);
    expect(silent).toBe(0);
  });

  test('L1: a tab that was frozen finds the answer in its queue', async () => {
    let silent = 0;
    let answer = () => {};
    watchDevice(
      () => new Promise<void>((resolve) => (answer = resolve)),
      () => silent++,
      PATIENCE,
    );
    await vi.advanceTimersByTimeAsync(1000);
    // An hour passes in which no timer runs; the first one behind it comes before the answer is delivered.
    const { now } = performance;
    vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 3_600_000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(silent).toBe(0);
    answer();
    await vi.advanceTimersByTimeAsync(5000);
    expect(silent).toBe(0);
    vi.restoreAllMocks();
  });

  test('an end to it', async () => {
    let silent = 0;
    const end = watchDevice(
      () => new Promise(() => {}),
      () => silent++,
      PATIENCE,
    );
    await vi.advanceTimersByTimeAsync(5000);
    end();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(silent).toBe(0);
  });
});
