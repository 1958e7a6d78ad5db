import { beforeAll, describe, expect, it } from 'vitest';
import { type Batch, supervisedRows } from '../../../src/data/batch.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { asPlainLora, besideStart } from '../../../src/methods/lora/moved.ts';
import { loraScale, rankOf } from '../../../src/methods/lora/scale.ts';
import { squaresOf } from '../../../src/methods/lora/starts/observer.ts';
import { initialAdapter, joinValues, parametersOf, splitValues } from '../../../src/methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../../src/methods/types.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { adamwReference } from '../../../src/ops/reference/adamw.ts';
import { type Fixture, logitError, openFixture } from '../model/fixture.ts';

/** What an adapter can be besides one rank and one learning rate, on any engine. */

const SHAPE = { maxRows: 3, maxLength: 19 };

/** Smaller, larger and equal ranks within one fused linear, and one module of another scale. */
const PATTERNS: Partial<LoraSettings> = {
  rankPattern: { q_proj: 6, v_proj: 1, 'layers.1.mlp.down_proj': 2 },
  alphaPattern: { q_proj: 10, v_proj: 5 / 3, 'layers.1.mlp.down_proj': 10 / 3, o_proj: 8 },
};

export interface AdapterEngines {
  /** One file of a fixture's folder. */
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Fixture, shape: typeof SHAPE): Promise<Engine>;
  /** Largest error of logits and gradients. */
  tolerance: number;
}

export function describeAdapters({ read, create, tolerance }: AdapterEngines): void {
  let f: Fixture;
  beforeAll(async () => {
    f = await openFixture((file) => read('llama', file));
  });

  describe('LoRA+', () => {
    it('updates B with a rate of its own, and A as without', async () => {
      const ratio = 4;
      const settings = { ...f.adapterSettings, loraPlusRatio: ratio };
      const engine = await create({ ...f, adapterSettings: settings }, SHAPE);
      const gradient = await gradientOf(engine, f, { ...f.final, settings });
      await engine.setAdapter({ ...f.final, settings });
      const zeros = new Float32Array(gradient.length);
      await engine.setOptimizer({ m: zeros, v: zeros });
      await engine.step([f.batches[0]], 1, f.optimizer);
      const ours = await engine.getAdapter();
      const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      const shrink = Math.min(1, f.optimizer.clip / (norm + 1e-6));
      const before = joinValues({ ...f.final, modules: [...engine.modules] });
      let at = 0;
      for (const { parameter, key } of parametersOf(engine.modules, settings)) {
        const length = parameter.shape[0] * parameter.shape[1];
        const cut = (values: Float32Array) => Float64Array.from(values.subarray(at, at + length));
        const learningRate = f.optimizer.learningRate * (parameter.name === 'lora_B' ? ratio : 1);
        const { weights } = adamwReference(
          { weights: cut(before), m: new Float64Array(length), v: new Float64Array(length) },
          cut(gradient).map((g) => g * shrink),
          { ...f.optimizer, learningRate, clip: 0 },
          1,
        );
        ours.values.get(key)!.forEach((value, i) => {
          // The first step is the sign of the gradient: where that is rounding, so is the step.
          if (Math.abs(gradient[at + i]) > 1e-6) expect(value, key).toBeCloseTo(weights[i], 5);
        });
        at += length;
      }
      await engine.dispose();
    });
  });

  describe('a base that its start has moved', () => {
    /** The first halves of A's rows and of B's columns. */
    const trainedHalf = ({ values, modules }: AdapterWeights, settings: LoraSettings): Float32Array => {
      const halves = modules.flatMap((module) => {
        const rank = rankOf(settings, module);
        const b = values.get(`${module.path}.lora_B`)!;
        return [
          values.get(`${module.path}.lora_A`)!.subarray(0, rank * module.in),
          Float32Array.from(
            { length: rank * module.out },
            (_, i) => b[2 * rank * Math.floor(i / rank) + (i % rank)],
          ),
        ];
      });
      return Float32Array.from(halves.flatMap((half) => [...half]));
    };

    const started = (engine: Engine, settings: LoraSettings): AdapterWeights => {
      const values = new Map<string, Float32Array>();
      let at = 0;
      const noise = (length: number) => Float32Array.from({ length }, () => 0.2 * Math.sin(++at * 12.9898));
      for (const module of engine.modules) {
        const rank = rankOf(settings, module);
        const { a, b } = besideStart(module, noise(rank * module.in), noise(rank * module.out));
        values.set(`${module.path}.lora_A`, a);
        values.set(`${module.path}.lora_B`, b);
      }
      return { settings, modules: [...engine.modules], values };
    };

    it.each<[string, Partial<LoraSettings>]>([
      ['one rank', {}],
      ['ranks and alphas by module, LoRA+', { ...PATTERNS, loraPlusRatio: 2 }],
    ])('begins as the base, and is LoRA of twice the rank with one half frozen: %s', async (_, more) => {
      const settings: LoraSettings = { ...f.adapterSettings, ...more, start: 'pissa' };
      const engine = await create({ ...f, adapterSettings: settings }, SHAPE);
      const begin = started(engine, settings);
      await engine.setAdapter(begin);
      expect(joinValues(await engine.getAdapter())).toEqual(joinValues(begin));
      const ids = Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));
      const base = await engine.logits(ids, 0);
      expect(logitError(await engine.logits(ids, 1), base)).toBeLessThan(tolerance);
      expect(logitError(await engine.logits(ids, 0.5), base)).toBeLessThan(tolerance);

      const plain = asPlainLora(begin);
      const wide = await create({ ...f, adapterSettings: plain.settings }, SHAPE);
      const gradient = await gradientOf(engine, f, begin);
      const whole = splitValues(await gradientOf(wide, f, plain), begin.modules, plain.settings);
      expect(logitError(gradient, trainedHalf(whole, settings))).toBeLessThan(tolerance);

      await engine.setAdapter(begin);
      const zeros = new Float32Array(gradient.length);
      await engine.setOptimizer({ m: zeros, v: zeros });
      const step = { ...f.optimizer, weightDecay: 0.1, learningRate: 0.02 };
      for (let i = 1; i <= 3; i++) await engine.step([f.batches[0]], i, step);
      const after = await engine.getAdapter();
      expect(after.settings).toEqual(settings);
      const kept = (weights: AdapterWeights) =>
        weights.modules.flatMap((module) => {
          const rank = rankOf(settings, module);
          const b = weights.values.get(`${module.path}.lora_B`)!;
          return [
            ...weights.values.get(`${module.path}.lora_A`)!.subarray(rank * module.in),
            ...b.filter((_, i) => i % (2 * rank) >= rank),
          ];
        });
      expect(kept(after)).toEqual(kept(begin));
      expect(trainedHalf(after, settings)).not.toEqual(trainedHalf(begin, settings));

      // As it is exported, beside the base as it is.
      const exported = asPlainLora(after);
      await wide.setAdapter(exported);
      const ours = await engine.logits(ids, 1);
      expect(logitError(ours, await wide.logits(ids, 1))).toBeLessThan(tolerance);
      expect(logitError(ours, base)).toBeGreaterThan(100 * tolerance);
      // A token at a time.
      const session = await engine.decode(ids.length, 1);
      const last = await session.feed(ids.slice(0, -1)).then(() => session.feed(ids.slice(-1)));
      session.close();
      expect(logitError(last, ours.subarray(-last.length))).toBeLessThan(tolerance);
      await engine.dispose();
      await wide.dispose();
    });

    it('draws no mask for what was taken off the base', async () => {
      const settings: LoraSettings = { ...f.adapterSettings, start: 'pissa', dropout: 0.5 };
      const engine = await create({ ...f, adapterSettings: settings }, SHAPE);
      const begin = started(engine, settings);
      // With B at 0 the masks have nothing to change.
      for (const module of begin.modules) {
        const b = begin.values.get(`${module.path}.lora_B`)!;
        const rank = rankOf(settings, module);
        begin.values.set(
          `${module.path}.lora_B`,
          b.map((value, i) => (i % (2 * rank) < rank ? 0 : value)),
        );
      }
      await engine.setAdapter(begin);
      const { lossSum, tokens } = await engine.evaluate(f.batches[0], 1);
      const { loss } = await engine.step([f.batches[0]], 1, f.optimizer);
      expect(loss / (lossSum / tokens)).toBeCloseTo(1, 5);
      await engine.dispose();
    });
  });

  describe('what is observed of inputs', () => {
    it('is summed over the supervised rows of every batch', async () => {
      const settings: LoraSettings = {
        ...f.adapterSettings,
        rank: 8,
        targets: ['q_proj', 'up_proj'],
        observes: true,
      };
      const modules = adapterModules(f.config, settings.targets);
      const engine = await create({ ...f, modules, adapterSettings: settings }, SHAPE);
      const begin = initialAdapter(engine.modules, settings, 3);
      await engine.setAdapter(begin);
      const batches = f.batches.slice(0, 2);
      const plain = await create(f, SHAPE);
      for (const batch of batches) {
        const [{ lossSum }, base] = [await engine.evaluate(batch, 1), await plain.evaluate(batch, 0)];
        expect(lossSum / base.lossSum).toBeCloseTo(1, 5);
      }
      const seen = await engine.getAdapter();
      const of = (name: string) => seen.values.get(`model.layers.0.self_attn.q_proj.${name}`)!;

      // The first block's input: norm(embedding).
      const width = f.config.hidden;
      const embedding = f.tensors.get('model.embed_tokens.weight')!.data;
      const norm = f.tensors.get('model.layers.0.input_layernorm.weight')!.data;
      const rowsOf = (batch: Batch) => {
        const { index, count } = supervisedRows(batch);
        return [...index.subarray(0, count)].map((at) => {
          const row = embedding.subarray(batch.ids[at] * width, (batch.ids[at] + 1) * width);
          const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / width + f.config.normEps);
          return Array.from(row, (value, j) => value * scale * norm[j]);
        });
      };
      const x = batches.flatMap(rowsOf);
      const a = begin.values.get('model.layers.0.self_attn.q_proj.lora_A')!;
      const products = Float32Array.from({ length: 8 * width }, (_, at) => {
        const [r, i] = [Math.floor(at / width), at % width];
        return x.reduce(
          (sum, row) => sum + row[i] * row.reduce((s, value, j) => s + value * a[r * width + j], 0),
          0,
        );
      });
      const sums = Float32Array.from({ length: width }, (_, i) => x.reduce((sum, row) => sum + row[i], 0));
      expect(logitError(of('products'), products)).toBeLessThan(tolerance);
      expect(logitError(of('sums').subarray(0, width), sums)).toBeLessThan(tolerance);
      const squares = rowsOf(batches[1])
        .flat()
        .reduce((sum, value) => sum + value * value, 0);
      expect(squaresOf(of('norms')) / squares).toBeCloseTo(1, 4);
      await engine.dispose();
      await plain.dispose();
    });
  });

  describe('ranks and alphas by module', () => {
    /** The same adapter with one rank and one scale for all: matrices filled up with zeros, B times the rest. */
    const uniform = (weights: AdapterWeights<LoraSettings>): AdapterWeights<LoraSettings> => {
      const rank = 6;
      const settings: LoraSettings = { ...f.adapterSettings, rank, alpha: 10 };
      const values = new Map<string, Float32Array>();
      for (const module of weights.modules) {
        const own = rankOf(weights.settings, module);
        const factor = loraScale(weights.settings, module) / loraScale(settings, module);
        const a = new Float32Array(rank * module.in);
        a.set(weights.values.get(`${module.path}.lora_A`)!);
        const b = new Float32Array(module.out * rank);
        const narrow = weights.values.get(`${module.path}.lora_B`)!;
        for (let row = 0; row < module.out; row++)
          for (let r = 0; r < own; r++) b[row * rank + r] = narrow[row * own + r] * factor;
        values.set(`${module.path}.lora_A`, a);
        values.set(`${module.path}.lora_B`, b);
      }
      return { settings, modules: weights.modules, values };
    };

    it('answers and gradients are those of one rank filled up with zeros', async () => {
      const settings: LoraSettings = { ...f.adapterSettings, ...PATTERNS };
      const engine = await create({ ...f, adapterSettings: settings }, SHAPE);
      const modules = [...engine.modules];
      const floats = joinValues({ settings, modules, values: zerosOf(engine, settings) }).length;
      const values = Float32Array.from({ length: floats }, (_, i) => 0.2 * Math.sin(i * 12.9898));
      const weights = { ...splitValues(values, modules, settings), settings };
      await engine.setAdapter(weights);
      expect(joinValues(await engine.getAdapter())).toEqual(values);

      const other = uniform(weights);
      const filled = await create({ ...f, adapterSettings: other.settings }, SHAPE);
      await filled.setAdapter(other);
      const ids = Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));
      const [ours, theirs] = [await engine.logits(ids, 1), await filled.logits(ids, 1)];
      expect(logitError(ours, theirs)).toBeLessThan(tolerance);
      expect(logitError(ours, await engine.logits(ids, 0))).toBeGreaterThan(100 * tolerance);
      const movement = [await engine.movement(), await filled.movement()];
      movement[0]!.forEach((value, i) => {
        expect(value / movement[1]![i]).toBeCloseTo(1, 5);
      });

      const gradient = splitValues(await gradientOf(engine, f, weights), modules, settings);
      const full = splitValues(await gradientOf(filled, f, other), modules, other.settings);
      for (const module of modules) {
        const own = rankOf(settings, module);
        const factor = loraScale(settings, module) / loraScale(other.settings, module);
        const a = gradient.values.get(`${module.path}.lora_A`)!;
        const b = gradient.values.get(`${module.path}.lora_B`)!;
        const fullB = full.values.get(`${module.path}.lora_B`)!;
        const wanted = b.map((_, i) => factor * fullB[Math.floor(i / own) * 6 + (i % own)]);
        expect(logitError(a, full.values.get(`${module.path}.lora_A`)!.subarray(0, a.length))).toBeLessThan(
          tolerance,
        );
        expect(logitError(b, wanted), module.path).toBeLessThan(tolerance);
      }
      await engine.dispose();
      await filled.dispose();
    });

    it('an adapter of other shapes is refused by the name of the parameter', async () => {
      const engine = await create(f, SHAPE);
      const [first] = f.modules;
      const values = new Map(f.final.values);
      values.set(`${first.path}.lora_B`, new Float32Array(first.out * (f.adapterSettings.rank + 1)));
      await expect(engine.setAdapter({ ...f.final, values })).rejects.toMatchObject({
        code: 'adapter-mismatch',
        message: expect.stringContaining(`${first.path}.lora_B`),
      });
      values.delete(`${first.path}.lora_B`);
      await expect(engine.setAdapter({ ...f.final, values })).rejects.toMatchObject({
        code: 'adapter-mismatch',
      });
      await engine.dispose();
    });
  });
}

/** Gradient of the mean loss of the first batch: with β₁ = 0 the first moment after a step is just that. */
async function gradientOf(engine: Engine, f: Fixture, weights: AdapterWeights): Promise<Float32Array> {
  await engine.setAdapter(weights);
  await engine.step([f.batches[0]], 1, { ...f.optimizer, beta1: 0, clip: 0, weightDecay: 0 });
  return (await engine.getOptimizer()).m;
}

function zerosOf(engine: Engine, settings: LoraSettings): Map<string, Float32Array> {
  return new Map(
    parametersOf(engine.modules, settings).map(({ parameter, key }) => [
      key,
      new Float32Array(parameter.shape[0] * parameter.shape[1]),
    ]),
  );
}
