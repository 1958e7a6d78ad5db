import { describe, expect, test } from 'vitest';
import { OBJECTIVES } from '../../../src/objectives/list.ts';
import type { Objective } from '../../../src/objectives/objective.ts';
import { sft } from '../../../src/objectives/sft.ts';
import type { TrainingState } from '../../../src/run/checkpoint.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { defaultSettings, type RunSettings } from '../../../src/run/settings/list.ts';
import { Trainer, type TrainerOptions } from '../../../src/run/trainer.ts';
import { injected } from '../../faults/injected.ts';
import { oneTurn } from '../event-loop.ts';
import { changed, pairOf } from '../objectives/pairs-of.ts';
import { type Script, ToyEngine, toyDataset } from './toy-engine.ts';

function run(
  script: Script,
  settings: Partial<RunSettings>,
  heldOut = false,
  dataset = toyDataset(8),
  {
    rows = [0],
    sample = async () => {},
    objective = sft,
    resume,
  }: Pick<Partial<TrainerOptions>, 'sample' | 'resume'> & { rows?: number[]; objective?: Objective } = {},
) {
  const engine = new ToyEngine(script);
  const events: RunEvent[] = [];
  const saved: TrainingState[] = [];
  const trainer = new Trainer({
    engine,
    dataset,
    rows: Uint32Array.from({ length: 8 }, (_, i) => i),
    heldOut: heldOut ? { dataset, rows: Uint32Array.from(rows) } : null,
    settings: defaultSettings({ batch: 2, steps: 10, ...settings }),
    objective,
    trace: false,
    sampleEvery: null,
    sample: async (step, watch) => void (await sample(step, watch)),
    checkpoint: { every: settings.checkpointEvery ?? null, write: async (state) => void saved.push(state) },
    resume,
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
      { loss: (step) => (step >= 6 ? Number.NaN : step) },
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
    expect([...last.adapter.values.values()].every((values) => values.every(Number.isFinite))).toBe(true);
  });

  /** From the sixth step on there is no number. */
  const late = (before: (step: number) => number) => (step: number) =>
    step >= 6 ? Number.NaN : before(step);
  const never = () => Number.NaN;
  const RATE = 'Start again with a smaller learning rate.';
  test.each<{ cause: string; script: Script; code: string; says: string }>([
    {
      cause: 'the model alone gives none',
      script: { loss: late(() => 1), logProbability: never },
      code: 'not-a-number',
      says: 'the cause is the model or how this device computes it',
    },
    {
      cause: 'training went too far',
      script: { loss: late(() => 1), logProbability: (updates) => (updates > 0 ? Number.NaN : -1) },
      code: 'diverged',
      says: 'the model alone gives a number: it is the training that went too far',
    },
    {
      cause: 'the adapter that the run began with',
      script: { loss: never, logProbability: (_, strength) => (strength > 0 ? Number.NaN : -1) },
      code: 'not-a-number',
      says: 'the cause is that adapter, not the training',
    },
    {
      cause: 'the loss had risen',
      script: { loss: late((step) => step) },
      code: 'diverged',
      says: 'The loss had risen from 1.000 at the first step to 5.000',
    },
    {
      cause: 'only the gradient, and the loss had not risen',
      script: { loss: late(() => 1) },
      code: 'not-a-number',
      says: 'only its gradient is not. The loss had not risen before',
    },
    {
      cause: 'only the gradient, from the first step on',
      script: { loss: never },
      code: 'not-a-number',
      says: 'No step had changed the adapter yet',
    },
  ])('a smaller learning rate is advised only where training is the cause: $cause', async (one) => {
    const error = await run(one.script, {})
      .trainer.run()
      .catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: one.code, message: expect.stringContaining(one.says) });
    expect((error as Error).message.includes(RATE)).toBe(one.code === 'diverged');
  });
});

test('a step whose rows turn out unusable changes nothing, and does not count as diverging', async () => {
  const whole = toyDataset(8);
  // Of every four steps of an epoch one has no row left: rows 0 and 1, wherever they come together.
  const gone = new Set([0, 1, 2, 3, 4, 5]);
  const dataset = {
    ...whole,
    examples: async (indices: readonly number[]) =>
      (await whole.examples(indices)).filter(({ index }) => !gone.has(index)),
  };
  const { engine, events, trainer, warnings } = run({ loss: () => 1 }, { steps: 16 }, false, dataset);
  const result = await trainer.run();
  const empty = warnings().filter((text) => text.includes('none of its rows could be used')).length;
  expect(empty).toBeGreaterThanOrEqual(8);
  expect(engine.updates).toBe(16 - empty);
  expect(result).toMatchObject({ steps: 16, lossFirst: 1, lossLast: 1 });
  const losses = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
  expect(losses.filter(Number.isNaN)).toHaveLength(empty);
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

  test('none of which can be used measure nothing', async () => {
    const whole = toyDataset(8);
    let asked = 0;
    // Training reads rows two by two, the measurement row 0 alone.
    const examples = async (indices: readonly number[]) => {
      if (indices.length > 1) return whole.examples(indices);
      asked++;
      return [];
    };
    const { evals, trainer } = run({ heldOut }, { evalEvery: 2 }, true, { ...whole, examples });
    expect((await trainer.run()).eval).toBeNull();
    // Before, at steps 2 to 8, and at the end.
    expect(asked).toBe(6);
    expect(evals()).toEqual([]);
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
  await expect.poll(() => events.at(-1)).toMatchObject({ state: 'paused' });
  const at = engine.updates;
  // A step of this engine takes a few turns of the event loop.
  for (let turn = 0; turn < 1000; turn++) await oneTurn();
  expect(engine.updates).toBe(at);
  expect(at).toBeLessThan(10);
  trainer.stop();
  const result = await running;
  expect(result).toMatchObject({ stopped: true, interrupted: false });
  expect(result.steps).toBe(at);
});

describe('a pause or a stop does not wait for what is done between the steps', () => {
  const ROWS = [0, 1, 2, 3, 4, 5, 6, 7];
  /** Counts what is measured; `act` hears of each. */
  function measured(act: (n: number) => void) {
    const asked = { evaluate: 0 };
    const before: Script['before'] = (what) => {
      if (what === 'evaluate') act(++asked.evaluate);
    };
    return { asked, before };
  }

  test('a pause breaks a measurement off, and it is made whole when the run goes on', async () => {
    const { asked, before } = measured((n) => n === 1 && made.trainer.pause());
    const made = run({ before }, { batch: 1, steps: 2 }, true, toyDataset(8), { rows: ROWS });
    const running = made.trainer.run();
    await expect.poll(() => made.events.at(-1)).toMatchObject({ state: 'paused' });
    expect(asked.evaluate).toBe(1);
    expect(made.evals()).toEqual([]);
    made.trainer.resume();
    expect((await running).steps).toBe(2);
    expect(made.evals()).toEqual([0, 2]);
    expect(asked.evaluate).toBe(1 + 8 + 8);
  });

  test('a stop breaks it off too, but the end is measured', async () => {
    const { asked, before } = measured((n) => n === 8 + 2 && made.trainer.stop());
    const made = run({ before }, { batch: 1, steps: 9, evalEvery: 3 }, true, toyDataset(8), { rows: ROWS });
    const result = await made.trainer.run();
    expect(result).toMatchObject({ steps: 3, stopped: true, eval: { rows: 8 } });
    expect(made.evals()).toEqual([0, 3]);
    expect(asked.evaluate).toBe(8 + 2 + 8);
  });

  test.each([
    ['the best that was measured is kept', 2, { best_step: 2, loss_after: 9 }, 2],
    ['nothing measured since the start: what was trained is kept', 20, null, 3],
  ])('stopped again, the end is not measured: %s', async (_, evalEvery, result, updates) => {
    const made = run(
      {
        heldOut: (done) => (done === 2 ? 9 : 10),
        before: (what) => {
          if (what === 'step' && made.engine.updates === 2) made.trainer.stop();
          if (what === 'evaluate' && made.engine.updates === 3) made.trainer.stop();
        },
      },
      { batch: 1, steps: 40, evalEvery },
      true,
      toyDataset(8),
      { rows: ROWS },
    );
    const ended = await made.trainer.run();
    expect(ended.stopped).toBe(true);
    if (result) expect(ended.eval).toMatchObject(result);
    else expect(ended.eval).toBeNull();
    expect(made.engine.updates).toBe(updates);
  });

  test('stopped before the first step, nothing is measured or said again', async () => {
    const said: number[] = [];
    const { asked, before } = measured((n) => n === 8 && made.trainer.stop());
    const made = run({ before }, { batch: 1 }, true, toyDataset(8), {
      rows: ROWS,
      sample: async (step) => void said.push(step),
    });
    expect(await made.trainer.run()).toMatchObject({ steps: 0, stopped: true });
    expect(asked.evaluate).toBe(8);
    expect(said).toEqual([]);
  });
});

describe('what a run minimises', () => {
  test('cross-entropy weighs nothing, divides by the supervised tokens and tells no figures', async () => {
    const { engine, events, trainer } = run({}, { steps: 2, accumulate: 2 });
    await trainer.run();
    expect(engine.asked.map(({ divisor }) => divisor)).toEqual([4, 4]);
    expect(engine.asked.flatMap(({ batches }) => batches).some(({ weights }) => weights)).toBe(false);
    expect(events.some(({ type }) => type === 'figures')).toBe(false);
    const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.map(({ loss, figures }) => [loss, figures])).toEqual([
      [1, {}],
      [0.5, {}],
    ]);
  });

  /** Every chosen and rejected token alike: no margin, whatever the adapter. */
  const indifferent = OBJECTIVES.dpo(defaultSettings({ beta: 0.5 }));
  const toyPairs = () => changed(toyDataset(8), pairOf);

  test('an objective of two passes weighs with the adapter of the step before', async () => {
    const order: string[] = [];
    const made = run({ before: (what) => void order.push(what) }, { steps: 2 }, false, toyPairs(), {
      objective: indifferent,
    });
    await made.trainer.run();
    // Of the model and of the reference, then the gradient.
    expect(order).toEqual([
      ...['logProbabilities', 'logProbabilities', 'step'],
      ...['logProbabilities', 'logProbabilities', 'step'],
    ]);
    const [{ batches, divisor }] = made.engine.asked;
    // Two pairs: four rows, β/2 each way at no margin.
    expect(divisor).toBe(2);
    expect(batches[0].rows).toBe(4);
    const { weights, length } = batches[0];
    expect([0, 1, 2, 3].map((row) => weights![row * length + 1])).toEqual([0.25, -0.25, 0.25, -0.25]);
    const steps = made.events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.map(({ loss }) => loss)).toEqual([Math.log(2), Math.log(2)]);
    expect(steps[0].figures).toMatchObject({ margin: 0, accuracy: 0 });

    const named = made.events.findIndex(({ type }) => type === 'figures');
    expect(named).toBeGreaterThanOrEqual(0);
    expect(named).toBeLessThan(made.events.findIndex(({ type }) => type === 'step'));
  });

  test('a held-out loss is the objective’s own', async () => {
    const made = run({}, { steps: 1 }, true, toyPairs(), { objective: indifferent, rows: [0, 1, 2] });
    const result = await made.trainer.run();
    expect(result.eval).toMatchObject({ loss_before: Math.log(2), loss_after: Math.log(2) });
  });

  test('a step whose figures are not numbers is skipped like any other', async () => {
    const made = run({ loss: () => Number.NaN }, { steps: 3 }, false, toyPairs(), {
      objective: indifferent,
    });
    await expect(made.trainer.run()).rejects.toMatchObject({ code: 'not-a-number' });
  });

  test('the reference is asked once for each pair, and a run that is resumed has what was kept', async () => {
    const asked = async (made: ReturnType<typeof run>) => {
      const strengths: number[] = [];
      const { engine } = made;
      const ask = engine.logProbabilities.bind(engine);
      engine.logProbabilities = (batch, strength) => {
        strengths.push(strength);
        return ask(batch, strength);
      };
      const result = await made.trainer.run();
      return { reference: strengths.filter((strength) => strength === 0).length, result };
    };
    // Eight pairs, two a step: the second epoch begins with step 5.
    const settings = { steps: 8, checkpointEvery: 2 };
    const whole = run({}, settings, false, toyPairs(), { objective: indifferent });
    const { reference, result } = await asked(whole);
    expect(reference).toBe(4);
    expect(result.figures).toMatchObject({ margin: 0 });
    expect(whole.saved.map((state) => state.reference!.sums.size)).toEqual([8, 16, 16]);
    const rest = run({}, settings, false, toyPairs(), { objective: indifferent, resume: whole.saved[0] });
    expect((await asked(rest)).reference).toBe(2);
    const plain = run({}, settings);
    await plain.trainer.run();
    expect(plain.saved[0].reference).toBeNull();
  });
});
