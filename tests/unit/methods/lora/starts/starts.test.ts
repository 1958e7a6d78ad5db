import { describe, expect, it, test } from 'vitest';
import type { BaseDtype } from '../../../../../src/loading/base-dtype.ts';
import { loraMatrices } from '../../../../../src/methods/lora/matrices.ts';
import { firstOfQr } from '../../../../../src/methods/lora/starts/olora.ts';
import { singularParts } from '../../../../../src/methods/lora/starts/pissa.ts';
import { largestParts } from '../../../../../src/methods/lora/starts/svd.ts';
import { exportedAdapter, startedAdapter } from '../../../../../src/methods/parameters.ts';
import { readPeft, writePeft } from '../../../../../src/methods/peft.ts';
import { type AdapterWeights, asLora, type LoraSettings } from '../../../../../src/methods/types.ts';
import { adapterModules } from '../../../../../src/model/families/names.ts';
import { startBase } from '../../../../../src/worker/compute/start-base.ts';
import type { Workspace } from '../../../../../src/worker/compute/workspace.ts';
import { processorEngine } from '../../../engine/processor/processor-engine.ts';
import { type Fixture, logitError, openFixture, sourceOf } from '../../../model/fixture.ts';
import { readFixture } from '../../../read-fixture.ts';
import { jacobiSvd } from './jacobi.ts';

/** What each start gives, beside exact decompositions and beside the base. */

const module = (out: number, width: number) => ({ layer: 0, target: 'x', path: 'x', in: width, out });

/** Numbers that look random and are always the same, with a spectrum that falls. */
function falling(rows: number, cols: number): Float32Array {
  let state = 12345;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  const w = Float32Array.from({ length: rows * cols }, () => 0.05 * noise());
  for (let part = 1; part <= 6; part++) {
    const [u, v] = [Array.from({ length: rows }, noise), Array.from({ length: cols }, noise)];
    for (let i = 0; i < w.length; i++) w[i] += (u[Math.floor(i / cols)] * v[i % cols]) / part;
  }
  return w;
}

/** ‖a − b‖ / ‖b‖. */
function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

function product(a: Float32Array, b: Float32Array, rank: number, scale: number): Float64Array {
  const [rows, cols] = [b.length / rank, a.length / rank];
  return Float64Array.from({ length: rows * cols }, (_, at) => {
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[Math.floor(at / cols) * rank + r] * a[r * cols + (at % cols)];
    return scale * sum;
  });
}

describe('the largest singular parts', () => {
  test.each([
    [40, 24, 5],
    [24, 40, 5],
    [30, 30, 30],
    [7, 50, 1],
  ])('of a matrix [%i, %i], %i of them, are those of an exact decomposition', (rows, cols, rank) => {
    const w = falling(rows, cols);
    const exact = jacobiSvd(w, rows, cols);
    const { values, left, right } = largestParts(w, { rows, cols }, rank, 3);
    for (let r = 0; r < rank; r++) {
      expect((values[r] - exact.values[r]) / exact.values[0]).toBeCloseTo(0, 9);
      const along = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
      expect(Math.abs(along(right[r], exact.right[r]))).toBeCloseTo(1, 6);
      expect(along(left[r], exact.left[r]) * along(right[r], exact.right[r])).toBeCloseTo(1, 6);
      const largest = right[r].reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
      expect(largest).toBeGreaterThan(0);
    }
  });

  test('another seed gives the same', () => {
    const w = falling(60, 45);
    const [a, b] = [1, 2].map((seed) => singularParts(w, module(60, 45), { rank: 4, scale: 2, seed }));
    expect(relative(a.a, b.a)).toBeLessThan(1e-6);
    expect(relative(a.b, b.b)).toBeLessThan(1e-6);
  });

  test('of less than the rank: the rest is 0', () => {
    const w = Float32Array.from({ length: 12 }, (_, i) => (1 + (i % 4)) * (1 + Math.floor(i / 4)));
    const { values } = largestParts(w, { rows: 3, cols: 4 }, 3, 1);
    expect(values[0]).toBeCloseTo(Math.sqrt(30 * 14), 6);
    expect(values[1]).toBeLessThan(1e-6);
    const nothing = singularParts(new Float32Array(12), module(3, 4), { rank: 2, scale: 1, seed: 1 });
    expect([...nothing.a, ...nothing.b].every((value) => value === 0)).toBe(true);
  });

  test('divided by the scale, so that s·BA is the best approximation, which is the rest of the spectrum away', () => {
    const [rows, cols, rank, scale] = [48, 36, 4, 2.5];
    const w = falling(rows, cols);
    const { a, b } = singularParts(w, module(rows, cols), { rank, scale, seed: 9 });
    const exact = jacobiSvd(w, rows, cols);
    const best = Float64Array.from(w, (_, at) =>
      exact.values
        .slice(0, rank)
        .reduce((sum, s, r) => sum + s * exact.left[r][Math.floor(at / cols)] * exact.right[r][at % cols], 0),
    );
    const ours = product(a, b, rank, scale);
    expect(relative(ours, best)).toBeLessThan(1e-6);
    const rest = Math.sqrt(w.reduce((sum, value, i) => sum + (value - ours[i]) ** 2, 0));
    expect(rest / Math.hypot(...exact.values.slice(rank))).toBeCloseTo(1, 6);
  });
});

/** Of torch 2.13: `torch.linalg.qr`, and the truncated `torch.linalg.svd`. */
const TORCH = {
  // biome-ignore format: rows
  q: [[-0.6439962, -0.2871585, 0.6777613], [0.3091182, -0.3876384, -0.0068574], [-0.2060788, 0.5495796, -0.2023427], [0.6439962, 0.25222, 0.675028], [0.180319, -0.6337379, -0.2097312]],
  // biome-ignore format: rows
  r: [[1.941005, -0.7934034, 0.0708395, -0.3967017, 0.0566719, 0.354198], [0, 1.4310873, -0.6228101, -0.1343348, -0.5869918, -1.0334646], [0, 0, 1.9428302, -0.9036109, 1.4903007, -0.8434824]],
  // biome-ignore format: rows
  parts: [[-1.035518, 0.022035, 1.452232, -0.003238, 1.135065, -0.601747], [1.134528, -0.883551, 0.312766, -0.551979, 0.275432, 0.617642], [-0.454637, 0.588962, -0.947306, 0.595444, -0.76781, -0.084624], [0.685508, -0.361939, 0.978674, -1.085598, 0.802746, -0.206476], [0.083281, -1.107624, -0.082615, 1.066801, -0.076917, 1.208243]],
};

describe('beside torch', () => {
  const [rows, cols, rank] = [5, 6, 3];
  const w = Float32Array.from({ length: rows * cols }, (_, at) => {
    const [i, j] = [Math.floor(at / cols), at % cols];
    return (((i * 7 + j * 5) % 11) - 5) / 4 + 0.1 * ((i * i + j) % 3);
  });

  test('QR has its signs', () => {
    const { a, b } = firstOfQr(w, module(rows, cols), rank);
    TORCH.q.flat().forEach((value, i) => {
      expect(b[i]).toBeCloseTo(value, 5);
    });
    TORCH.r.flat().forEach((value, i) => {
      expect(a[i]).toBeCloseTo(value, 5);
    });
  });

  test('the singular parts are its own', () => {
    const { a, b } = singularParts(w, module(rows, cols), { rank, scale: 2, seed: 5 });
    expect(relative(product(a, b, rank, 2), TORCH.parts.flat())).toBeLessThan(2e-6);
  });
});

describe.each(['llama', 'qwen2', 'gpt2', 'gpt_neox'])('on %s', (name) => {
  const open = () =>
    openFixture((file) => readFixture(new URL(`../../../model/fixtures/${name}/${file}`, import.meta.url)));
  const baseOf = (f: Fixture, dtype: BaseDtype) =>
    startBase({ model: { source: sourceOf(f), config: f.config }, data: {} as Workspace['data'] }, dtype);
  const begin = async (f: Fixture, more: Partial<LoraSettings>, dtype: BaseDtype = 'f32') => {
    const settings: LoraSettings = { ...f.adapterSettings, rank: 3, alpha: 5, targets: ['all'], ...more };
    const modules = adapterModules(f.config, settings.targets);
    return startedAdapter(baseOf(f, dtype), modules, settings, 4);
  };
  /** How far the adapted model is from the base. */
  const apart = async (f: Fixture, weights: AdapterWeights) => {
    const engine = await processorEngine(
      { ...f, adapterSettings: asLora(weights.settings) },
      { maxRows: 3, maxLength: 19 },
    );
    await engine.setAdapter(weights);
    const ids = Array.from(f.batches[0].ids.subarray(0, f.batches[0].lengths[0]));
    const [base, ours] = [await engine.logits(ids, 0), await engine.logits(ids, 1)];
    await engine.dispose();
    return logitError(ours, base);
  };

  it.each<Partial<LoraSettings>>([{ start: 'pissa' }, { start: 'olora' }, { start: 'pissa', rsLora: true }])(
    'begins as the base, and so does what is exported: %o',
    async (more) => {
      const f = await open();
      const weights = await begin(f, more);
      expect(await apart(f, weights)).toBeLessThan(1e-5);
      const plain = exportedAdapter(weights);
      expect(plain.settings).toMatchObject({ rank: 6, alpha: more.rsLora ? 5 * Math.SQRT2 : 10 });
      expect(plain.settings).not.toHaveProperty('start');
      const read = await readPeft(writePeft(plain, f.config, { id: './base', revision: null }), f.config);
      expect(await apart(f, read)).toBeLessThan(1e-5);
      for (const site of weights.modules) {
        const [ours, theirs] = [loraMatrices(weights, site), loraMatrices(read, site)];
        expect(theirs.scale).toBeCloseTo(ours.scale, 12);
        expect(theirs.b).toEqual(ours.b);
      }
    },
  );

  it('takes the singular parts of the base as it is held, whatever way the file has it', async () => {
    const f = await open();
    for (const dtype of ['f32', 'f16'] as const) {
      const weights = await begin(f, { start: 'pissa' }, dtype);
      const [site] = weights.modules;
      const { a, b } = singularParts(await baseOf(f, dtype).weight(site), site, {
        rank: 3,
        scale: 5 / 3,
        seed: 99,
      });
      const held = loraMatrices(weights, site);
      expect(relative(held.a.subarray(0, a.length), a)).toBeLessThan(1e-5);
      const stacked = [...b].flatMap((_, at) =>
        at % 3 === 0 ? [...b.subarray(at, at + 3), ...b.subarray(at, at + 3).map((x) => -x)] : [],
      );
      expect(relative(held.b, stacked)).toBeLessThan(1e-5);
    }
  });

  it('LoftQ makes up for what rounding took, at any alpha, and begins as usual where it took nothing', async () => {
    const f = await open();
    const base = baseOf(f, 'q4');
    const weights = await begin(f, { start: 'loftq', alpha: 9 }, 'q4');
    let rounded = 0;
    for (const site of weights.modules) {
      const [stored, held] = [await base.stored(site), await base.weight(site)];
      const lost = stored.map((value, i) => value - held[i]);
      const { a, b, rank, scale } = loraMatrices(weights, site);
      if (lost.every((value) => value === 0)) {
        expect(b.every((value) => value === 0)).toBe(true);
        expect(a.some((value) => value !== 0)).toBe(true);
        continue;
      }
      rounded++;
      const exact = jacobiSvd(lost, site.out, site.in);
      const made = product(a, b, rank, scale);
      const left = Math.sqrt(lost.reduce((sum, value, i) => sum + (value - made[i]) ** 2, 0));
      expect(left / Math.hypot(...exact.values.slice(rank))).toBeCloseTo(1, 5);
    }
    // The rows of this GPT-NeoX are no whole blocks.
    expect(rounded > 2).toBe(name !== 'gpt_neox');
    expect(exportedAdapter(weights).settings).toMatchObject({ rank: 3, alpha: 9 });
  });

  it('M1: a rank above the smaller side of a weight is refused by the name of the layer', async () => {
    const f = await open();
    await expect(begin(f, { start: 'olora', rank: 500 })).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringContaining(f.modules[0].path.split('.').slice(0, 2).join('.')),
    });
  });
});
