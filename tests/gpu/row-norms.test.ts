import { describe, expect, test } from 'vitest';
import { rowNormsReference } from '../../src/ops/reference/columns.ts';
import { type DenseLora, dense, masked, plus } from '../../src/ops/reference/linear.ts';
import type { LoraBlock } from '../../src/ops/types.ts';
import { maskRows } from '../../src/ops/webgpu/mask-rows.ts';
import { rowNorms } from '../../src/ops/webgpu/row-norms.ts';
import {
  difference,
  dimsOf,
  FORMS,
  gpuOnce,
  halfWeight,
  onDevice,
  placed,
  plainWeight,
  randomDense,
  readFloats,
  readPlaced,
  upload,
} from './op-case.ts';

const BOUND = 2e-6;
const RANK = 8;

/** By fours and one by one; more and fewer columns than a workgroup has threads. */
const SHAPES = [
  { n: 22, k: 640, ends: [10, 22] },
  { n: 7, k: 50, ends: [7] },
];

describe.each(FORMS)('$form', ({ software, choices }) => {
  test.each(SHAPES)('norms of $n rows of $k, with an adapter and without', async ({ n, k, ends }) => {
    const gpu = await gpuOnce();
    const parts = ends.map((end, i) => ({ begin: ends[i - 1] ?? 0, end, module: i }));
    const [a, b] = [randomDense(ends.length * RANK, k, 2), randomDense(n, RANK, 3)];
    const lora: LoraBlock = {
      ...{ rank: RANK, parts, scale: 0.5, dropout: 0 },
      ...{ a: upload(gpu, a.values), b: upload(gpu, b.values) },
    };
    for (const held of [plainWeight, halfWeight]) {
      const { weight: w, values } = held(gpu, randomDense(n + 3, k, 1));
      const used = dense(n, k, (i, j) => values.values[(i + 2) * k + j]);
      const [own, adapted] = [upload(gpu, new Float32Array(n)), upload(gpu, new Float32Array(n))];
      await onDevice(
        gpu,
        dimsOf(1),
        (e) => {
          rowNorms(e, { w, row0: 2, n, k, out: own });
          rowNorms(e, { w, row0: 2, n, k, out: adapted, lora });
        },
        { software, choices },
      );
      const matrices: DenseLora = { rank: RANK, parts, scale: 0.5, a, b };
      for (const [view, expected] of [
        [own, rowNormsReference(used)],
        [adapted, rowNormsReference(used, matrices)],
      ] as const) {
        const ours = await readFloats(gpu, view, n);
        const row = (norms: ArrayLike<number>) => dense(1, n, (_, j) => norms[j]);
        expect(difference(row(ours), row(expected))).toBeLessThan(BOUND);
      }
    }
  });
});

test.each([
  { width: 64, margin: 4 },
  { width: 7, margin: 3 },
])('what dropout keeps of $width columns, and what it leaves', async ({ width, margin }) => {
  const gpu = await gpuOnce();
  const rows = 9;
  const [x, old] = [randomDense(rows, width, 1), randomDense(rows, width, 2)];
  const parts = [{ begin: 0, end: 8, module: 5 }];
  const lora: LoraBlock = {
    ...{ rank: RANK, parts, scale: 1, dropout: 0.3 },
    a: upload(gpu, [0]),
    b: upload(gpu, [0]),
  };
  const outs = [0, 0, 0].map(() => placed(gpu, old, margin));
  await onDevice(gpu, dimsOf(rows), (e) => {
    for (const [i, mode] of (['kept', 'added', 'left'] as const).entries())
      maskRows(e, { x: placed(gpu, x, margin), out: outs[i], width, mode, lora });
  });
  const none = randomDense(1, 1, 0);
  const dropout = { probability: 0.3, seed: 7, step: 3, micro: 1 };
  const kept = masked(x, { rank: RANK, parts, scale: 1, a: none, b: none, dropout }, 0);
  expect(kept.values.filter((value) => value === 0).length).toBeGreaterThan(0);
  for (const [i, expected] of [kept, plus(old, kept), plus(x, kept, -1)].entries())
    expect(difference(await readPlaced(gpu, outs[i], rows, width), expected)).toBeLessThan(BOUND);
});
