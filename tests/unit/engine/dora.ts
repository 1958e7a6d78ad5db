import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { doraDelta, MAGNITUDE } from '../../../src/methods/dora/magnitude.ts';
import { initialAdapter, joinValues, parametersOf } from '../../../src/methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../../src/methods/types.ts';
import type { AdapterModule } from '../../../src/model/modules.ts';
import { cosine, type Fixture, logitError, openFixture } from '../model/fixture.ts';
import { referenceEngine } from './reference-engine.ts';

/** DoRA on any engine, beside the same programs in float64. */

const SHAPE = { maxRows: 3, maxLength: 19 };

export interface DoraEngines {
  /** One file of a fixture's folder. */
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Fixture, shape: typeof SHAPE): Promise<Engine>;
  /** Largest error of logits and gradients. */
  tolerance: number;
}

/** Row j of a module's weight [in], however it is stored. */
export function rowOf({ config, tensors }: Fixture, { path, in: width, out }: AdapterModule) {
  const { data } = tensors.get(`${path}.weight`)!;
  return (j: number) =>
    config.family.tensors.conv1d
      ? Float32Array.from({ length: width }, (_, i) => data[i * out + j])
      : data.subarray(j * width, (j + 1) * width);
}

/** The fixture with DoRA in place of LoRA. */
export function withDora(f: Fixture, change: Partial<LoraSettings> = {}): Fixture {
  return { ...f, adapterSettings: { ...f.adapterSettings, ...change, method: 'dora' } };
}

/** Matrices that are no start, and magnitudes a tenth beside the norms of the base's rows. */
export function randomDora(f: Fixture): AdapterWeights {
  const values = new Map(
    parametersOf(f.modules, f.adapterSettings).map(({ site, parameter: { name, shape }, key }, p) => {
      const row = rowOf(f, site);
      const at = (i: number) =>
        name === MAGNITUDE
          ? Math.hypot(...row(i)) * (1 + 0.1 * Math.sin(7 * i + p))
          : 0.2 * Math.sin(12.9898 * i + p);
      return [key, Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => at(i))];
    }),
  );
  return { settings: f.adapterSettings, modules: [...f.modules], values };
}

/** With these settings a step leaves the adapter as it is, and its first moments are the gradient. */
export const gradientOnly = (f: Fixture) => ({
  ...f.optimizer,
  ...{ beta1: 0, clip: 0, weightDecay: 0, learningRate: 0 },
});

export function describeDora({ read, create, tolerance }: DoraEngines): void {
  describe.each(['llama', 'qwen2', 'gpt2'])('DoRA on %s', (name) => {
    let f: Fixture;
    beforeAll(async () => {
      f = withDora(await openFixture((file) => read(name, file)));
    });
    const ids = () => Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));

    it('begins as the base, with the norms of its rows', async () => {
      const engine = await create(f, SHAPE);
      await engine.setAdapter(initialAdapter(engine.modules, f.adapterSettings, 1));
      expect(logitError(await engine.logits(ids(), 1), await engine.logits(ids(), 0))).toBeLessThan(1e-5);
      const { values } = await engine.getAdapter();
      for (const module of engine.modules) {
        const row = rowOf(f, module);
        const norms = Float32Array.from({ length: module.out }, (_, j) => Math.hypot(...row(j)));
        expect(logitError(values.get(`${module.path}.${MAGNITUDE}`)!, norms)).toBeLessThan(1e-6);
      }
      for (const moved of (await engine.movement())!) expect(moved).toBeLessThan(1e-4);
      await engine.dispose();
    });

    it('refuses magnitudes of another size by name', async () => {
      const engine = await create(f, SHAPE);
      const weights = randomDora(f);
      const key = `${f.modules[0].path}.${MAGNITUDE}`;
      weights.values.set(key, new Float32Array(3));
      await expect(engine.setAdapter(weights)).rejects.toMatchObject({
        code: 'adapter-mismatch',
        message: expect.stringContaining(key),
      });
      await engine.dispose();
    });

    it.each<[string, Partial<LoraSettings>]>([
      ['one rank', {}],
      ['dropout', { dropout: 0.3 }],
      [
        'ranks by module, rank-stabilised, LoRA+',
        { rankPattern: { v_proj: 3 }, rsLora: true, loraPlusRatio: 4 },
      ],
    ])('answers and gradients are those of float64: %s', async (_, change) => {
      const own = withDora(f, change);
      const [engine, reference] = [await create(own, SHAPE), await referenceEngine(own, SHAPE)];
      const weights = randomDora(own);
      for (const one of [engine, reference]) {
        await one.setAdapter(weights);
        await one.step([own.batches[0]], 1, gradientOnly(own));
      }
      const inOrder = { ...weights, modules: [...engine.modules] };
      expect(joinValues(await engine.getAdapter())).toEqual(joinValues(inOrder));
      const [ours, theirs] = [await engine.getOptimizer(), await reference.getOptimizer()];
      expect(Math.hypot(...theirs.m)).toBeGreaterThan(1e-2);
      expect(logitError(ours.m, theirs.m)).toBeLessThan(tolerance);
      expect(cosine(ours.m, theirs.m)).toBeGreaterThan(1 - 1e-6);
      for (const strength of [1, 0.5, 0])
        expect(
          logitError(await engine.logits(ids(), strength), await reference.logits(ids(), strength)),
        ).toBeLessThan(tolerance);
      expect(logitError(await engine.logits(ids(), 1), await engine.logits(ids(), 0))).toBeGreaterThan(
        100 * tolerance,
      );
      await engine.dispose();
      await reference.dispose();
    });

    it('computes with the norms of what it has been given or has learnt', async () => {
      const engine = await create(f, SHAPE);
      const [first, other] = [randomDora(f), initialAdapter(f.modules, f.adapterSettings, 1)];
      await engine.setAdapter(first);
      const session = await engine.decode(19, 1);
      await session.feed(ids().slice(0, 3));
      const before = await engine.logits(ids(), 1);
      expect(
        await engine.logProbabilities(f.batches[0], 1, { ...first, values: new Map(first.values) }),
      ).toEqual(await engine.logProbabilities(f.batches[0], 1));
      expect(await engine.logits(ids(), 1)).toEqual(before);
      await engine.step([f.batches[0]], 1, f.optimizer);
      const trained = await engine.logits(ids(), 1);
      expect(logitError(trained, before)).toBeGreaterThan(1e-4);
      const learnt = await engine.getAdapter();
      await engine.setAdapter(other);
      await engine.setAdapter(learnt);
      expect(await engine.logits(ids(), 1)).toEqual(trained);
      session.close();
      const again = await engine.decode(19, 1);
      await engine.setAdapter(learnt);
      const last = await again.feed(ids());
      expect(logitError(last, trained.subarray(-last.length))).toBeLessThan(tolerance);
      await engine.dispose();
    });

    it('says how far each module has moved', async () => {
      const engine = await create(f, SHAPE);
      const weights = randomDora(f);
      await engine.setAdapter(weights);
      const moved = (await engine.movement())!;
      for (const [i, module] of engine.modules.entries()) {
        const row = rowOf(f, module);
        let [delta, base] = [0, 0];
        let j = 0;
        for (const change of doraDelta(weights, module, row)) {
          delta += change.reduce((sum, value) => sum + value ** 2, 0);
          base += row(j++).reduce((sum, value) => sum + value ** 2, 0);
        }
        expect(moved[i] / Math.sqrt(delta / base)).toBeCloseTo(1, 4);
      }
      await engine.dispose();
    });
  });
}
