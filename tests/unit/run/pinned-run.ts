import type { Engine } from '../../../src/engine/engine.ts';
import { defaultSettings, type RunSettings } from '../../../src/run/settings/list.ts';
import { hashOf, norm, type Pin } from '../pinned.ts';
import { datasetOf, type Run, run, type Trainable } from './resume.ts';

/** One short run, pinned: losses, gradient norms, held-out losses, the adapter, both moments and the answers after it. */

/** Two epochs with a short micro-batch in each, and a learning rate that rises and falls. */
const SETTINGS: Partial<RunSettings> = {
  steps: 4,
  batch: 3,
  accumulate: 1,
  maxLength: 32,
  warmup: 2,
  schedule: 'cosine',
  learningRate: 1e-2,
  weightDecay: 0.01,
  evalEvery: 2,
  keep: 'last',
  seed: 5,
};

export interface PinnedRun {
  settings?: Partial<RunSettings>;
  /** Cut after two steps: a checkpoint file is written, read, and a second engine goes on from it. */
  resumed?: boolean;
}

export async function pinnedRun(
  open: () => Promise<Engine>,
  f: Trainable,
  { settings = {}, resumed = false }: PinnedRun = {},
): Promise<Pin> {
  const all = defaultSettings({ ...SETTINGS, ...settings, ...(resumed ? { checkpointEvery: 2 } : {}) });
  let engine = await open();
  let before: Run | null = null;
  if (resumed) {
    before = await run(engine, f, all);
    await engine.dispose();
    engine = await open();
  }
  const rest = await run(engine, f, all, before ? { from: before.checkpoints[0] } : {});
  const pin = await pinOf(engine, f, before ? joined(before, rest) : rest);
  await engine.dispose();
  return pin;
}

/** The two steps before the cut, and what came after it. */
function joined(before: Run, rest: Run): Run {
  return {
    ...rest,
    losses: new Map([...[...before.losses].slice(0, 2), ...rest.losses]),
    gradNorms: [...before.gradNorms.slice(0, 2), ...rest.gradNorms],
    evals: [...before.evals.slice(0, 2), ...rest.evals],
  };
}

async function pinOf(engine: Engine, f: Trainable, { losses, gradNorms, evals, adapter }: Run): Promise<Pin> {
  const { m, v } = await engine.getOptimizer();
  const curve = [...losses.values()];
  const heldOut = evals.map(({ loss }) => loss);
  const answers = await answersOf(engine, f);
  return {
    sha256: {
      adapter: hashOf(adapter),
      moments: hashOf(m, v),
      curve: hashOf(Float64Array.from([...curve, ...gradNorms, ...heldOut])),
      answers: hashOf(...answers),
    },
    figures: {
      losses: curve,
      gradNorms,
      heldOut,
      momentNorms: [m, v].map(norm),
      norms: [adapter, ...answers].map(norm),
    },
  };
}

/** Logits of a whole row, of the same row token by token, and the movement of each module. */
async function answersOf(engine: Engine, f: Trainable): Promise<Float32Array[]> {
  const [{ ids }] = await datasetOf(f).examples([0]);
  const all = Array.from(ids.subarray(0, 8));
  const answers = [await engine.logits(all, 0.5)];
  const session = await engine.decode(all.length, 1);
  for (const part of [all.slice(0, 6), ...all.slice(6).map((id) => [id])])
    answers.push((await session.feed(part)).slice());
  session.close();
  return [...answers, (await engine.movement())!];
}
