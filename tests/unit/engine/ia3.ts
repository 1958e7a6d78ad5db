import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { mergedFloats } from '../../../src/export/merging.ts';
import { joinValues, parametersOf, sitesOf, splitValues } from '../../../src/methods/parameters.ts';
import type { Ia3Settings } from '../../../src/methods/types.ts';
import type { AdapterModule } from '../../../src/model/modules.ts';
import { type Fixture, logitError, openFixture, type StoredTensor, sourceOf } from '../model/fixture.ts';

/** Factors of what linear layers give and take, on any engine. */

const SHAPE = { maxRows: 3, maxLength: 19 };

type Model = Omit<Fixture, 'adapterSettings'> & { adapterSettings: Ia3Settings; modules: AdapterModule[] };

export interface Ia3Engines {
  /** One file of a fixture's folder. */
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Model, shape: typeof SHAPE, options?: { checkpointing?: boolean }): Promise<Engine>;
  /** Largest error of logits and gradients. */
  tolerance: number;
}

const ia3 = (targets: string[], feedForward: string[]): Ia3Settings => ({
  method: 'ia3',
  targets,
  feedForward,
});

/** Fused linears in part and whole, with biases and without; inputs of fused linears; where a residual is added. */
const CASES: [name: string, settings: Ia3Settings][] = [
  ['llama', ia3(['k_proj', 'v_proj', 'down_proj'], ['down_proj'])],
  ['llama', ia3(['all'], ['down_proj'])],
  ['llama', ia3(['all'], ['q_proj', 'v_proj', 'up_proj', 'o_proj'])],
  ['qwen2', ia3(['q_proj', 'v_proj', 'down_proj'], ['down_proj'])],
  ['qwen2', ia3(['k_proj', 'v_proj'], [])],
  ['gemma3', ia3(['q_proj', 'v_proj', 'down_proj'], ['down_proj'])],
  ['gpt2', ia3(['c_attn', 'mlp.c_proj'], ['mlp.c_proj'])],
  ['gpt_neox', ia3(['all'], ['dense_4h_to_h'])],
  ['llama', ia3(['down_proj'], ['down_proj'])],
];

export function describeIa3({ read, create, tolerance }: Ia3Engines): void {
  const open = async (name: string, adapterSettings: Ia3Settings): Promise<Model> => {
    const f = await openFixture((file) => read(name, file));
    return { ...f, adapterSettings, modules: sitesOf(f.config, adapterSettings) };
  };
  /** Factors around 1. */
  const noise = (f: Model, engine: Engine) => {
    const size = parametersOf(engine.modules, f.adapterSettings).reduce(
      (sum, { parameter: { shape } }) => sum + shape[0] * shape[1],
      0,
    );
    return Float32Array.from({ length: size }, (_, i) => 1 + 0.4 * Math.sin(12.9898 * i));
  };
  const row = ({ batches: [{ ids, lengths }] }: Model) => Array.from(ids.subarray(0, lengths[0]));

  describe.each(CASES)('(IA)³: %s %j', (name, settings) => {
    it('says what the model says with the factors merged, in between at half strength', async () => {
      const f = await open(name, settings);
      const engine = await create(f, SHAPE);
      const weights = splitValues(noise(f, engine), engine.modules, settings);
      await engine.setAdapter(weights);
      expect(joinValues(await engine.getAdapter())).toEqual(joinValues(weights));
      const merged = async (strength: number): Promise<Model> => {
        const scaled = {
          ...weights,
          values: new Map([...weights.values].map(([key, l]) => [key, l.map((x) => 1 + strength * (x - 1))])),
        };
        const tensors = new Map<string, StoredTensor>();
        for (const [tensor, stored] of f.tensors) {
          const data = await mergedFloats({ source: sourceOf(f), config: f.config }, scaled, tensor);
          tensors.set(tensor, { ...stored, data, ints: new Int32Array(data.buffer) });
        }
        return { ...f, tensors };
      };
      const ids = row(f);
      const base = await engine.logits(ids, 0);
      for (const strength of [1, 0.5]) {
        const other = await create(await merged(strength), SHAPE);
        const theirs = await other.logits(ids, 0);
        expect(logitError(await engine.logits(ids, strength), theirs)).toBeLessThan(tolerance);
        expect(logitError(theirs, base)).toBeGreaterThan(100 * tolerance);
        await other.dispose();
      }
      const session = await engine.decode(ids.length, 1);
      await session.feed(ids.slice(0, -1));
      const last = await session.feed(ids.slice(-1));
      const whole = await engine.logits(ids, 1);
      expect(logitError(last, whole.subarray(whole.length - f.config.vocab))).toBeLessThan(tolerance);
      await engine.dispose();
    });

    it('the gradient is that of the loss, and the same where it is computed again', async () => {
      const f = await open(name, settings);
      const engine = await create(f, SHAPE);
      const values = noise(f, engine);
      const gradientOnly = { ...f.optimizer, beta1: 0, clip: 0, weightDecay: 0, learningRate: 0 };
      const at = async (given: Float32Array, of = engine) => {
        await of.setAdapter(splitValues(given, of.modules, settings));
        return (await of.step([f.batches[0]], 1, gradientOnly)).loss;
      };
      await at(values);
      const { m: gradient } = await engine.getOptimizer();
      for (const [key, some] of splitValues(gradient, engine.modules, settings).values)
        expect(
          some.some((value) => value !== 0),
          key,
        ).toBe(true);
      const norm = Math.hypot(...gradient);
      const step = 0.01;
      const [before, after] = [-1, 1].map((sign) =>
        values.map((value, i) => value + (sign * step * gradient[i]) / norm),
      );
      const slope = ((await at(after)) - (await at(before))) / (2 * step);
      expect(norm).toBeGreaterThan(1e-3);
      expect(Math.abs(slope / norm - 1)).toBeLessThan(3e-3);
      const again = await create(f, SHAPE, { checkpointing: true });
      await at(values, again);
      expect((await again.getOptimizer()).m).toEqual(gradient);
      await engine.dispose();
      await again.dispose();
    });
  });
}
