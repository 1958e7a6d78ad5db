import { describe, expect, it } from 'vitest';
import type { Dataset, Example } from '../../../src/data/types.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { joinValues } from '../../../src/methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../../../src/methods/types.ts';
import type { SoftLoss } from '../../../src/model/sublayers/head.ts';
import { OBJECTIVES } from '../../../src/objectives/list.ts';
import { OBJECTIVE_NAMES } from '../../../src/objectives/names.ts';
import type { Objective } from '../../../src/objectives/objective.ts';
import { sft } from '../../../src/objectives/sft.ts';
import {
  type RunIdentity,
  readCheckpoint,
  stateFor,
  type TrainingState,
  writeCheckpoint,
} from '../../../src/run/checkpoint.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { defaultSettings, type RunSettings } from '../../../src/run/settings/list.ts';
import { Trainer } from '../../../src/run/trainer.ts';
import type { Fixture } from '../model/fixture.ts';
import { changed, judgedOf, pairOf } from '../objectives/pairs-of.ts';
import { taughtBy } from '../objectives/taught-rows.ts';

/** Runs that are cut and resumed, on any engine: the bytes at the end must be those of a run that was not. */

export const SHAPE = { maxRows: 3, maxLength: 32 };

/** What a run needs of a fixture. */
export type Trainable = Pick<Fixture, 'batches' | 'initial'> & { adapterSettings: AdapterSettings };

/** Rows of a fixture's batches as a dataset. */
export function datasetOf(f: Pick<Fixture, 'batches'>): Dataset {
  const examples: Example[] = f.batches.flatMap(({ rows, length, ids, labels, lengths }) =>
    Array.from({ length: rows }, (_, row) => {
      const cut = (values: Int32Array) => values.slice(row * length, row * length + lengths[row]);
      return { ids: cut(ids), labels: cut(labels) } as Example;
    }),
  );
  return {
    examples: async (rows: number[]) => rows.map((row) => examples[row]),
  } as unknown as Dataset;
}

const IDENTITY: RunIdentity = {
  version: 1,
  model: 'fixture',
  settings: {},
  initAdapter: null,
  fingerprint: null,
  dataset: { sha256: '0'.repeat(64), rows: 12, mapping: null },
  heldOut: null,
  kernels: {},
  device: 'test',
};

export interface Run {
  steps: number[];
  losses: Map<number, number>;
  gradNorms: number[];
  adapter: Float32Array;
  evals: { step: number; loss: number }[];
  checkpoints: Uint8Array[];
  interrupted: boolean;
}

export async function run(
  engine: Engine,
  f: Trainable,
  settings: RunSettings,
  options: {
    from?: Uint8Array;
    interruptAt?: number;
    objective?: Objective;
    change?: (example: Example, index: number) => Example;
    reference?: AdapterWeights;
    /** A teacher reads the rows first, as at the beginning of any run. */
    top?: number;
  } = {},
): Promise<Run> {
  const out: Run = {
    steps: [],
    losses: new Map(),
    gradNorms: [],
    adapter: new Float32Array(0),
    evals: [],
    checkpoints: [],
    interrupted: false,
  };
  let resume: TrainingState | undefined;
  if (options.from) {
    const read = await readCheckpoint(options.from, 'checkpoint');
    expect(read.identity).toEqual(IDENTITY);
    resume = stateFor(read, engine.modules, f.adapterSettings);
  } else {
    await engine.setAdapter(f.initial);
    const { m } = await engine.getOptimizer();
    await engine.setOptimizer({ m: new Float32Array(m.length), v: new Float32Array(m.length) });
  }
  const rows = datasetOf(f);
  const own = options.change ? changed(rows, options.change) : rows;
  const dataset = options.top ? await taughtBy(engine, own, [...Array(16).keys()], options.top) : own;
  const trainer = new Trainer({
    engine,
    dataset,
    rows: Uint32Array.from({ length: 11 }, (_, i) => i),
    heldOut: { dataset, rows: Uint32Array.of(12, 13, 14, 15) },
    settings,
    objective: options.objective ?? sft,
    // As on the page, a run that goes on has what it needs in its checkpoint.
    reference: options.from ? null : options.reference,
    trace: false,
    sampleEvery: null,
    sample: async () => {},
    checkpoint: {
      every: settings.checkpointEvery,
      write: async (state) => {
        out.checkpoints.push(writeCheckpoint(IDENTITY, state));
      },
    },
    resume,
    emit: (event: RunEvent) => {
      if (event.type === 'step') {
        out.steps.push(event.step);
        out.losses.set(event.step, event.loss);
        out.gradNorms.push(event.gradNorm);
        if (event.step === options.interruptAt) trainer.interrupt();
      }
      if (event.type === 'eval') out.evals.push({ step: event.step, loss: event.loss });
    },
  });
  const result = await trainer.run();
  out.interrupted = result.interrupted;
  out.adapter = joinValues(await engine.getAdapter());
  return out;
}

export function describeResume(open: () => Promise<{ engine: Engine; f: Trainable }>, what = 'a run'): void {
  const settings = defaultSettings({
    steps: 14,
    batch: 3,
    accumulate: 2,
    warmup: 3,
    schedule: 'cosine',
    learningRate: 1e-2,
    evalEvery: 4,
    checkpointEvery: 3,
    seed: 5,
  });

  describe(`L6: ${what} that is cut and resumed`, () => {
    it('ends with the bytes of one that was not, from every checkpoint', async () => {
      const { engine, f } = await open();
      const whole = await run(engine, f, settings);
      expect(whole.steps).toHaveLength(14);
      expect(whole.checkpoints).toHaveLength(4);
      // A prefix on a random model learns next to nothing in so few steps.
      if (f.adapterSettings.method !== 'prefix')
        expect(whole.losses.get(14)).toBeLessThan(whole.losses.get(1)!);
      for (const [i, from] of whole.checkpoints.entries()) {
        const rest = await run(engine, f, settings, { from });
        expect(rest.steps[0]).toBe(3 * (i + 1) + 1);
        for (const [step, loss] of rest.losses) expect(loss).toBe(whole.losses.get(step));
        expect(rest.adapter).toEqual(whole.adapter);
      }
    });

    it('saves where it is interrupted, and goes on from there', async () => {
      const { engine, f } = await open();
      const whole = await run(engine, f, settings);
      const cut = await run(engine, f, settings, { interruptAt: 7 });
      expect(cut.interrupted).toBe(true);
      expect(cut.steps.at(-1)).toBeLessThan(14);
      const rest = await run(engine, f, settings, { from: cut.checkpoints.at(-1)! });
      expect([...cut.steps, ...rest.steps]).toEqual(whole.steps);
      expect(rest.adapter).toEqual(whole.adapter);
      expect([...cut.evals, ...rest.evals]).toEqual(whole.evals);
    });
  });
}

/** @param names all of them, or those that a slow device has time for */
export function describeObjectivesResume(
  open: (rows: number, soft?: SoftLoss) => Promise<{ engine: Engine; f: Trainable & Pick<Fixture, 'final'> }>,
  names: readonly string[] = OBJECTIVE_NAMES.map(({ value }) => value),
  what = 'a run of each objective',
): void {
  // Two epochs and more, so that rows are met again beside others.
  const settings = defaultSettings({
    steps: 9,
    batch: 3,
    learningRate: 1e-2,
    evalEvery: 4,
    checkpointEvery: 2,
    seed: 5,
    maxLength: SHAPE.maxLength,
    ...{ distilTop: 5, distilWeight: 0.3 },
  });

  describe(`L6: ${what} that is cut and resumed`, () => {
    it.each(
      names.flatMap((name) => {
        const { hasReference } = OBJECTIVES[name as 'dpo'](settings);
        return [[name, false] as const, ...(hasReference ? [[name, true] as const] : [])];
      }),
    )('%s ends with the bytes of one that was not; from an adapter: %s', async (name, adapter) => {
      const { soft } = OBJECTIVES[name as 'dpo'](settings);
      const { engine, f } = await open(2 * SHAPE.maxRows, soft);
      const objective = OBJECTIVES[name as 'dpo'](settings);
      const change = { answers: undefined, pairs: pairOf, verdicts: judgedOf }[objective.rows];
      const options = { objective, change, top: soft?.top, ...(adapter && { reference: f.final }) };
      const whole = await run(engine, f, settings, options);
      expect(whole.steps).toHaveLength(9);
      expect(whole.losses.get(9)).not.toBe(whole.losses.get(1));
      expect(whole.checkpoints).toHaveLength(4);
      for (const from of [whole.checkpoints[0], whole.checkpoints[2]]) {
        const rest = await run(engine, f, settings, { ...options, from });
        for (const [step, loss] of rest.losses) expect(loss).toBe(whole.losses.get(step));
        expect(rest.adapter).toEqual(whole.adapter);
        expect(rest.evals.at(-1)).toEqual(whole.evals.at(-1));
      }
      await engine.dispose();
    });
  });
}
