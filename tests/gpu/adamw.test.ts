import { describe, expect, test } from 'vitest';
import { type AdamWSettings, adamwHyper } from '../../src/ops/adamw.ts';
import { type AdamWState, adamwReference, gradNormReference } from '../../src/ops/reference/adamw.ts';
import { dense } from '../../src/ops/reference/linear.ts';
import { adamw, gradNorm } from '../../src/ops/webgpu/adamw.ts';
import { injected } from '../faults/injected.ts';
import { difference, dimsOf, FORMS, gpuOnce, noise, onDevice, readFloats, upload } from './op-case.ts';

/** By fours and one by one, less and more than there are partial sums. */
const COUNTS = [4 * 1500, 2051, 7];

const PLAIN: AdamWSettings = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clip: 0,
};

const SETTINGS: [string, AdamWSettings][] = [
  ['neither clipping nor decay', PLAIN],
  ['clipping', { ...PLAIN, clip: 1 }],
  ['clipping far above the norm', { ...PLAIN, clip: 1e6 }],
  ['decay', { ...PLAIN, weightDecay: 0.1, beta2: 0.98 }],
];

function values(count: number, seed: number, size: number): Float64Array {
  const next = noise(seed);
  return Float64Array.from({ length: count }, () => Math.fround(size * next()));
}

describe.each(FORMS)('$form', ({ software }) => {
  describe.each(COUNTS)('%i parameters', (count) => {
    /** Some steps on the device; the loss goes into result[0] before each. */
    async function run(settings: AdamWSettings, steps: Float64Array[], loss = 3) {
      const gpu = await gpuOnce();
      const zeros = new Float64Array(count);
      const views = {
        weights: upload(gpu, values(count, 1, 4)),
        m: upload(gpu, zeros),
        v: upload(gpu, zeros),
      };
      const norms: number[] = [];
      for (const [i, step] of steps.entries()) {
        const gradients = upload(gpu, step);
        const result = upload(gpu, [loss, 0, 0]);
        const hyper = upload(gpu, adamwHyper(settings, i + 1));
        await onDevice(
          gpu,
          dimsOf(1),
          (e) => {
            gradNorm(e, { gradients, count, result });
            adamw(e, { ...views, gradients, count, hyper, result });
          },
          { software },
        );
        const [kept, norm, finite] = await readFloats(gpu, result, 3);
        expect(kept).toBe(Math.fround(loss));
        expect(finite).toBe(Number.isFinite(loss) && Number.isFinite(gradNormReference(step)) ? 1 : 0);
        norms.push(norm);
      }
      const read = async (name: keyof typeof views) => readFloats(gpu, views[name], count);
      return { norms, weights: await read('weights'), m: await read('m'), v: await read('v') };
    }

    const steps = [3, 4, 5].map((seed) => values(count, seed, seed));

    test.each(SETTINGS)('%s: three steps agree with float64', async (_, settings) => {
      const got = await run(settings, steps);
      let state: AdamWState = {
        weights: values(count, 1, 4),
        m: new Float64Array(count),
        v: new Float64Array(count),
      };
      steps.forEach((gradients, i) => {
        expect(Math.abs(got.norms[i] / gradNormReference(gradients) - 1)).toBeLessThan(1e-6);
        state = adamwReference(state, gradients, settings, i + 1);
      });
      for (const key of ['weights', 'm', 'v'] as const)
        expect(difference(asRow(got[key]), asRow(state[key])), key).toBeLessThan(1e-6);
    });

    test('G6: nothing changes where a gradient or the loss is not finite', async (context) => {
      const before = await run(PLAIN, []);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const gradients = values(count, 3, 1);
        gradients[count - 1] = bad;
        injected(context, 2);
        const after = await run(PLAIN, [gradients]);
        expect({ ...after, norms: [] }).toEqual(before);
        expect({ ...(await run(PLAIN, [values(count, 3, 1)], bad)), norms: [] }).toEqual(before);
      }
    });

    test('gives the same bytes twice', async () => {
      const settings = { ...PLAIN, clip: 1, weightDecay: 0.1 };
      expect(await run(settings, steps)).toEqual(await run(settings, steps));
    });
  });
});

function asRow(list: ArrayLike<number>) {
  return dense(1, list.length, (_, i) => list[i]);
}
