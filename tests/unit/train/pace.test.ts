import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Gpu } from '../../../src/gpu/device.ts';
import type { Program } from '../../../src/gpu/launcher.ts';
import { Pace } from '../../../src/train/pace.ts';

/** Windows resets a card that computes one submit for so long. */
const WATCHDOG_MS = 2000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A card that does so many operations a second, one submit after another, and how long each took. */
function card(flopsPerSecond: number, software = false) {
  const lengths: number[] = [];
  let recorded = 0;
  let free = 0;
  let open = 0;
  let most = 0;
  const gpu = {
    software,
    stream: {
      submit: () => {
        const ms = (recorded / flopsPerSecond) * 1000;
        recorded = 0;
        lengths.push(ms);
        free = Math.max(free, performance.now()) + ms;
        most = Math.max(most, ++open);
      },
    },
    device: {
      queue: {
        onSubmittedWorkDone: () =>
          new Promise<void>((resolve) => {
            setTimeout(() => {
              open--;
              resolve();
            }, free - performance.now());
          }),
      },
    },
  } as unknown as Gpu;
  /** A program of equal dispatches, cut as the real one is. */
  const program = (dispatches: number, flops: number) =>
    ({
      *parts(most: () => number) {
        let part = 0;
        for (let i = 0; i < dispatches; i++) {
          if (part > 0 && part + flops > most()) {
            yield { dispatches: 1, flops: part, last: false };
            part = 0;
          }
          part += flops;
          recorded += flops;
        }
        yield { dispatches: 1, flops: part, last: true };
      },
    }) as unknown as Program;
  return { gpu, lengths, program, open: () => most };
}

async function steps(pace: Pace, program: Program, count: number): Promise<void> {
  for (let step = 0; step < count; step++) {
    const done = pace.run(program, true);
    await vi.runAllTimersAsync();
    await done;
  }
}

describe('G7: a step of many seconds', () => {
  test.each([
    ['an old laptop', 3e10, false],
    ['a slow card', 2e11, false],
    ['a fast card', 1e13, false],
    ['software', 1e9, true],
  ] as const)('G7: on %s is cut into submits that no watchdog minds', async (_, speed, software) => {
    const { gpu, lengths, program, open } = card(speed, software);
    // Eight seconds of work a step, in dispatches of 10 ms.
    await steps(new Pace(gpu), program(800, speed / 100), 4);
    expect(lengths.reduce((a, b) => a + b)).toBeCloseTo(32_000, -2);
    if (!software) expect(Math.max(...lengths)).toBeLessThan(WATCHDOG_MS);
    expect(open()).toBeLessThanOrEqual(3);
    // Once the speed is known: about as long as is wanted, so that frames come through.
    const settled = lengths.slice(-10);
    expect(Math.max(...settled)).toBeLessThan(software ? WATCHDOG_MS : 100);
  });

  test('G7: a card that slows down in mid-run is asked for less at once', async () => {
    const { gpu, program } = card(1e12);
    const pace = new Pace(gpu);
    await steps(pace, program(100, 1e10), 3);
    const slow = card(1e11);
    Object.assign(gpu, slow.gpu);
    await steps(pace, slow.program(400, 1e9), 4);
    expect(Math.max(...slow.lengths)).toBeLessThan(WATCHDOG_MS);
    expect(Math.max(...slow.lengths.slice(-10))).toBeLessThan(100);
  });
});
