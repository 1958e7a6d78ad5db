import { tinyModel } from '../../../src/bench/random-model.ts';
import type { Dataset } from '../../../src/data/types.ts';
import type { GpuEngine } from '../../../src/engine/gpu/engine.ts';
import { initialAdapter, joinValues } from '../../../src/methods/parameters.ts';
import { sft } from '../../../src/objectives/sft.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { defaultSettings, type RunSettings } from '../../../src/run/settings/list.ts';
import { Trainer } from '../../../src/run/trainer.ts';
import type { SaveCheckpoint, TrainRequest } from '../../../src/worker/api/api.ts';
import { Answers } from '../../../src/worker/compute/answers.ts';
import type { Patience } from '../../../src/worker/compute/device-lost.ts';
import type { EngineNeed } from '../../../src/worker/compute/engine-need.ts';
import { EngineHost } from '../../../src/worker/compute/engines.ts';
import { Runs } from '../../../src/worker/compute/runs.ts';
import { Shelf } from '../../../src/worker/compute/shelf.ts';
import type { Workspace } from '../../../src/worker/compute/workspace.ts';
import { type Fixture, openFixture, type StoredTensor, sourceOf } from '../../unit/model/fixture.ts';
import { datasetOf } from '../../unit/run/resume.ts';
import { fixtureEngine, readFixture } from '../fixture-engine.ts';

/** The worker's runs over a small random model on a real device: all but the tokenizer and the data worker. */

type Model = Promise<Fixture>;

/** Two layers, 32 wide, with a dropout that must be drawn again after a cut. */
const narrow: Model = openFixture((file) => readFixture('llama', file)).then(withDropout);

/** Two layers, 64 wide, on the same rows. */
export const wide: Model = narrow.then(async (f) => {
  const { config, modules, source, lora } = tinyModel();
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, bytes } of source.tensors.values()) {
    const { buffer } = Uint8Array.from(await source.read(name, 0, bytes));
    tensors.set(name, { shape, data: new Float32Array(buffer), ints: new Int32Array(buffer) });
  }
  return withDropout({ ...f, config, modules, tensors, adapterSettings: lora });
});

function withDropout(f: Fixture): Fixture {
  return { ...f, adapterSettings: { ...f.adapterSettings, dropout: 0.1 } };
}

const ROWS = 12;

const SHAPE = { maxRows: 2, maxLength: 32 };
const SEED = 1;

/** Engines outside any session, on a device that no test takes away. */
const undisturbed = new Map<Model, Promise<GpuEngine>>();

function engineOf(model: Model): Promise<GpuEngine> {
  let engine = undisturbed.get(model);
  if (!engine) {
    engine = model.then((f) => fixtureEngine(f, SHAPE));
    undisturbed.set(model, engine);
  }
  return engine;
}

// Begun at once: devices that tests open later may be meddled with.
void engineOf(narrow);

/** A choice of kernels, so that no time goes into compiling and timing all of them. */
export async function kernelsOf(model: Model = narrow): Promise<Record<string, string>> {
  return (await engineOf(model)).info().kernels;
}

let short: ReturnType<typeof train> | null = null;

/** The losses by step and the adapter of `shortRun` where nothing happens to it. */
export function reference(settings?: Partial<RunSettings>, model = narrow): ReturnType<typeof train> {
  if (settings) return train(settings, model);
  short ??= train({}, narrow);
  return short;
}

async function train(
  changed: Partial<RunSettings>,
  model: Model,
): Promise<{ losses: Map<number, number>; adapter: Float32Array }> {
  const engine = await engineOf(model);
  const { settings } = shortRun(changed);
  const begin = initialAdapter(engine.modules, engine.adapterSettings, settings.seed);
  await engine.setAdapter(begin);
  // Another run may have left its moments.
  const floats = joinValues(begin).length;
  await engine.setOptimizer({ m: new Float32Array(floats), v: new Float32Array(floats) });
  const { seen, listener } = watch();
  await new Trainer({
    engine,
    dataset: datasetOf(await model),
    rows: Uint32Array.from({ length: ROWS }, (_, i) => i),
    heldOut: null,
    settings,
    objective: sft,
    trace: false,
    sampleEvery: null,
    sample: async () => {},
    emit: listener,
  }).run();
  return { losses: seen.losses, adapter: joinValues(await engine.getAdapter()) };
}

export async function fixtureSession(patience?: Patience, model = narrow) {
  // Its device is not to be meddled with.
  await engineOf(model);
  const f = await model;
  const rows = datasetOf(f);
  const host = new EngineHost(
    sourceOf(f),
    f.config,
    ...(patience ? [{ hardware: patience, software: patience }] : []),
  );
  const report = {
    name: 'rows',
    read: ROWS,
    used: ROWS,
    dropped: 0,
    badCount: 0,
    needTemplate: 0,
    skipped: { bad: 0, dropped: 0, isEstimate: false },
    maxLength: 16,
    keepsAll: 0,
    rowKind: 'answers',
    calledFor: 'answers',
    bad: [],
    warnings: [],
    longest: 32,
    sha256: 'ab',
  };
  const dataset = { ...rows, report, rows: ROWS } as unknown as Dataset;
  const { adapterSettings } = f;
  const workspace = {
    model: {
      config: f.config,
      host,
      info: { id: 'fixture', parameters: 1, hasTemplate: false, notes: [] },
      source: { revision: null, tokenizer: { chatTemplate: null } },
    },
    dataset: () => dataset,
    readFor: async () => {},
    trainingData: dataset,
    trainingFile: null,
    date: '2026-12-01T09:00:00',
    runDate: async (from: string | null) => from,
    askAsOn: () => {},
    adapterSettings: () => adapterSettings,
    need: async (
      settings: RunSettings,
      _adapter: unknown,
      _longest: number,
      kernels = {},
    ): Promise<EngineNeed> => ({
      device: 'software',
      adapterSettings,
      shape: SHAPE,
      seed: settings.seed,
      dtype: 'auto',
      checkpointing: false,
      packing: false,
      kernels,
    }),
    data: { encode: async () => [1, 2, 3], decode: async (ids: number[]) => ids.join(' ') },
  } as unknown as Workspace;
  const answers = new Answers(workspace, async () => host.engine!);
  const shelf = new Shelf();
  return { host, answers, shelf, runs: new Runs(workspace, answers, shelf) };
}

/** Steps of a few milliseconds, with checkpoints close together. */
export function shortRun(
  settings: Partial<RunSettings> = {},
  more: Partial<TrainRequest> = {},
): TrainRequest {
  return {
    settings: defaultSettings({
      batch: 2,
      steps: 14,
      checkpointEvery: 2,
      learningRate: 1e-2,
      seed: SEED,
      ...settings,
    }),
    prompts: [],
    sampleEvery: null,
    sampleTokens: 4,
    trace: false,
    maxEvalRows: null,
    evalData: false,
    ...more,
  };
}

/** What happened in a run, with the losses by step as they came last. */
export interface Watched {
  events: RunEvent[];
  losses: Map<number, number>;
  warnings: string[];
  checkpoints: { step: number; file: Uint8Array }[];
}

export function watch(act: (event: RunEvent) => void = () => {}): {
  seen: Watched;
  listener: (event: RunEvent) => void;
  save: SaveCheckpoint;
} {
  const seen: Watched = { events: [], losses: new Map(), warnings: [], checkpoints: [] };
  return {
    seen,
    listener: (event) => {
      seen.events.push(event);
      if (event.type === 'step') seen.losses.set(event.step, event.loss);
      if (event.type === 'warning') seen.warnings.push(event.text);
      act(event);
    },
    save: async (step, file) => void seen.checkpoints.push({ step, file }),
  };
}
