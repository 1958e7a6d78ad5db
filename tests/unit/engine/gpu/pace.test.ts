import { afterEach, describe, expect, test, vi } from 'vitest';
import { Pace } from '../../../../src/engine/gpu/pace.ts';
import type { Program } from '../../../../src/gpu/launcher.ts';
import { type CardOptions, likeChrome, likeFirefox, VirtualCard } from './virtual-card.ts';

/** Windows resets a card that computes one submit for so long. */
const WATCHDOG_MS = 2000;

afterEach(() => void vi.restoreAllMocks());

/** Dispatches of a step of SmolLM2-135M on 1,024 tokens: 30 layers, the head in chunks, and back. */
const STEP = [
  ...Array.from({ length: 30 }, () => [1.16e9, 1.2e9, 0.68e9, 3.6e9, 1.8e9]).flat(),
  ...Array.from({ length: 16 }, () => 7.2e9),
  ...Array.from({ length: 30 }, () => [1.8e9, 3.6e9, 0.68e9, 1.8e9, 2.4e9, 1.16e9]).flat(),
];
const UPDATE_FLOPS = 1e7;
const STEP_FLOPS = STEP.reduce((a, b) => a + b);

/**
 * Steps as the engine does them: the end of the program goes with the optimizer's and what is read. At most two are
 * under way. @returns how many submits each took
 */
async function steps(card: VirtualCard, pace: Pace, program: Program, count: number): Promise<number[]> {
  const update = card.program([UPDATE_FLOPS]);
  const counts: number[] = [];
  const under: Promise<unknown>[] = [];
  for (let step = 0; step < count; step++) {
    const before = card.submits.length;
    const work = async () => {
      await pace.run(program, false);
      await pace.run(update, false);
      await pace.submit();
    };
    await card.spend(work());
    counts.push(card.submits.length - before);
    under.push(card.gpu.device.queue.onSubmittedWorkDone());
    if (under.length >= 2) await card.spend(under.shift()!);
  }
  return counts;
}

const BUSY = { ms: 150, every: 900 };
const CARDS: [string, CardOptions][] = [
  ['in Chrome', { flopsPerSecond: 3e11, heard: likeChrome() }],
  ['in Firefox', { flopsPerSecond: 3e11, heard: likeFirefox }],
  ['with a busy worker in Chrome', { flopsPerSecond: 3e11, heard: likeChrome(), busy: BUSY }],
  ['with a busy worker in Firefox', { flopsPerSecond: 3e11, heard: likeFirefox, busy: BUSY }],
  ['ten times slower than assumed, in Chrome', { flopsPerSecond: 2e10, heard: likeChrome() }],
  ['ten times slower than assumed, in Firefox', { flopsPerSecond: 2e10, heard: likeFirefox }],
  ['a fast card in Chrome', { flopsPerSecond: 1e13, heard: likeChrome() }],
  ['a fast card in Firefox', { flopsPerSecond: 1e13, heard: likeFirefox }],
];

describe('G7: a long step', () => {
  test.each(CARDS)('G7: %s is cut so that the screen stays alive', async (_, options) => {
    const card = new VirtualCard(options);
    const pace = new Pace(card.gpu);
    const program = card.program(STEP);
    await steps(card, pace, program, 8);
    const known = card.submits.length;
    await steps(card, pace, program, 12);
    const { submits, flopsPerSecond } = card;
    const msOf = (flops: number) => (1000 * flops) / flopsPerSecond;
    expect(submits.reduce((a, b) => a + b)).toBeCloseTo(20 * msOf(STEP_FLOPS + UPDATE_FLOPS), 3);
    // A product of the head cannot be cut.
    const uncut = msOf(7.2e9);
    // The first few are under way before anything is known.
    expect(Math.max(...submits.slice(0, 6))).toBeLessThan(WATCHDOG_MS / 2);
    expect(Math.max(...submits.slice(6))).toBeLessThan(Math.max(150, 1.1 * uncut));
    // No shorter than is needed either, that the card always has something to do.
    const settled = submits.slice(known);
    const mean = settled.reduce((a, b) => a + b) / settled.length;
    expect(mean).toBeGreaterThan(25);
    expect(card.mostOpen).toBeLessThanOrEqual(3);
  });

  test('G7: in software is cut into submits of seconds', async () => {
    const card = new VirtualCard({ flopsPerSecond: 1e9, software: true });
    await steps(card, new Pace(card.gpu), card.program(Array.from({ length: 800 }, () => 1e7)), 4);
    expect(Math.max(...card.submits.slice(6))).toBeLessThan(WATCHDOG_MS);
    expect(card.mostOpen).toBeLessThanOrEqual(3);
  });

  test('G7: a card that slows down in mid-run is asked for less at once', async () => {
    const card = new VirtualCard({ flopsPerSecond: 1e12 });
    const pace = new Pace(card.gpu);
    await steps(card, pace, card.program(STEP), 4);
    card.flopsPerSecond = 1e11;
    const before = card.submits.length;
    await steps(card, pace, card.program(STEP), 2);
    const slow = card.submits.slice(before);
    expect(Math.max(...slow)).toBeLessThan(WATCHDOG_MS / 2);
    expect(Math.max(...slow.slice(6))).toBeLessThan(100);
  });

  test('after a device was lost the next one is asked for a quarter of what that one did', async () => {
    // What was lost is remembered as long as the module lives.
    vi.resetModules();
    const { Pace } = await import('../../../../src/engine/gpu/pace.ts');
    const flopsPerSecond = 2e10;
    const run = async (lost: string) => {
      const card = new VirtualCard({ flopsPerSecond });
      await steps(card, new Pace(card.gpu), card.program(Array.from({ length: 3000 }, () => 1e8)), 2);
      card.lose({ reason: lost });
      return card.submits[0];
    };
    expect(await run('destroyed')).toBeCloseTo(500, 0);
    // By whoever let go of the device: it had done nothing wrong.
    expect(await run('unknown')).toBeCloseTo(500, 0);
    const next = await run('unknown');
    expect(next).toBeGreaterThan(5);
    expect(next).toBeLessThan(20);
  });
});

describe('a short step', () => {
  test.each([
    ['on a card', { flopsPerSecond: 3e12 }, 1e9],
    ['in software', { flopsPerSecond: 4e10, software: true }, 3e8],
  ] as const)('%s is one submit once the speed is known', async (_, options, flops) => {
    const card = new VirtualCard(options);
    const program = card.program(Array.from({ length: 70 }, () => flops));
    const counts = await steps(card, new Pace(card.gpu), program, 20);
    expect(counts.slice(10)).toEqual(Array.from({ length: 10 }, () => 1));
  });
});
