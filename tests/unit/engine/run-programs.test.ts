import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { packedBatch, padBatch } from '../../../src/data/batches.ts';
import { initialAdapter, joinValues, splitValues } from '../../../src/methods/parameters.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { describeFamilies } from '../model/against-pytorch.ts';
import { examplesOf } from '../model/examples-of.ts';
import { cosine, type Fixture, logitError, openFixture } from '../model/fixture.ts';
import { referenceEngine } from './reference-engine.ts';

/** The proof of the seam: what a run's programs emit is computed by an executor that has nothing of WebGPU. */

const read = (name: string, file: string) =>
  readFile(new URL(`../model/fixtures/${name}/${file}`, import.meta.url)).then(
    (bytes) => new Uint8Array(bytes),
  );

const SHAPE = { maxRows: 3, maxLength: 19 };
const open = (name: string) => openFixture((file) => read(name, file));

/** With these settings a step leaves the adapter as it is, and its first moments are the gradient. */
const gradientOnly = (f: Fixture) => ({
  ...f.optimizer,
  ...{ beta1: 0, clip: 0, weightDecay: 0, learningRate: 0 },
});

describeFamilies({
  read,
  create: (f, shape) => referenceEngine(f, shape),
  tolerance: 2e-5,
  // One of each form: grouped heads; learned positions and layer norms; parallel branches; norms after and of heads.
  families: ['llama', 'gpt2', 'gpt_neox', 'gemma3'],
  // An update is the same in each, and slow here: engines that people use go to the end with all of them.
  toTheEnd: ['llama'],
});

describe('what is computed again instead of kept', () => {
  test.each(['llama', 'gpt_neox', 'gemma3'])('gives the same gradients: %s', async (name) => {
    const f = await open(name);
    const [kept, again] = await Promise.all(
      [false, true].map(async (checkpointing) => {
        const engine = await referenceEngine(f, SHAPE, { checkpointing });
        await engine.setAdapter(f.initial);
        await engine.step([f.batches[0]], 1, gradientOnly(f));
        return (await engine.getOptimizer()).m;
      }),
    );
    expect(kept.some((value) => value !== 0)).toBe(true);
    expect(logitError(again, kept)).toBe(0);
  });
});

describe('the gradient is that of the loss', () => {
  /** What is adapted decides how far down a gradient is computed; dropout, which mask each layer draws. */
  const CASES: [name: string, change: Partial<Fixture['adapterSettings']>][] = [
    ['llama', { dropout: 0.3 }],
    ['gpt_neox', { dropout: 0.3, rank: 5 }],
    ['llama', { targets: ['down_proj'] }],
    ['llama', { targets: ['up_proj', 'down_proj'] }],
    ['qwen2', { targets: ['q_proj', 'v_proj'] }],
    ['gpt_neox', { targets: ['dense_h_to_4h'] }],
    ['gpt_neox', { targets: ['dense'] }],
    ['gemma3', { targets: ['o_proj'] }],
  ];
  test.each(CASES)('%s %j', async (name, change) => {
    const f = await open(name);
    f.adapterSettings = { ...f.adapterSettings, ...change };
    f.modules = adapterModules(f.config, f.adapterSettings.targets);
    const engine = await referenceEngine(f, SHAPE);
    const begin = initialAdapter(f.modules, f.adapterSettings, 1);
    const values = joinValues(begin).map((value, i) => value + Math.sin(7 * i) / 10);
    const lossAt = async (at: Float32Array) => {
      await engine.setAdapter(splitValues(at, f.modules, f.adapterSettings));
      return (await engine.step([f.batches[0]], 3, gradientOnly(f))).loss;
    };
    await lossAt(values);
    const { m: gradient } = await engine.getOptimizer();
    // A gradient that was left out would be none, which no slope along the others shows.
    for (const [key, values] of splitValues(gradient, f.modules, f.adapterSettings).values)
      expect(
        values.some((value) => value !== 0),
        key,
      ).toBe(true);
    const norm = Math.hypot(...gradient);
    // Along the gradient the loss rises by its norm.
    const step = 0.02;
    const [before, after] = [-1, 1].map((sign) =>
      values.map((value, i) => value + (sign * step * gradient[i]) / norm),
    );
    const slope = ((await lossAt(after)) - (await lossAt(before))) / (2 * step);
    expect(norm).toBeGreaterThan(1e-3);
    expect(Math.abs(slope / norm - 1)).toBeLessThan(2e-3);
  });
});

test('rows packed into one have the loss and the gradient of rows apart', async () => {
  const f = await open('gemma3');
  const examples = examplesOf(f.batches[0]).slice(0, 2);
  const packed = packedBatch(examples, 64);
  expect(packed.rows).toBe(1);
  const apart = padBatch(examples);
  const results = [packed, apart].map(async (batch) => {
    const engine = await referenceEngine(f, { maxRows: 2, maxLength: 64 }, { packing: batch === packed });
    await engine.setAdapter(f.initial);
    const { loss } = await engine.step([batch], 1, gradientOnly(f));
    return { loss, gradient: (await engine.getOptimizer()).m };
  });
  const [one, two] = await Promise.all(results);
  expect(one.loss).toBeCloseTo(two.loss, 6);
  expect(logitError(one.gradient, two.gradient)).toBeLessThan(1e-6);
  expect(cosine(one.gradient, two.gradient)).toBeGreaterThan(1 - 1e-6);
});
