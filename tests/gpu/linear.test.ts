import { expect, test } from 'vitest';
import { gpuOnce, runCase } from './linear-case.ts';

const SHAPES = [
  { rows: 64, k: 64, ends: [64], rank: 16 },
  { rows: 37, k: 96, ends: [96, 128, 160], rank: 8 },
  { rows: 1, k: 64, ends: [72], rank: 4 },
  { rows: 19, k: 50, ends: [30, 61], rank: 4 },
];

for (const shape of SHAPES)
  test(`a LoRA linear ${shape.rows} rows, ${shape.k} → ${shape.ends.join(', ')}, rank ${shape.rank}`, async () => {
    const { errors, chosen } = await runCase(await gpuOnce(), shape);
    for (const [name, error] of Object.entries(errors))
      expect(error, `${name} by ${JSON.stringify(chosen)}`).toBeLessThan(2e-6);
  });
