import { describe, expect, test } from 'vitest';
import { fastest, type Timed } from '../../../src/gpu/fastest.ts';

/** Milliseconds that a browser takes to tell of an end; `random` is in [0, 1). */
const LATENESS = {
  'Chrome on Linux': (random: number) => 0.45 - 0.25 * Math.log(1 - random),
  'Chrome on Windows': (random: number) => 1 + 3 * random,
  'a browser that tells at once': () => 0,
};

function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const never = () => false;

/** How often, of a hundred times, a second candidate that takes `second` ms is taken before one that takes `first`. */
async function taken(first: number, second: number, lateness: (random: number) => number): Promise<number> {
  let count = 0;
  for (let trial = 0; trial < 100; trial++) {
    const random = randoms(trial * 7919);
    const timed = (ms: number): Timed => {
      let runs = 0;
      // The driver compiles late.
      return async (repeats) => ms * repeats + lateness(random()) + (runs++ === 0 ? 15 : 0);
    };
    if ((await fastest([timed(first), timed(second)], { enoughMs: 8, late: never })) === 1) count++;
  }
  return count;
}

describe.each(Object.entries(LATENESS))('in %s', (_, lateness) => {
  test.each([0.015, 0.05, 0.1, 0.3, 1, 3, 20])('kernels of %f ms are told apart', async (ms) => {
    expect(await taken(ms, ms / 1.4, lateness)).toBeGreaterThanOrEqual(95);
    expect(await taken(ms, ms * 1.2, lateness)).toBeLessThanOrEqual(3);
  });
});

test('of equal candidates the first is taken', async () => {
  expect(await taken(0.1, 0.1, () => 1)).toBe(0);
  expect(await taken(0.1, 0.1 / 1.04, () => 1)).toBe(0);
});

test('one that is slow at once is not repeated', async () => {
  const runs: number[] = [];
  const slow: Timed = async (repeats) => {
    runs.push(repeats);
    return 100 * repeats;
  };
  expect(await fastest([async (repeats) => repeats, slow], { enoughMs: 8, late: never })).toBe(0);
  expect(runs).toEqual([1, 1]);
});

test('one that was much slower than the best is not measured again', async () => {
  const runs: number[] = [];
  const slower: Timed = async (repeats) => {
    if (repeats > 1) runs.push(repeats);
    return 1.6 * repeats;
  };
  expect(await fastest([async (repeats) => repeats, slower], { enoughMs: 8, late: never })).toBe(0);
  expect(runs).toHaveLength(1);
});

test('when time is up what was measured decides', async () => {
  let now = 0;
  const timed = (ms: number): Timed => {
    return async (repeats) => {
      now += ms * repeats;
      return ms * repeats;
    };
  };
  const candidates = [timed(50), timed(30), timed(10)];
  const by = (time: number) => {
    now = 0;
    return fastest(candidates, { enoughMs: 8, late: () => now >= time });
  };
  expect(await by(2000)).toBe(2);
  expect(await by(350)).toBe(1);
  // There was nothing to compare.
  expect(await by(250)).toBe(null);
});
