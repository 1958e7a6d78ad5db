import { describe, expect, it } from 'vitest';
import { packedBatch, padBatch } from '../../../src/data/batches.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { StartBase } from '../../../src/methods/method.ts';
import { joinValues, sitesOf, startedAdapter } from '../../../src/methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../../../src/methods/types.ts';
import type { AdapterModule } from '../../../src/model/modules.ts';
import { examplesOf } from '../model/examples-of.ts';
import { type Fixture, logitError, openFixture } from '../model/fixture.ts';

/** Trained embeddings, or keys and values, in front of rows, on any engine. */

const COUNT = 5;
const METHODS = ['prompt', 'prefix'] as const;
const SHAPE = { maxRows: 3, maxLength: 32 };
/** Tokens whose embeddings the prompt can be. */
const WORDS = [3, 1, 4, 1, 5];

type Model = Omit<Fixture, 'adapterSettings'> & {
  adapterSettings: AdapterSettings;
  modules: AdapterModule[];
};

export interface VirtualEngines {
  /** One file of a fixture's folder. */
  read(name: string, file: string): Promise<Uint8Array>;
  create(
    f: Model,
    shape: typeof SHAPE,
    options?: { packing?: boolean; checkpointing?: boolean },
  ): Promise<Engine>;
  /** Largest error of logits and gradients. */
  tolerance: number;
  /** One with learned positions, one with a scaled embedding. */
  families?: readonly string[];
}

export function describeVirtualTokens({
  read,
  create,
  tolerance,
  families = ['llama', 'gpt2', 'gemma3'],
}: VirtualEngines): void {
  const open = async (name: string, method: (typeof METHODS)[number]): Promise<Model> => {
    const f = await openFixture((file) => read(name, file));
    const adapterSettings: AdapterSettings = { method, virtualTokens: COUNT };
    return { ...f, adapterSettings, modules: sitesOf(f.config, adapterSettings) };
  };
  /** Virtual tokens of such values. */
  const prompt = ({ modules, adapterSettings }: Model, values: Float32Array): AdapterWeights => ({
    settings: adapterSettings,
    modules,
    values: new Map([[`${adapterSettings.method}.prompt_embeddings`, values]]),
  });
  /** Those that words would have. */
  const words = async (f: Model, engine: Engine): Promise<Float32Array> => {
    const { config, tensors, modules, adapterSettings } = f;
    if (adapterSettings.method === 'prefix') {
      const base = {
        config,
        tokens: async () => WORDS,
        keysAndValues: (ids: readonly number[]) => engine.keysAndValues!(ids),
      } as Partial<StartBase> as StartBase;
      const begun = await startedAdapter(base, modules, { ...adapterSettings, text: 'words' }, 1);
      return joinValues(begun);
    }
    const { data } = tensors.get(config.family.tensors.embedding)!;
    const { hidden, embeddingScale } = config;
    return Float32Array.from(
      { length: COUNT * hidden },
      (_, i) => data[WORDS[Math.floor(i / hidden)] * hidden + (i % hidden)] * embeddingScale,
    );
  };
  const noise = ({ modules: [{ in: columns }] }: Model) =>
    Float32Array.from({ length: COUNT * columns }, (_, i) => 0.5 * Math.sin(12.9898 * i));
  const gradientOnly = (f: Model) => ({
    ...f.optimizer,
    ...{ beta1: 0, clip: 0, weightDecay: 0, learningRate: 0 },
  });
  const row = ({ batches: [{ ids, lengths }] }: Model) => Array.from(ids.subarray(0, lengths[0]));

  const cases = METHODS.flatMap((method) => families.map((name) => [method, name] as const));
  describe.each(cases)('virtual tokens of %s tuning: %s', (method, name) => {
    it('with what words have there the model says what it says after those words', async () => {
      const f = await open(name, method);
      const engine = await create(f, SHAPE);
      await engine.setAdapter(prompt(f, await words(f, engine)));
      const ids = row(f);
      const { vocab } = f.config;
      const after = (await engine.logits([...WORDS, ...ids], 0)).subarray(COUNT * vocab);
      expect(logitError(await engine.logits(ids, 1), after)).toBeLessThan(tolerance);
      // Step by step, too.
      const session = await engine.decode(ids.length, 1);
      await session.feed(ids.slice(0, 2));
      for (const id of ids.slice(2, -1)) await session.feed([id]);
      const last = await session.feed(ids.slice(-1));
      session.close();
      expect(logitError(last, after.subarray(after.length - vocab))).toBeLessThan(tolerance);
      const alone = await engine.decode(ids.length, 0);
      const base = await engine.logits(ids, 0);
      expect(logitError(await alone.feed(ids), base.subarray(base.length - vocab))).toBeLessThan(tolerance);
      await engine.dispose();
    });

    it('the gradient is that of the loss', async () => {
      const f = await open(name, method);
      const engine = await create(f, SHAPE);
      const values = noise(f);
      const lossAt = async (at: Float32Array) => {
        await engine.setAdapter(prompt(f, at));
        return (await engine.step([f.batches[0]], 1, gradientOnly(f))).loss;
      };
      const loss = await lossAt(values);
      const { m: gradient } = await engine.getOptimizer();
      const norm = Math.hypot(...gradient);
      const step = 0.02;
      const [before, after] = [-1, 1].map((sign) =>
        values.map((value, i) => value + (sign * step * gradient[i]) / norm),
      );
      const slope = ((await lossAt(after)) - (await lossAt(before))) / (2 * step);
      expect(norm).toBeGreaterThan(1e-3);
      expect(Math.abs(slope / norm - 1)).toBeLessThan(3e-3);
      await engine.setAdapter(prompt(f, values));
      const { lossSum, tokens } = await engine.evaluate(f.batches[0], 1);
      expect(lossSum / tokens).toBeCloseTo(loss, 5);
      await engine.dispose();
    });
  });

  it.each(METHODS)(
    'rows packed into one have the loss and the gradient of rows apart, each with virtual tokens of its own: %s',
    async (method) => {
      const f = await open('gemma3', method);
      const examples = examplesOf(f.batches[0]).slice(0, 2);
      const packed = packedBatch(examples, 64);
      expect(packed.rows).toBe(1);
      const results = [packed, padBatch(examples)].map(async (batch) => {
        const engine = await create(f, { maxRows: 2, maxLength: 64 }, { packing: batch === packed });
        await engine.setAdapter(prompt(f, noise(f)));
        const { loss } = await engine.step([batch], 1, gradientOnly(f));
        return { loss, gradient: (await engine.getOptimizer()).m };
      });
      const [one, two] = await Promise.all(results);
      expect(one.loss).toBeCloseTo(two.loss, 6);
      expect(logitError(one.gradient, two.gradient)).toBeLessThan(1e-6);
    },
  );

  it.each(METHODS)(
    'a row that the model has no positions for behind virtual tokens is refused: %s',
    async (method) => {
      const f = await open('gpt2', method);
      const most = f.config.maxPositions - COUNT;
      const engine = await create(f, { maxRows: 1, maxLength: f.config.maxPositions });
      await engine.setAdapter(prompt(f, noise(f)));
      expect(engine.positions).toBe(most);
      const ids = (count: number) => Array.from({ length: count }, (_, i) => i % f.config.vocab);
      expect((await engine.logits(ids(most), 1)).every(Number.isFinite)).toBe(true);
      await expect(engine.logits(ids(most + 1), 1)).rejects.toMatchObject({ code: 'does-not-fit' });
      expect((await engine.logits(ids(most + 1), 0)).every(Number.isFinite)).toBe(true);
    },
  );

  it.each(METHODS)(
    'what is computed again gives the same bytes, and steps change every value: %s',
    async (method) => {
      const f = await open('llama', method);
      const results = [false, true].map(async (checkpointing) => {
        const engine = await create(f, SHAPE, { checkpointing });
        await engine.setAdapter(prompt(f, noise(f)));
        for (let step = 1; step <= 3; step++) await engine.step([f.batches[step % 2]], step, f.optimizer);
        return joinValues(await engine.getAdapter());
      });
      const [kept, again] = await Promise.all(results);
      expect(again).toEqual(kept);
      const before = noise(f);
      expect(kept.every((value, i) => value !== before[i])).toBe(true);
    },
  );
}
