import { describe, expect, test } from 'vitest';
import { readBack } from '../../src/gpu/launcher.ts';
import { dense, linearReference } from '../../src/ops/reference/linear.ts';
import type { Weight } from '../../src/ops/types.ts';
import { linearForward } from '../../src/ops/webgpu/linear.ts';
import { runCase, SHAPES } from './linear-case.ts';
import {
  builder,
  difference,
  dimsOf,
  gpuOnce,
  halfWeight,
  matrixOf,
  plainWeight,
  randomDense,
  readDense,
  upload,
} from './op-case.ts';

for (const shape of SHAPES) {
  const name = `${shape.rows} rows, ${shape.k} → ${shape.ends.join(', ')}, rank ${shape.rank}`;
  describe(name, () => {
    test('agrees with float64', async () => {
      const { errors, chosen } = await runCase(await gpuOnce(), shape);
      for (const [result, error] of Object.entries(errors))
        expect(error, `${result} by ${JSON.stringify(chosen)}`).toBeLessThan(2e-6);
    });
    test('agrees with float64 with a weight in float16', async () => {
      const { errors } = await runCase(await gpuOnce(), { ...shape, weight: halfWeight });
      for (const [result, error] of Object.entries(errors)) expect(error, result).toBeLessThan(2e-6);
    });
  });
}

test('gives the same bytes twice', async () => {
  const gpu = await gpuOnce();
  const first = await runCase(gpu, SHAPES[4]);
  const second = await runCase(gpu, SHAPES[4]);
  expect(second.bytes).toEqual(first.bytes);
});

test('adds a bias and a residual, in place and apart, and cuts a weight into bindings', async () => {
  const gpu = await gpuOnce();
  const [rows, n, k] = [13, 40, 32];
  const x = randomDense(rows, k, 1);
  const w = randomDense(n + 8, k, 2);
  const used = dense(n, k, (i, j) => w.values[(i + 4) * k + j]);
  const bias = randomDense(1, n, 3);
  const residual = randomDense(rows, n, 4);
  const whole = plainWeight(gpu, w).weight;
  const cut: Weight = {
    ...whole,
    parts: [
      {
        begin: 0,
        end: 20,
        weight: plainWeight(
          gpu,
          dense(20, k, (i, j) => w.values[i * k + j]),
        ).weight,
      },
      {
        begin: 20,
        end: n + 8,
        weight: plainWeight(
          gpu,
          dense(n - 12, k, (i, j) => w.values[(i + 20) * k + j]),
        ).weight,
      },
    ],
  };
  const product = linearReference(x, used);
  const expected = dense(
    rows,
    n,
    (i, j) => product.values[i * n + j] + bias.values[j] + residual.values[i * n + j],
  );
  for (const weight of [whole, cut])
    for (const inPlace of [false, true]) {
      const e = builder(gpu, dimsOf(rows));
      const r = matrixOf(gpu, residual);
      const y = inPlace ? r : matrixOf(gpu, dense(rows, n));
      linearForward(e, {
        x: matrixOf(gpu, x),
        w: weight,
        row0: 4,
        n,
        k,
        y,
        bias: upload(gpu, bias.values),
        residual: r,
      });
      (await e.build()).run();
      expect(difference(await readDense(gpu, y, rows, n), expected)).toBeLessThan(1e-6);
    }
});

test('a residual elsewhere in the buffer of the result is refused', async () => {
  const gpu = await gpuOnce();
  const e = builder(gpu, dimsOf(4));
  const y = matrixOf(gpu, dense(4, 16));
  const args = { x: matrixOf(gpu, dense(4, 8)), w: plainWeight(gpu, dense(8, 8)).weight, n: 8, k: 8, y };
  expect(() => linearForward(e, { ...args, residual: { ...y, column: 8 } })).toThrow(/buffer of another/);
  expect(await readBack(gpu, y.view)).toHaveProperty('byteLength', 256);
});
