import { describe, expect, test } from 'vitest';
import type { TrainingState } from '../../../src/train/checkpoint.ts';
import type { RunEvent } from '../../../src/train/events.ts';
import { defaultSettings, type RunSettings } from '../../../src/train/settings.ts';
import { Trainer } from '../../../src/train/trainer.ts';
import { injected } from '../../faults/injected.ts';
import { type Script, ToyEngine, toyDataset } from './toy-engine.ts';

function run(script: Script, settings: Partial<RunSettings>, heldOut = false) {
  const engine = new ToyEngine(script);
  const dataset = toyDataset(8);
  const events: RunEvent[] = [];
  const saved: TrainingState[] = [];
  const trainer = new Trainer({
    engine,
    dataset,
    rows: Uint32Array.from({ length: 8 }, (_, i) => i),
    heldOut: heldOut ? { dataset, rows: Uint32Array.of(0) } : null,
    settings: defaultSettings({ batch: 2, steps: 10, ...settings }),
    trace: false,
    sampleEvery: null,
    sample: async () => {},
    checkpoint: { every: settings.checkpointEvery ?? null, write: async (state) => void saved.push(state) },
    emit: (event) => events.push(event),
  });
  const warnings = () => events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
  const evals = () => events.flatMap((event) => (event.type === 'eval' ? [event.step] : []));
  return { engine, events, saved, trainer, warnings, evals };
}

describe('G6: a step whose loss or gradient is not a number', () => {
  test.each([1, 4, 10])('G6: at step %i is skipped, and the run goes on', async (bad) => {
    const { engine, trainer, warnings } = run({ loss: (step) => (step === bad ? Number.NaN : 1) }, {});
    const result = await trainer.run();
    expect(result.steps).toBe(10);
    expect(engine.updates).toBe(9);
    expect(warnings()).toEqual([expect.stringContaining(`Step ${bad}:`)]);
  });

  test('G6: two in a row, and again two, do not stop it', async (context) => {
    injected(context, 4);
    const bad = [2, 3, 6, 7];
    const { trainer } = run({ loss: (step) => (bad.includes(step) ? Number.POSITIVE_INFINITY : 1) }, {});
    expect((await trainer.run()).steps).toBe(10);
  });

  test('G6: three in a row stop it, and the last checkpoint holds finite values', async (context) => {
    injected(context, 3);
    const { engine, saved, trainer } = run(
      { loss: (step) => (step >= 6 ? Number.NaN : 1) },
      { checkpointEvery: 2 },
    );
    await expect(trainer.run()).rejects.toMatchObject({
      name: 'UserError',
      code: 'diverged',
      message: expect.stringContaining('up to step 8'),
    });
    // Nothing of the bad steps is in the adapter.
    expect(engine.updates).toBe(5);
    const last = saved.at(-1)!;
    expect(last.progress.step).toBe(6);
    expect(last.progress.skipped).toBe(1);
    expect([...last.adapter.a.values()].every((values) => values.every(Number.isFinite))).toBe(true);
  });
});

describe('held-out rows', () => {
  // Lowest after 4 updates.
  const heldOut = (updates: number) => 1 + Math.abs(updates - 4);

  test('are measured before, at every interval and at the end', async () => {
    const { evals, trainer } = run({ heldOut }, { evalEvery: 3 }, true);
    await trainer.run();
    expect(evals()).toEqual([0, 3, 6, 9, 10]);
  });

  test('the best adapter is kept, or the last where that is asked for', async () => {
    const best = run({ heldOut }, { evalEvery: 2 }, true);
    expect((await best.trainer.run()).eval).toMatchObject({ best_step: 4, loss_before: 5, loss_after: 1 });
    expect(best.engine.updates).toBe(4);
    const last = run({ heldOut }, { evalEvery: 2, keep: 'last' }, true);
    expect((await last.trainer.run()).eval).toMatchObject({ best_step: 4, loss_after: 7 });
    expect(last.engine.updates).toBe(10);
  });

  test('a loss that is not a number is never the best', async () => {
    const broken = (updates: number) => (updates === 2 ? 1.5 : updates % 4 === 0 ? Number.NaN : 2);
    const { engine, trainer } = run({ heldOut: broken }, { evalEvery: 2 }, true);
    expect((await trainer.run()).eval).toMatchObject({ best_step: 2, loss_after: 1.5 });
    expect(engine.updates).toBe(2);
  });

  test('patience ends a run that no longer learns, with the best adapter', async () => {
    const { engine, trainer, warnings } = run({ heldOut }, { evalEvery: 1, patience: 3, steps: 100 }, true);
    const result = await trainer.run();
    expect(result.steps).toBe(7);
    // Nobody stopped it.
    expect(result.stopped).toBe(false);
    expect(engine.updates).toBe(4);
    expect(warnings()).toEqual([expect.stringContaining('Stopped early at step 7')]);
  });
});

test('a paused run stands still, and a stopped one ends with what it has', async () => {
  const { engine, events, trainer } = run({}, {});
  const running = trainer.run();
  trainer.pause();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const at = engine.updates;
  expect(events.at(-1)).toMatchObject({ state: 'paused' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(engine.updates).toBe(at);
  trainer.stop();
  const result = await running;
  expect(result).toMatchObject({ stopped: true, interrupted: false });
  expect(result.steps).toBe(at);
});
