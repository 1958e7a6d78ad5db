import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { meanState } from '../../../src/engine/one-sequence.ts';
import { mergedFloats } from '../../../src/export/merging.ts';
import { isRounded } from '../../../src/methods/lora/rounded.ts';
import { initialAdapter, joinValues, parametersOf } from '../../../src/methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../../src/methods/types.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { layoutOf, unpackToFloats } from '../../../src/weights/repack.ts';
import { transposed } from '../../../src/weights/transpose.ts';
import { cosine, type Fixture, logitError, openFixture, sourceOf } from '../model/fixture.ts';
import { exported } from '../ops/rounding-case.ts';
import { gradientOnly } from './dora.ts';
import { referenceEngine } from './reference-engine.ts';

/** LoRA through the rounding of a merged file, on any engine, beside the same programs in float64. */

export const SHAPE = { maxRows: 3, maxLength: 19 };

export interface RoundedEngines {
  /** One file of a fixture's folder. */
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Fixture, shape: typeof SHAPE): Promise<Engine>;
  /** Largest error of logits and gradients. */
  tolerance: number;
}

type Target = NonNullable<LoraSettings['mergeTarget']>;

/**
 * The fixture with weights of few bits, as its matrices are here: their sums are exact in float32. They are odd multiples of
 * 2⁻¹¹, which lie at none of the middles between two codes: so no engine takes another code than float64 does.
 */
export function withTarget(f: Fixture, mergeTarget: Target, change: Partial<LoraSettings> = {}): Fixture {
  const lora = { ...f.adapterSettings, rank: 4, alpha: 8, dropout: 0, mergeTarget, ...change };
  const tensors = new Map(
    [...f.tensors].map(
      ([name, tensor]) =>
        [name, { ...tensor, data: tensor.data.map((value) => of(10)(value) + 2 ** -11) }] as const,
    ),
  );
  return { ...f, tensors, adapterSettings: lora, modules: adapterModules(f.config, lora.targets) };
}

/** A value in so many bits behind the point. */
const of = (bits: number) => (value: number) => Math.round(value * 2 ** bits) / 2 ** bits + 0;

/** Matrices that are no start. */
export function randomLora(f: Fixture): AdapterWeights {
  const values = new Map(
    parametersOf(f.modules, f.adapterSettings).map(({ parameter: { shape }, key }, p) => [
      key,
      Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => of(5)(0.3 * Math.sin(12.9898 * i + p))),
    ]),
  );
  return { settings: f.adapterSettings, modules: [...f.modules], values };
}

/** The same model with other weights of its blocks: what `of` makes of each as it is stored in a merged file [out, in]. */
async function withBlocks(
  f: Fixture,
  weights: AdapterWeights | null,
  of: (merged: Float32Array, name: string, shape: readonly [out: number, width: number]) => Float32Array,
): Promise<Fixture> {
  const { conv1d, blocks } = f.config.family.tensors;
  const model = { source: sourceOf(f), config: f.config };
  const tensors = new Map<string, Fixture['tensors'] extends ReadonlyMap<string, infer T> ? T : never>();
  for (const [name, tensor] of f.tensors) {
    const [rows, cols] = tensor.shape;
    if (tensor.shape.length < 2 || !name.startsWith(`${blocks}.`)) {
      tensors.set(name, tensor);
      continue;
    }
    const merged = await mergedFloats(model, weights, name);
    const [out, width] = conv1d ? [cols, rows] : [rows, cols];
    const data = of(conv1d ? transposed(merged, rows, cols) : merged, name, [out, width]);
    tensors.set(name, { ...tensor, data: conv1d ? transposed(data, out, width) : data });
  }
  return { ...f, tensors, adapterSettings: { ...f.adapterSettings, mergeTarget: undefined } };
}

/** The blocks as the merged file has them. */
export function asExported(f: Fixture, weights: AdapterWeights | null, type: Target): Promise<Fixture> {
  return withBlocks(f, weights, (merged, _, [, width]) =>
    isRounded(width)
      ? unpackToFloats(exported(merged, type), layoutOf(type === 'q8' ? 'Q8_0' : 'Q4_0'))
      : merged,
  );
}

/**
 * A base on which plain LoRA computes at these matrices with the rounded weights, and has the gradient that goes straight
 * through the rounding: Q(W + s·BA) − s·BA.
 */
export async function asMovedBase(f: Fixture, weights: AdapterWeights, type: Target): Promise<Fixture> {
  const rounded = await asExported(f, weights, type);
  const [at, plain] = await Promise.all([weights, null].map((one) => withBlocks(f, one, (merged) => merged)));
  const tensors = new Map(
    [...rounded.tensors].map(([name, tensor]) => {
      const [merged, base] = [at, plain].map((one) => one.tensors.get(name)!.data);
      return [
        name,
        { ...tensor, data: tensor.data.map((value, i) => value - (merged[i] - base[i])) },
      ] as const;
    }),
  );
  return { ...rounded, tensors };
}

export function describeRounded({ read, create, tolerance }: RoundedEngines): void {
  describe.each([
    ['llama', 'q4'],
    ['llama', 'q8'],
    ['qwen2', 'q4'],
    ['gpt2', 'q4'],
  ] as const)('LoRA through rounding: %s for %s', (name, type) => {
    let f: Fixture;
    beforeAll(async () => {
      f = withTarget(await openFixture((file) => read(name, file)), type);
    });
    const ids = () => Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));

    it('begins as the rounded base, which is not the base', async () => {
      const engine = await create(f, SHAPE);
      await engine.setAdapter(initialAdapter(engine.modules, f.adapterSettings, 1));
      const [with_, without] = [await engine.logits(ids(), 1), await engine.logits(ids(), 0)];
      expect(with_).toEqual(without);
      const rounded = await referenceEngine(await asExported(f, null, type), SHAPE);
      await rounded.setAdapter(initialAdapter(f.modules, f.adapterSettings, 1));
      expect(logitError(without, await rounded.logits(ids(), 0))).toBeLessThan(tolerance);
      const base = await referenceEngine(
        { ...f, adapterSettings: { ...f.adapterSettings, mergeTarget: undefined } },
        SHAPE,
      );
      await base.setAdapter(initialAdapter(f.modules, f.adapterSettings, 1));
      expect(logitError(without, await base.logits(ids(), 0))).toBeGreaterThan(10 * tolerance);
      for (const one of [engine, rounded, base]) await one.dispose();
    });

    it.each<[string, Partial<LoraSettings>]>([
      ['all linears', {}],
      [
        'the linears after others alone',
        { targets: name === 'gpt2' ? ['c_proj'] : ['v_proj', 'o_proj', 'up_proj'] },
      ],
      ['ranks by module, LoRA+', { rankPattern: { v_proj: 2 }, loraPlusRatio: 4 }],
    ])('answers and gradients are those of float64: %s', async (_, change) => {
      const own = withTarget(f, type, change);
      const [engine, reference] = [await create(own, SHAPE), await referenceEngine(own, SHAPE)];
      const weights = randomLora(own);
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

    it('computes with the weights of what it has been given or has learnt, at the strength asked for', async () => {
      const engine = await create(f, SHAPE);
      const [first, other] = [randomLora(f), initialAdapter(f.modules, f.adapterSettings, 1)];
      await engine.setAdapter(first);
      const before = await engine.logits(ids(), 1);
      const session = await engine.decode(19, 1);
      await engine.logits(ids(), 0);
      const last = await session.feed(ids());
      expect(logitError(last, before.subarray(-last.length))).toBeLessThan(tolerance);
      expect(
        await engine.logProbabilities(f.batches[0], 1, { ...other, values: new Map(other.values) }),
      ).toEqual(await engine.logProbabilities(f.batches[0], 0));
      expect(await engine.logits(ids(), 1)).toEqual(before);
      // What a search reads is the run's base, whatever was computed before.
      const { layers, hidden } = f.config;
      const rounded = await referenceEngine(await asExported(f, null, type), SHAPE);
      await rounded.setAdapter(initialAdapter(f.modules, f.adapterSettings, 1));
      const states = Float32Array.from(await rounded.states(ids(), layers));
      expect(logitError(await engine.pooledState!(ids(), layers), meanState(states, hidden))).toBeLessThan(
        tolerance,
      );
      await rounded.dispose();
      await engine.step([f.batches[0]], 1, f.optimizer);
      const trained = await engine.logits(ids(), 1);
      expect(logitError(trained, before)).toBeGreaterThan(1e-4);
      const learnt = await engine.getAdapter();
      await engine.setAdapter(other);
      await engine.setAdapter(learnt);
      expect(await engine.logits(ids(), 1)).toEqual(trained);
      await engine.dispose();
    });
  });
}
