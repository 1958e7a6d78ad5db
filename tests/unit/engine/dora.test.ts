import { describe, expect, test } from 'vitest';
import { mergedFloats } from '../../../src/export/merging.ts';
import { initialAdapter, joinValues, splitValues } from '../../../src/methods/parameters.ts';
import { type Fixture, logitError, openFixture, sourceOf } from '../model/fixture.ts';
import { readFixture } from '../read-fixture.ts';
import { gradientOnly, randomDora, withDora } from './dora.ts';
import { referenceEngine } from './reference-engine.ts';

/** What the programs of a run compute with DoRA, in float64. */

const SHAPE = { maxRows: 3, maxLength: 19 };
const open = (name: string) =>
  openFixture((file) => readFixture(new URL(`../model/fixtures/${name}/${file}`, import.meta.url)));

describe('the gradient is that of the loss, the norms of rows being no part of it', () => {
  test.each([
    ['llama', {}],
    ['llama', { dropout: 0.3 }],
    ['gpt_neox', { dropout: 0.3, rank: 5 }],
    ['qwen2', { targets: ['q_proj', 'v_proj'], dropout: 0.2 }],
    ['gemma3', { targets: ['o_proj'] }],
    ['gpt2', {}],
  ])('%s %j', async (name, change) => {
    const f = withDora(await open(name), change);
    f.modules = f.modules.filter(({ target }) => f.adapterSettings.targets.includes(target));
    const engine = await referenceEngine(f, SHAPE);
    const begin = randomDora(f);
    await engine.setAdapter(begin);
    const values = joinValues(begin);
    const lossAt = async (at: Float32Array) => {
      await engine.setAdapter(splitValues(at, f.modules, f.adapterSettings), 'of before');
      return (await engine.step([f.batches[0]], 3, gradientOnly(f))).loss;
    };
    await lossAt(values);
    const { m: gradient } = await engine.getOptimizer();
    // A gradient that was left out would be none, which no slope along the others shows.
    for (const [key, values] of splitValues(gradient, f.modules, f.adapterSettings).values)
      expect(Math.hypot(...values), key).toBeGreaterThan(1e-6);
    const norm = Math.hypot(...gradient);
    const step = 0.01;
    const [before, after] = [-1, 1].map((sign) =>
      values.map((value, i) => value + (sign * step * gradient[i]) / norm),
    );
    const slope = ((await lossAt(after)) - (await lossAt(before))) / (2 * step);
    expect(norm).toBeGreaterThan(1e-3);
    expect(Math.abs(slope / norm - 1)).toBeLessThan(2e-3);
  });
});

test.each(['llama', 'gpt2'])('what is merged answers as the adapter beside the base: %s', async (name) => {
  const f = withDora(await open(name));
  const weights = randomDora(f);
  const engine = await referenceEngine(f, SHAPE);
  await engine.setAdapter(weights);
  const model = { source: sourceOf(f), config: f.config };
  const tensors: Fixture['tensors'] = new Map(
    await Promise.all(
      [...f.tensors].map(async ([key, tensor]) => {
        const data = await mergedFloats(model, weights, key);
        return [key, { ...tensor, data }] as const;
      }),
    ),
  );
  const plain = { ...f, tensors, adapterSettings: { ...f.adapterSettings, method: 'lora' as const } };
  const merged = await referenceEngine(plain, SHAPE);
  await merged.setAdapter(initialAdapter(f.modules, plain.adapterSettings, 1));
  const ids = Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));
  const [ours, theirs] = [await engine.logits(ids, 1), await merged.logits(ids, 1)];
  expect(logitError(ours, theirs)).toBeLessThan(1e-5);
  expect(logitError(ours, await engine.logits(ids, 0))).toBeGreaterThan(1e-2);
});

test('a row of zeros stays finite', async () => {
  const f = withDora(await open('llama'));
  const [module] = f.modules;
  f.tensors.get(`${module.path}.weight`)!.data.fill(0, 0, module.in);
  const engine = await referenceEngine(f, SHAPE);
  await engine.setAdapter(randomDora(f));
  const { loss, applied } = await engine.step([f.batches[0]], 1, gradientOnly(f));
  expect([Number.isFinite(loss), applied]).toEqual([true, true]);
});
