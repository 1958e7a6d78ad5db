import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device.ts';
import { readBack } from '../../src/gpu/launcher.ts';
import { mergedReference } from '../../src/ops/reference/linear.ts';
import { roundedReference } from '../../src/ops/reference/rounding.ts';
import type { LoraBlock, Weight } from '../../src/ops/types.ts';
import { mergeRounded } from '../../src/ops/webgpu/merge-rounded.ts';
import { layoutOf, unpackToFloats } from '../../src/weights/repack.ts';
import { edgeBlocks, exported, HELD, roundingCase } from '../unit/ops/rounding-case.ts';
import { dimsOf, gpuOnce, onDevice, randomDense, upload } from './op-case.ts';
import { LAYOUTS, randomPacked } from './packed-case.ts';

const TYPES = ['q8', 'q4'] as const;
type Type = (typeof TYPES)[number];
const FILL = 0xabababab;
const layout = (type: Type) => layoutOf(type === 'q8' ? 'Q8_0' : 'Q4_0');

/** Room for what is rounded, in ranges of rows that end at these. */
function roomFor(gpu: Gpu, rows: number, cols: number, type: Type, ends = [rows]): Weight {
  const quant = { block: 32, scaleType: 'f16' } as const;
  const words = (count: number) => upload(gpu, new Uint32Array(count).fill(FILL));
  const parts = ends.map((end, i) => {
    const begin = ends[i - 1] ?? 0;
    const count = (end - begin) * cols;
    const weight: Weight = {
      ...{ rows: end - begin, cols, type, quant },
      ...{ data: words(count / (type === 'q8' ? 4 : 8)), scales: words(count / 32) },
    };
    return { begin, end, weight };
  });
  return parts.length === 1 ? parts[0].weight : { ...parts[0].weight, rows, parts };
}

async function valuesOf(gpu: Gpu, w: Weight): Promise<number[]> {
  const all: number[] = [];
  for (const { weight } of w.parts ?? [{ weight: w }]) {
    const words = async (view: Weight['data']) => new Uint32Array(await readBack(gpu, view as never));
    const packed = { codes: await words(weight.data), scales: await words(weight.scales!) };
    const values = unpackToFloats(packed, layout(weight.type as Type));
    all.push(...values.subarray(0, weight.rows * weight.cols));
  }
  return all;
}

/** A driver may divide to within some units in the last place: where a value lies between two codes it may take either. */
function expectRounded(
  ours: readonly number[],
  theirs: ArrayLike<number>,
  step: (i: number) => number,
): void {
  const errors = ours.map((value, i) => Math.abs(value - theirs[i]));
  const apart = (steps: number) => errors.filter((error, i) => !(error <= steps * step(i))).length;
  expect(apart(1.01)).toBe(0);
  expect(apart(1e-3)).toBeLessThanOrEqual(ours.length / 1000);
}

describe.each(TYPES)('merged and rounded as %s', (type) => {
  test.each(HELD)('a base in %s, whole and in ranges of rows', async (held) => {
    const gpu = await gpuOnce();
    const c = roundingCase(held);
    const { data, scales, ...kind } = c.held;
    const whole: Weight = {
      ...{ rows: c.rows, cols: c.k, ...kind },
      ...{ data: upload(gpu, data), scales: scales && upload(gpu, scales) },
    };
    const wanted = exported(c.merged, type);
    const values = unpackToFloats(wanted, layout(type));
    const lora: LoraBlock = {
      ...{ rank: c.rank, parts: c.parts, scale: c.scale, dropout: 0 },
      ...{ a: upload(gpu, c.a), b: upload(gpu, c.b) },
    };
    for (const ends of [[c.rows], [33, c.rows]]) {
      const out = roomFor(gpu, c.rows, c.k, type, ends);
      const { row0, n, k, strength } = c;
      await onDevice(gpu, dimsOf(1, { strength }), (e) =>
        mergeRounded(e, { w: whole, row0, n, k, lora, out }),
      );
      const ours = (await valuesOf(gpu, out)).slice(row0 * k, (row0 + n) * k);
      const largest = Math.max(...values);
      expectRounded(ours, values, () => (2 * largest) / (type === 'q8' ? 127 : 8));
    }
  });

  test.each(LAYOUTS)('a base in $codes, blocks of $block, scales in $scaleType', async (packed) => {
    const gpu = await gpuOnce();
    const [n, k, rank] = [70, 192, 8];
    const { weight: w, values } = randomPacked(gpu, n, k, packed);
    const [a, b] = [randomDense(rank, k, 2), randomDense(n, rank, 3)];
    const parts = [{ begin: 0, end: n, module: 0 }];
    const lora = {
      ...{ rank, parts, scale: 0.1, dropout: 0 },
      a: upload(gpu, a.values),
      b: upload(gpu, b.values),
    };
    const out = roomFor(gpu, n, k, type);
    await onDevice(gpu, dimsOf(1), (e) => mergeRounded(e, { w, n, k, lora, out }));
    const theirs = roundedReference(mergedReference(values, { rank, parts, scale: 0.1, a, b }), type);
    expectRounded(await valuesOf(gpu, out), theirs.values.values, (i) =>
      Math.abs(theirs.scales[Math.floor(i / 32)]),
    );
  });

  test('blocks at the edges, without an adapter', async () => {
    const gpu = await gpuOnce();
    const edges = edgeBlocks();
    const k = edges.length;
    const w: Weight = { rows: 1, cols: k, type: 'f32', data: upload(gpu, edges) };
    const out = roomFor(gpu, 1, k, type);
    await onDevice(gpu, dimsOf(1), (e) => mergeRounded(e, { w, n: 1, k, out }));
    const theirs = roundedReference({ rows: 1, cols: k, values: Float64Array.from(edges) }, type);
    // A scale below the smallest normal half may be read as zero.
    expectRounded(await valuesOf(gpu, out), theirs.values.values, (i) =>
      Math.max(Math.abs(theirs.scales[Math.floor(i / 32)]), 2 ** -14),
    );
  });
});

test('what is not whole blocks is refused', async () => {
  const gpu = await gpuOnce();
  const w: Weight = { rows: 1, cols: 40, type: 'f32', data: upload(gpu, new Float32Array(40)) };
  const out = roomFor(gpu, 1, 64, 'q4');
  await expect(onDevice(gpu, dimsOf(1), (e) => mergeRounded(e, { w, n: 1, k: 40, out }))).rejects.toThrow(
    'whole blocks',
  );
  const other: Weight = { ...w, cols: 64, data: upload(gpu, new Float32Array(64)) };
  await expect(
    onDevice(gpu, dimsOf(1), (e) => mergeRounded(e, { w: other, n: 1, k: 64, out: other })),
  ).rejects.toThrow('rounded weight in f32');
});
