import { expect, test } from 'vitest';
import type { Batch } from '../../../../src/data/batch.ts';
import { packedBatch, padBatch } from '../../../../src/data/batches.ts';
import { ProcessorEngine } from '../../../../src/engine/processor/engine.ts';
import { planMemory } from '../../../../src/engine/processor/memory-plan.ts';
import { initialAdapter, joinValues } from '../../../../src/methods/parameters.ts';
import { describeFamilies } from '../../model/against-pytorch.ts';
import { examplesOf } from '../../model/examples-of.ts';
import { type Fixture, logitError, openFixture, sourceOf } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { describePooledStates } from '../pooled-states.ts';
import { describeSideBySide } from '../side-by-side.ts';
import { processorEngine } from './processor-engine.ts';

const read = (name: string, file: string) =>
  readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url));

describeFamilies({ read, create: (f, shape) => processorEngine(f, shape), tolerance: 2e-5 });
describeSideBySide({ read, create: (f, shape) => processorEngine(f, shape), tolerance: 2e-5 });
describePooledStates({ read, create: (f, shape) => processorEngine(f, shape), tolerance: 2e-5 });

/** With these settings a step leaves the adapter as it is, and its first moments are the gradient. */
const gradientOnly = (f: Fixture) => ({
  ...f.optimizer,
  ...{ beta1: 0, clip: 0, weightDecay: 0, learningRate: 0 },
});
const SHAPE = { maxRows: 3, maxLength: 19 };
const open = (name: string) => openFixture((file) => read(name, file));

async function gradient(f: Fixture, batch: Batch, options: Parameters<typeof processorEngine>[2] = {}) {
  const engine = await processorEngine(f, { maxRows: 2, maxLength: 64 }, options);
  await engine.setAdapter(f.initial);
  const { loss } = await engine.step([batch], 1, gradientOnly(f));
  return { loss, gradient: (await engine.getOptimizer()).m };
}

test.each(['llama', 'gpt_neox', 'gemma3'])(
  'what is computed again gives the same bytes: %s',
  async (name) => {
    const f = await open(name);
    f.adapterSettings = { ...f.adapterSettings, dropout: 0.2 };
    const [kept, again] = [
      await gradient(f, f.batches[0]),
      await gradient(f, f.batches[0], { checkpointing: true }),
    ];
    expect(kept.gradient.some((value) => value !== 0)).toBe(true);
    expect(again).toEqual(kept);
  },
);

test('rows packed into one have the loss and the gradient of rows apart', async () => {
  const f = await open('gemma3');
  const examples = examplesOf(f.batches[0]).slice(0, 2);
  const packed = packedBatch(examples, 64);
  expect(packed.rows).toBe(1);
  const apart = padBatch(examples);
  const [one, two] = [await gradient(f, packed, { packing: true }), await gradient(f, apart)];
  expect(one.loss).toBeCloseTo(two.loss, 6);
  expect(logitError(one.gradient, two.gradient)).toBeLessThan(1e-6);
});

test('what a plan counts is what an engine takes, to the byte', async () => {
  const f = await open('llama');
  for (const checkpointing of [false, true]) {
    const engine = await processorEngine(f, SHAPE, { checkpointing });
    const { processor } = engine.base;
    const options = { shape: SHAPE, seed: 1, checkpointing, packing: false };
    const model = { source: sourceOf(f), config: f.config, dtype: 'f32' as const };
    const plan = await planMemory(processor, model, f.adapterSettings, f.modules, options);
    expect(plan.total).toBe(processor.memory.bytes);
    expect(plan.activation).toBe(engine.memory().activation_bytes);
    await engine.setAdapter(f.initial);
    await engine.step([f.batches[0]], 1, f.optimizer);
    expect(processor.memory.peak).toBe(plan.total);
  }
});

test('two engines over one base, step by step in turn, have the bytes of each alone; one ends and the other goes on', async () => {
  const f = await open('llama');
  const other = { ...f.adapterSettings, rank: 3, dropout: 0.1 };
  const first = await processorEngine(f, SHAPE);
  const { base } = first;
  const options = { shape: SHAPE, seed: 1, checkpointing: false, packing: false, planBytes: 0 };
  const make = (lora: typeof f.adapterSettings) => new ProcessorEngine(base, lora, f.modules, options);
  const run = async (engines: ProcessorEngine[], steps: number) => {
    for (const engine of engines)
      await engine.setAdapter(initialAdapter(f.modules, engine.adapterSettings, 1));
    for (let step = 1; step <= steps; step++)
      for (const engine of engines) await engine.step([f.batches[step % 2]], step, f.optimizer);
    return Promise.all(engines.map(async (engine) => joinValues(await engine.getAdapter())));
  };
  const alone = [(await run([make(f.adapterSettings)], 4))[0], (await run([make(other)], 4))[0]];
  const pair = [make(f.adapterSettings), make(other)];
  expect(await run(pair, 4)).toEqual(alone);
  const both = base.processor.memory.bytes;
  await pair[0].dispose();
  expect(base.processor.memory.bytes).toBeLessThan(both);
  const zeros = new Float32Array(alone[1].length);
  await pair[1].setOptimizer({ m: zeros, v: zeros });
  expect(await run([pair[1]], 4)).toEqual([alone[1]]);
});

test('a row has the same bytes alone and beside others, and a longer row than a batch has is read too', async () => {
  const f = await open('gemma3');
  const engine = await processorEngine(f, SHAPE);
  await engine.setAdapter(f.final);
  const { ids, length, rows } = f.batches[0];
  const some = (count: number) => Array.from(ids.subarray(0, count));
  const whole = await engine.logProbabilities(f.batches[0], 1);
  for (let row = 0; row < rows; row++) {
    const cut = (values: Int32Array) => values.slice(row * length, (row + 1) * length);
    const { labels, lengths } = f.batches[0];
    const alone = {
      rows: 1,
      length,
      ids: cut(ids),
      labels: cut(labels),
      lengths: lengths.slice(row, row + 1),
    };
    expect((await engine.logProbabilities(alone, 1)).sum[0]).toBe(whole.sum[row]);
  }
  const { vocab } = f.config;
  const long = await engine.logits(some(2 * length), 1);
  // What comes later changes nothing before it.
  expect(long.subarray(0, length * vocab)).toEqual(await engine.logits(some(length), 1));
  expect(long.every(Number.isFinite)).toBe(true);
  await expect(engine.logits(some(ids.length).concat(some(9)), 1)).rejects.toThrow(/tokens on buffers/);
});

test('messages reach whoever waits for them between two steps, as a stop must', async () => {
  const f = await open('llama');
  const engine = await processorEngine(f, SHAPE);
  await engine.setAdapter(f.initial);
  const { port1, port2 } = new MessageChannel();
  let stopped = false;
  port1.onmessage = () => {
    stopped = true;
    port1.close();
  };
  port2.postMessage('stop');
  let steps = 0;
  while (!stopped && steps < 50) await engine.step([f.batches[0]], ++steps, f.optimizer);
  expect(steps).toBeLessThan(10);
});
