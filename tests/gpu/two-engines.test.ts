import { beforeAll, expect, it } from 'vitest';
import { EngineGone } from '../../src/engine/engine.ts';
import { GpuEngine } from '../../src/engine/gpu/engine.ts';
import { type Gpu, withMemory } from '../../src/gpu/device.ts';
import { Pipelines } from '../../src/gpu/launcher.ts';
import { loadWeights } from '../../src/loading/load-weights.ts';
import { joinValues } from '../../src/methods/parameters.ts';
import { type Fixture, openFixture, sourceOf } from '../unit/model/fixture.ts';
import { readFixture, SMALL_TILES } from './fixture-engine.ts';
import { gpuOnce } from './op-case.ts';

/**
 * Two engines on one device: over one base, as a policy beside its reference, and over two, as a student beside its
 * teacher. Each computes to the byte what it computes alone, and one that ends takes nothing from the other.
 */

const SHAPE = { maxRows: 3, maxLength: 19 };
const STEPS = 3;

let gpu: Gpu;
let pipelines: Pipelines;
let llama: Fixture;
let gpt2: Fixture;

beforeAll(async () => {
  gpu = await gpuOnce();
  pipelines = new Pipelines(gpu.device);
  [llama, gpt2] = await Promise.all(
    ['llama', 'gpt2'].map((name) => openFixture((file) => readFixture(name, file))),
  );
});

async function load(f: Fixture) {
  const own = withMemory(gpu, gpu.memory.scope());
  const { weights } = await loadWeights(own, sourceOf(f), f.config, 'f32');
  return {
    gpu: own,
    pipelines,
    config: f.config,
    weights,
  };
}

type Base = Awaited<ReturnType<typeof load>>;

/** An engine with an adapter of its own kind, so that two over one base cannot be mistaken for each other. */
async function open(base: Base, f: Fixture, kind: { dropout: number; targets?: string[]; seed: number }) {
  const modules = f.modules.filter(({ target }) => !kind.targets || kind.targets.includes(target));
  const lora = { ...f.adapterSettings, dropout: kind.dropout };
  const engine = await GpuEngine.create(base, lora, modules, {
    shape: SHAPE,
    seed: kind.seed,
    checkpointing: kind.dropout > 0,
    packing: false,
    kernels: SMALL_TILES,
    planBytes: 0,
  });
  await engine.setAdapter({ ...f.initial, settings: lora });
  return engine;
}

const FIRST = { dropout: 0, seed: 1 };
const SECOND = { dropout: 0.3, targets: ['q_proj', 'v_proj', 'c_attn'], seed: 2 };

async function step(engine: GpuEngine, f: Fixture, number: number) {
  const { loss, gradNorm } = await engine.step([f.batches[number % 6]], number, f.optimizer);
  return [loss, gradNorm];
}

/** All that an engine says: losses, its adapter, and what it answers. */
async function record(engine: GpuEngine, f: Fixture, steps: number[][]) {
  const session = await engine.decode(8, 1);
  const ids = Array.from(f.batches[0].ids.subarray(0, 6));
  const fed = (await session.feed(ids)).slice();
  session.close();
  return {
    steps,
    adapter: joinValues(await engine.getAdapter()),
    logits: await engine.logits(ids, 0.5),
    fed,
  };
}

async function alone(f: Fixture, kind: Parameters<typeof open>[2]) {
  const base = await load(f);
  const engine = await open(base, f, kind);
  const steps = [];
  for (let number = 1; number <= STEPS; number++) steps.push(await step(engine, f, number));
  const recorded = await record(engine, f, steps);
  await engine.dispose();
  base.gpu.memory.freeAll();
  return recorded;
}

it.each([
  ['over one base', () => [llama, llama]],
  ['over two bases', () => [llama, gpt2]],
] as const)('step by step in turn %s, each as alone', async (_, models) => {
  const [f, g] = models();
  const wanted = [await alone(f, FIRST), await alone(g, SECOND)];
  const before = gpu.memory.bytes;

  const base = await load(f);
  const other = f === g ? base : await load(g);
  const [first, second] = [await open(base, f, FIRST), await open(other, g, SECOND)];
  const steps: [number[][], number[][]] = [[], []];
  for (let number = 1; number <= STEPS; number++) {
    // Both are asked before either answers.
    const both = await Promise.all([step(first, f, number), step(second, g, number)]);
    both.forEach((one, i) => {
      steps[i].push(one);
    });
  }
  expect(await record(first, f, steps[0])).toEqual(wanted[0]);
  expect(await record(second, g, steps[1])).toEqual(wanted[1]);
  expect(first.memory().base_bytes).toBe(base.weights.bytes);
  expect(second.memory().base_bytes).toBe(other.weights.bytes);

  await first.dispose();
  await second.dispose();
  base.gpu.memory.freeAll();
  other.gpu.memory.freeAll();
  expect(gpu.memory.bytes).toBe(before);
});

it('one that ends in the middle takes nothing from the other', async () => {
  const wanted = await alone(llama, FIRST);
  const base = await load(llama);
  const loaded = base.gpu.memory.bytes;
  const [first, second] = [await open(base, llama, FIRST), await open(base, llama, SECOND)];
  const held = base.gpu.memory.bytes;
  const steps = [await step(first, llama, 1)];
  await step(second, llama, 1);
  const [next] = await Promise.all([step(first, llama, 2), second.dispose()]);
  steps.push(next);
  expect(base.gpu.memory.bytes).toBeLessThan(held);
  // What it leaves behind is taken by a third, which computes too.
  const third = await open(base, llama, SECOND);
  await step(third, llama, 1);
  steps.push(await step(first, llama, 3));
  expect(await record(first, llama, steps)).toEqual(wanted);
  await first.dispose();
  await third.dispose();
  expect(base.gpu.memory.bytes).toBe(loaded);
  base.gpu.memory.freeAll();
});

it('one that has ended answers nothing and takes no memory', async () => {
  const base = await load(llama);
  const loaded = base.gpu.memory.bytes;
  const engine = await open(base, llama, FIRST);
  await engine.dispose();
  await expect(engine.decode(8, 1)).rejects.toBeInstanceOf(EngineGone);
  await expect(engine.logits([1, 2], 1)).rejects.toBeInstanceOf(EngineGone);
  expect(base.gpu.memory.bytes).toBe(loaded);
  base.gpu.memory.freeAll();
});
