import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { meanState } from '../../../src/engine/one-sequence.ts';
import { type Fixture, logitError, openFixture } from '../model/fixture.ts';
import { referenceEngine } from './reference-engine.ts';

interface Engines {
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Fixture, shape: { maxRows: number; maxLength: number }): Promise<Engine>;
  tolerance: number;
  families?: readonly string[];
}

const SHAPE = { maxRows: 3, maxLength: 19 };

/** An engine's pooled states beside those of programs that compute each operation in float64. */
export function describePooledStates({
  read,
  create,
  tolerance,
  families = ['llama', 'gemma3', 'gpt2', 'gpt_neox'],
}: Engines): void {
  describe.each(families)('%s, pooled states', (name) => {
    it('are the means over the tokens after the first, of the base whatever adapter there is', async () => {
      const f = await openFixture((file) => read(name, file));
      const [engine, reference] = [await create(f, SHAPE), await referenceEngine(f, SHAPE)];
      await engine.setAdapter(f.final);
      const { ids, length, lengths } = f.batches[0];
      const { hidden, layers } = f.config;
      for (const row of [0, 1]) {
        const own = Array.from(ids.subarray(row * length, row * length + lengths[row]));
        for (const layer of [0, Math.ceil(layers / 2), layers]) {
          const states = Float64Array.from(await reference.states(own, layer));
          const mean = Float32Array.from({ length: hidden }, (_, i) => {
            let sum = 0;
            for (let t = 1; t < own.length; t++) sum += states[t * hidden + i];
            return sum / (own.length - 1);
          });
          const found = await engine.pooledState!(own, layer);
          expect(found).toHaveLength(hidden);
          expect(logitError(found, mean), `row ${row}, layer ${layer}`).toBeLessThan(tolerance);
        }
      }
      await engine.dispose();
      await reference.dispose();
    });
  });

  it('of one token alone it is that token’s', () => {
    expect([...meanState(Float32Array.of(1, 2), 2)]).toEqual([1, 2]);
    expect([...meanState(Float32Array.of(9, 9, 1, 2, 3, 6), 2)]).toEqual([2, 4]);
  });
}
