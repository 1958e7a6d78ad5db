import { expect, test } from 'vitest';
import { planMemory } from '../../../../src/engine/processor/memory-plan.ts';
import { sitesOf } from '../../../../src/methods/parameters.ts';
import { openFixture, sourceOf } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { describeIa3 } from '../ia3.ts';
import { processorEngineOver } from './processor-engine.ts';

const read = (name: string, file: string) =>
  readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url));

describeIa3({
  read,
  create: (f, shape, options) =>
    processorEngineOver({ source: sourceOf(f), config: f.config }, f.adapterSettings, shape, options),
  tolerance: 2e-5,
});

test('a plan counts the factors and what they keep to the byte', async () => {
  const { config, tensors } = await openFixture((file) => read('llama', file));
  const settings = {
    method: 'ia3' as const,
    targets: ['k_proj', 'v_proj', 'down_proj'],
    feedForward: ['down_proj'],
  };
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
});
