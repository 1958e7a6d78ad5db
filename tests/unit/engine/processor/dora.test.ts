import { expect, test } from 'vitest';
import { planMemory } from '../../../../src/engine/processor/memory-plan.ts';
import { openFixture, sourceOf } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';
import { SHAPE } from '../../run/resume.ts';
import { describeDora, withDora } from '../dora.ts';
import { processorEngine } from './processor-engine.ts';

describeDora({
  read: (name, file) => readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)),
  create: (f, shape) => processorEngine(f, shape),
  tolerance: 2e-5,
});

const fixture = async () =>
  withDora(
    await openFixture((file) => readFixture(new URL(`../../model/fixtures/llama/${file}`, import.meta.url))),
    { dropout: 0.2 },
  );

test('a plan counts magnitudes, norms and what is kept to the byte', async () => {
  const f = await fixture();
  const source = sourceOf(f);
  for (const adapterSettings of [f.adapterSettings, { ...f.adapterSettings, dropout: 0 }]) {
    const engine = await processorEngine({ ...f, adapterSettings }, SHAPE);
    const { processor } = engine.base;
    const plan = await planMemory(
      processor,
      { source, config: f.config, dtype: 'f32' },
      adapterSettings,
      f.modules,
      {
        ...{ shape: SHAPE, seed: 1, checkpointing: false, packing: false },
      },
    );
    expect(plan.total).toBe(processor.memory.bytes);
  }
});
