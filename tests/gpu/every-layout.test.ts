import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/gpu/device.ts';
import type { Dense } from '../../src/ops/reference/linear.ts';
import { runCase } from './linear-case.ts';
import { gpuOnce } from './op-case.ts';
import { LAYOUTS, PACKED_SHAPES, randomPacked } from './packed-case.ts';

/** Bases in 8 and 4 bits by the products that hardware takes first, which compile long in software. */

describe.each(LAYOUTS)('a linear in $codes, blocks of $block, scales in $scaleType', (layout) => {
  const weight = (gpu: Gpu, w: Dense) => randomPacked(gpu, w.rows, w.cols, layout);
  test.each(PACKED_SHAPES)('agrees with float64: $rows rows, $k columns', async (shape) => {
    const { errors, chosen } = await runCase(await gpuOnce(), { ...shape, weight, software: false });
    for (const [result, error] of Object.entries(errors))
      expect(error, `${result} by ${JSON.stringify(chosen)}`).toBeLessThan(3e-6);
  });
});
