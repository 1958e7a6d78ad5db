import { expect, test } from 'vitest';
import { planMemory } from '../../../../src/engine/processor/memory-plan.ts';
import { openFixture, sourceOf } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { describeRounded, randomLora, SHAPE, withTarget } from '../rounded.ts';
import { processorEngine } from './processor-engine.ts';

const read = (name: string, file: string) =>
  readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url));

describeRounded({ read, create: (f, shape) => processorEngine(f, shape), tolerance: 2e-5 });

test('a plan counts the merged weights to the byte', async () => {
  const f = withTarget(await openFixture((file) => read('llama', file)), 'q4');
  const plain = { ...f.adapterSettings, mergeTarget: undefined };
  const planOf = async (adapterSettings: typeof f.adapterSettings) => {
    const engine = await processorEngine({ ...f, adapterSettings }, SHAPE);
    const { processor } = engine.base;
    const plan = await planMemory(
      processor,
      { source: sourceOf(f), config: f.config, dtype: 'f32' },
      adapterSettings,
      f.modules,
      { shape: SHAPE, seed: 1, checkpointing: false, packing: false },
    );
    expect(plan.total).toBe(processor.memory.bytes);
    return plan;
  };
  const [rounded, without] = [await planOf(f.adapterSettings), await planOf(plain)];
  // Every linear but `down`, whose 52 inputs are no whole blocks: 18 bytes of 32 values, and room for an offset.
  const { layers, hidden, heads, kvHeads, headDim, intermediate } = f.config;
  const values = layers * hidden * ((heads + 2 * kvHeads) * headDim + hidden + 2 * intermediate);
  expect(rounded.adapter - without.adapter).toBe((20 / 32) * values);
});

test('a base that lies in ranges of rows is merged as a whole one', async () => {
  const f = withTarget(await openFixture((file) => read('llama', file)), 'q4');
  const ids = Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));
  const found = [];
  for (const largestBinding of [undefined, 13_311]) {
    const engine = await processorEngine(f, SHAPE, { largestBinding });
    const { parts } = engine.base.weights.layers[0].gateUp.weight;
    await engine.setAdapter(randomLora(f));
    found.push({ parts: parts?.length ?? 1, logits: await engine.logits(ids, 1) });
  }
  const [whole, ranges] = found;
  expect([whole.parts, ranges.parts]).toEqual([1, 2]);
  expect(ranges.logits).toEqual(whole.logits);
});
