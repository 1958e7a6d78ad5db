import { expect, it } from 'vitest';
import { curveOf, dashOf, laidOver, overlayRange, overlaysOf } from '../../../../src/app/drawing/overlays.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import type { PastRun } from '../../../../src/worker/api/api.ts';

const runOf = (steps: number) => {
  const step = Array.from({ length: steps }, (_, i) => i + 1);
  const smooth = step.map((at) => 3 / at);
  return {
    series: { ...EMPTY_RUN.series, step, smooth },
    held: { step: [10, 0], loss: [1, 3], rows: 4 },
    figures: [],
  };
};

it('a kept curve has its ends, its held-out points in order, and no more than a screen can show', () => {
  const short = curveOf(runOf(5));
  expect(short.step).toEqual([1, 2, 3, 4, 5]);
  expect(short.loss[2]).toBe(1);
  expect([short.heldStep, short.heldLoss]).toEqual([
    [0, 10],
    [3, 1],
  ]);
  const long = curveOf(runOf(50_000));
  expect(long.step.length).toBeLessThanOrEqual(2000);
  expect([long.step[0], long.step.at(-1)]).toEqual([1, 50_000]);
  expect(long.loss).toHaveLength(long.step.length);
  expect(curveOf(EMPTY_RUN).step).toEqual([]);
  expect(long).not.toHaveProperty('figures');
});

it('a kept curve has the objective’s figures at its steps, with what they are called', () => {
  const run = runOf(3000);
  const margin = run.series.step.map((at) => (at === 1 ? Number.NaN : at / 7));
  const about = { key: 'margin', label: 'Margin', better: 'higher' } as const;
  const kept = curveOf({ ...run, figures: [about], series: { ...run.series, figures: { margin } } });
  const [{ values, ...rest }] = kept.figures!;
  expect(rest).toEqual(about);
  expect(values).toHaveLength(kept.step.length);
  expect(values.slice(0, 2)).toEqual([null, 0.428571]);
  expect(values.at(-1)).toBe(428.571);
});

it('ticked runs lie over the chart in the order of their ticks, each with its own dash', () => {
  const past = (id: string, loss: number[]) =>
    ({ id, name: id, curve: { step: loss.map((_, i) => i + 1), loss } }) as unknown as PastRun;
  const runs = [past('a', [4, 2]), past('b', [5, 1, 0.5])];
  const overlays = overlaysOf(runs, ['b', 'gone', 'a'], null);
  expect(overlays.map(({ name }) => name)).toEqual(['b', 'a']);
  expect(overlays[0].dash).not.toEqual(overlays[1].dash);
  expect(overlayRange(overlays, 0, 2)).toEqual([1, 5]);
  expect(overlayRange(overlays, 3, 9)).toEqual([0.5, 0.5]);
  expect(overlayRange(overlays, 4, 9)).toBeNull();
});

it('a run of other data or another model says so beside its name: its losses are no heights to compare', () => {
  const past = (id: string, data: string, model = 'tiny') =>
    ({ ...{ id, name: id, data, model }, curve: { step: [1], loss: [1] } }) as unknown as PastRun;
  const runs = [
    past('now', 'pirate'),
    past('same', 'pirate'),
    past('mail', 'mail'),
    past('big', 'pirate', 'big'),
  ];
  const ticked = ['same', 'mail', 'big'];
  const named = (over: ReturnType<typeof laidOver>) => overlaysOf(runs, ticked, over).map(({ name }) => name);
  const told = ['same', 'mail (other data)', 'big (another model)'];
  const app = { run: { state: 'finished' as const }, model: { name: 'tiny' }, dataTitle: 'opened since' };
  expect(named(laidOver(app, { runs, shown: ticked, current: 'now' }))).toEqual(told);
  const going = { ...app, run: { state: 'training' as const }, dataTitle: 'pirate' };
  expect(named(laidOver(going, { runs, shown: ticked, current: null }))).toEqual(told);
  // Without a run on the page the first that is ticked is what the others are laid over.
  const idle = { ...app, run: { state: 'idle' as const } };
  expect(laidOver(idle, { runs, shown: ['mail', 'same'], current: null })?.data).toBe('mail');
  expect(laidOver(idle, { runs, shown: [], current: null })).toBeNull();
});

it('no two lines of a class of 24 have the same dashes, and the first is whole', () => {
  const dashes = Array.from({ length: 24 }, (_, place) => dashOf(place).join(' '));
  expect(new Set(dashes).size).toBe(24);
  expect(dashes[0]).toBe('');
});
