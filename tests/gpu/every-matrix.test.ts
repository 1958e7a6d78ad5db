import { expect, test } from 'vitest';
import { withMatrices } from './emulated-matrices.ts';
import { runCase, SHAPES } from './linear-case.ts';
import { gpuOnce } from './op-case.ts';

/** Products by a subgroup's matrices of 8 × 8, which no machine at hand has: emulated, to the same numbers. */

const VARIANT = 'matrix-32x32x16-32';

test.each(SHAPES)('$rows rows, $k → $ends, rank $rank', async (shape) => {
  const { gpu, pipelines } = withMatrices(await gpuOnce());
  const { errors, chosen } = await runCase(gpu, { ...shape, software: false, variant: VARIANT, pipelines });
  expect(Object.values(chosen).filter((name) => name === VARIANT).length).toBeGreaterThanOrEqual(2);
  for (const [result, error] of Object.entries(errors))
    expect(error, `${result} by ${JSON.stringify(chosen)}`).toBeLessThan(2e-6);
});
