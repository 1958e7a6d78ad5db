import { expect, test } from 'vitest';
import { weightOf } from '../../src/bench/bench.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { type Dense, dense } from '../../src/ops/reference/linear.ts';
import { errorsOf } from './attention-case.ts';
import { runCase, SHAPES } from './linear-case.ts';
import { gpuOnce } from './op-case.ts';

/** What hardware gets, through tiles in workgroup memory, run in software; the products with the smallest tile. */

const TILE = { software: false, variant: 'tiled-32x32x32-64' };

/** So many rows that each range of them that a gradient is summed in takes several panels. */
const LONG = { rows: 600, k: 16, ends: [16, 40], rank: 4 };

/** Two parts that meet within a tile, sizes that are not multiples of 4; dropout. The rest: every-tile.test.ts. */
test.each([...SHAPES.slice(3), LONG])('$rows rows, $k → $ends, rank $rank', async (shape) => {
  const { errors, chosen } = await runCase(await gpuOnce(), { ...shape, ...TILE });
  expect(Object.values(chosen)).toContain(TILE.variant);
  for (const [result, error] of Object.entries(errors))
    expect(error, `${result} by ${JSON.stringify(chosen)}`).toBeLessThan(2e-6);
});

test('a weight in q4 is decoded into the tile', async () => {
  const weight = (gpu: Gpu, w: Dense) => {
    const made = weightOf(gpu, Float32Array.from(w.values), w.rows, w.cols, 'q4');
    return { weight: made.weight, values: dense(w.rows, w.cols, (i, j) => made.values[i * w.cols + j]) };
  };
  const shape = { rows: 11, k: 64, ends: [32, 68], rank: 4 };
  const { errors } = await runCase(await gpuOnce(), { ...shape, ...TILE, weight });
  expect(errors.y).toBeLessThan(2e-6);
  expect(errors.dx).toBeLessThan(2e-6);
});

test('attention over tiles: grouped heads, a window, documents', async () => {
  const errors = await errorsOf(
    await gpuOnce(),
    {
      name: 'tiles',
      ...{ heads: 2, kvHeads: 1, headDim: 8, batch: 2, length: 70, margin: 4, window: 40, fused: true },
      ends: [3, 34, 70, 100, 140],
    },
    false,
  );
  for (const [result, error] of Object.entries(errors)) expect(error, result).toBeLessThan(2e-6);
});
