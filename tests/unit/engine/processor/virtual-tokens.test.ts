import { expect, test } from 'vitest';
import { planMemory } from '../../../../src/engine/processor/memory-plan.ts';
import { sitesOf } from '../../../../src/methods/parameters.ts';
import { openFixture, sourceOf } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { describeVirtualTokens } from '../virtual-tokens.ts';
import { processorEngineOver } from './processor-engine.ts';

const read = (name: string, file: string) =>
  readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url));

describeVirtualTokens({
  read,
  create: (f, shape, options) =>
    processorEngineOver({ source: sourceOf(f), config: f.config }, f.adapterSettings, shape, options),
  tolerance: 2e-5,
});

test.each(['prompt', 'prefix'] as const)('a plan counts virtual tokens to the byte: %s', async (method) => {
  const { config, tensors } = await openFixture((file) => read('llama', file));
  const settings = { method, virtualTokens: 7 };
  const shape = { maxRows: 2, maxLength: 32 };
  const source = sourceOf({ tensors });
  const engine = await processorEngineOver({ source, config }, settings, shape);
  const { processor } = engine.base;
  const options = { shape, seed: 1, checkpointing: false, packing: false };
  const plan = await planMemory(
    processor,
    { source, config, dtype: 'f32' },
    settings,
    sitesOf(config, settings),
    options,
  );
  expect(plan.total).toBe(processor.memory.bytes);
  expect(engine.memory().adapter_bytes).toBe(plan.adapter);
});
