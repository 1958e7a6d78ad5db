import { expect, test } from 'vitest';
import { weightOf } from '../../src/bench/bench.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { Pipelines } from '../../src/gpu/launcher.ts';
import { type Dense, dense } from '../../src/ops/reference/linear.ts';
import { wrongAttention } from '../../src/ops/webgpu/attention-check.ts';
import { type LinearOp, variantsFor } from '../../src/ops/webgpu/linear-variants.ts';
import { type Variants, wrongVariants } from '../../src/ops/webgpu/self-check.ts';
import { cosine, openFixture } from '../unit/model/fixture.ts';
import { CASES, type Case, errorsOf } from './attention-case.ts';
import { fixtureEngine, readFixture } from './fixture-engine.ts';
import { runCase, SHAPES } from './linear-case.ts';
import { gpuOnce } from './op-case.ts';

/** Every product that hardware compares, run in software, where it is never taken: it compiles too long there. */

const OPS: readonly LinearOp[] = ['linear-forward', 'linear-backward', 'lora-gradient'];

test.each([
  { of: 'products', columns: 128 },
  { of: 'narrow products', columns: 16 },
])('every variant for $of computes the right numbers', async ({ columns }) => {
  const gpu = await gpuOnce();
  const e = { software: false, features: gpu.device.features, limits: gpu.device.limits };
  const names = (op: LinearOp) =>
    variantsFor(e, { op, n: columns, k: columns, weight: 'f32', alignment: 64 }).map(({ name }) => name);
  const variants: Variants = {
    'linear-forward': names('linear-forward'),
    'linear-backward': names('linear-backward'),
    'lora-gradient': names('lora-gradient'),
  };
  expect(variants['linear-forward'].length).toBeGreaterThan(2);
  const wrong = await wrongVariants({ ...gpu, software: false }, new Pipelines(gpu.device), variants);
  for (const op of OPS) expect([...wrong[op]], op).toEqual([]);
});

test.each(SHAPES)('$rows rows, $k → $ends, rank $rank', async (shape) => {
  const { errors, chosen } = await runCase(await gpuOnce(), { ...shape, software: false });
  expect(Object.values(chosen).some((name) => name.startsWith('tiled-64x64'))).toBe(true);
  for (const [result, error] of Object.entries(errors))
    expect(error, `${result} by ${JSON.stringify(chosen)}`).toBeLessThan(2e-6);
});

test.each(['f16', 'q8', 'q4', 'nf4'] as const)('a weight in %s is decoded into the tile', async (type) => {
  const weight = (gpu: Gpu, w: Dense) => {
    const made = weightOf(gpu, Float32Array.from(w.values), w.rows, w.cols, type);
    return { weight: made.weight, values: dense(w.rows, w.cols, (i, j) => made.values[i * w.cols + j]) };
  };
  const shape = { rows: 70, k: 128, ends: [64, 96], rank: 8 };
  const { errors } = await runCase(await gpuOnce(), { ...shape, software: false, weight });
  for (const [result, error] of Object.entries(errors)) expect(error, result).toBeLessThan(2e-6);
});

const BY_FOURS = CASES.filter(({ headDim }) => headDim % 4 === 0);
const HEADS = [64, 96, 256].map(
  (headDim): Case => ({
    name: `heads of ${headDim}`,
    ...{ heads: 2, kvHeads: 1, headDim, batch: 2, length: 70, margin: 0, fused: false },
  }),
);

test.each([...BY_FOURS, ...HEADS])('attention over tiles: $name', async (c) => {
  for (const [result, error] of Object.entries(await errorsOf(await gpuOnce(), c, false)))
    expect(error, result).toBeLessThan(c.bound ?? 2e-6);
});

test('both forms of attention pass the check before a run, and a wrong one does not', async () => {
  const gpu = { ...(await gpuOnce()), software: false };
  const names = { 'attention-forward': ['tiled', 'direct'], 'attention-backward': ['tiled', 'direct'] };
  const pipelines = new Pipelines(gpu.device);
  const right = await wrongAttention(gpu, pipelines, names);
  expect(Object.values(right).flatMap((wrong) => [...wrong])).toEqual([]);
  const get = pipelines.get.bind(pipelines);
  pipelines.get = (kernel) =>
    kernel.shader === 'attention_backward_kv_tiled'
      ? get({ ...kernel, constants: { ...kernel.constants, SCALE: 0.126 } })
      : get(kernel);
  const wrong = await wrongAttention(gpu, pipelines, names);
  expect([...wrong['attention-forward']]).toEqual([]);
  expect([...wrong['attention-backward']]).toEqual(['tiled']);
});

/** Windows, norms around and within attention, gated; and norms with biases, learned positions, linears with biases. */
test.each(['gemma3', 'gpt2'])(
  '%s: a step by the kernels for hardware has the gradients of PyTorch',
  async (name) => {
    const f = await openFixture((file) => readFixture(name, file));
    const kernels = new Proxy({}, { get: (_, key) => SMALL[String(key).split(' ')[0]] });
    const engine = await fixtureEngine(f, { maxRows: 3, maxLength: 19 }, { software: false, kernels });
    await engine.setAdapter(f.initial);
    const settings = { ...f.optimizer, beta1: 0, clip: 0, weightDecay: 0 };
    const { loss, gradNorm } = await engine.step([f.batches[0]], 1, settings);
    expect(loss).toBeCloseTo(f.first.loss, 4);
    expect(Math.abs(gradNorm / f.first.gradNorm - 1)).toBeLessThan(1e-4);
    const { m } = await engine.getOptimizer();
    const theirs = f.modules.flatMap(({ path }) => [
      f.gradient.values.get(`${path}.lora_A`)!,
      f.gradient.values.get(`${path}.lora_B`)!,
    ]);
    expect(cosine(m, Float32Array.from(theirs.flatMap((part) => [...part])))).toBeGreaterThan(0.99999);
    engine.dispose();
  },
  600_000,
);

/** The tiles that compile soonest. */
const SMALL: Record<string, string> = {
  'linear-forward': 'tiled-32x32x32-64',
  'linear-backward': 'tiled-32x32x32-64',
  'lora-gradient': 'tiled-16x64x16-64',
};
