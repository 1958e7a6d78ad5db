import { describe, expect, test } from 'vitest';
import { Pipelines } from '../../src/gpu/launcher.ts';
import { type Dense, dense, plus } from '../../src/ops/reference/linear.ts';
import {
  layerNormBackwardReference,
  layerNormReference,
  rmsNormBackwardReference,
  rmsNormReference,
} from '../../src/ops/reference/norm.ts';
import {
  layerNormBackward,
  layerNormForward,
  rmsNormBackward,
  rmsNormForward,
} from '../../src/ops/webgpu/norm.ts';
import { wrongReductions } from '../../src/ops/webgpu/reduction-check.ts';
import {
  difference,
  dimsOf,
  FORMS,
  gpuOnce,
  onDevice,
  placed,
  randomDense,
  readFloats,
  readPlaced,
  room,
  upload,
} from './op-case.ts';

const EPS = 1e-5;
const BOUND = 2e-6;

/** By fours and one by one; more and fewer columns than a workgroup has threads. */
const SHAPES = [
  { rows: 5, width: 64, margin: 4, heads: 3 },
  { rows: 6, width: 576, margin: 0, heads: 1 },
  { rows: 3, width: 7, margin: 3, heads: 2 },
  { rows: 1, width: 150, margin: 1, heads: 1 },
];

/** The rows of heads beside one another as rows of their own. */
function byHead(m: Dense, heads: number): Dense {
  return { rows: m.rows * heads, cols: m.cols / heads, values: m.values };
}

describe.each(FORMS)('$form', ({ software, choices }) => {
  describe.each(SHAPES)('$rows rows, $heads × $width columns', ({ rows, width, margin, heads }) => {
    const dims = dimsOf(rows);
    const cols = heads * width;
    const values = () => {
      // Rows so small that ε matters, and rows with a mean far from 0, that a variance of mean squares would lose.
      const x = randomDense(rows, cols, 1);
      for (let i = 0; i < x.values.length; i++)
        x.values[i] = Math.fround(Math.floor(i / cols) % 2 === 0 ? x.values[i] / 200 : x.values[i] + 20);
      return x;
    };
    const weight = randomDense(1, width, 2).values;
    const bias = randomDense(1, width, 3).values;
    const dy = randomDense(rows, cols, 4);
    const old = randomDense(rows, cols, 5);

    test.each([false, true])('RMS norm, 1 added to the weight: %s', async (addOne) => {
      const gpu = await gpuOnce();
      const x = values();
      const [onX, onDy] = [placed(gpu, x, margin), placed(gpu, dy)];
      const [y, dx] = [room(gpu, rows, cols, margin), addOne ? placed(gpu, old) : room(gpu, rows, cols)];
      const beside = room(gpu, rows, cols, margin);
      const w = upload(gpu, weight);
      const rstd = upload(gpu, new Float64Array(rows * heads));
      await onDevice(
        gpu,
        dims,
        (e) => {
          rmsNormForward(e, { x: onX, y, weight: w, width, eps: EPS, rstd, addOne, heads });
          const added = { y: beside, residual: placed(gpu, old, margin) };
          rmsNormForward(e, { x: onX, weight: w, width, eps: EPS, rstd, addOne, heads, ...added });
          const args = { dy: onDy, x: onX, weight: w, rstd, dx, width, addOne, heads };
          rmsNormBackward(e, { ...args, accumulate: addOne });
        },
        { software, choices },
      );
      const full = addOne ? weight.map((value) => value + 1) : weight;
      const expected = rmsNormReference(byHead(x, heads), full, EPS);
      const gradient = rmsNormBackwardReference(byHead(x, heads), full, EPS, byHead(dy, heads));
      expect(difference(await readPlaced(gpu, y, rows, cols), expected.y)).toBeLessThan(BOUND);
      const withOld = plus(expected.y, byHead(old, heads));
      expect(difference(await readPlaced(gpu, beside, rows, cols), withOld)).toBeLessThan(BOUND);
      const saved = await readFloats(gpu, rstd, rows * heads);
      expect(
        difference(
          dense(1, saved.length, (_, i) => saved[i] / expected.rstd[i]),
          ones(saved),
        ),
      ).toBeLessThan(BOUND);
      const sum = addOne ? plus(byHead(old, heads), gradient) : gradient;
      expect(difference(await readPlaced(gpu, dx, rows, cols), sum)).toBeLessThan(BOUND);
    });

    if (heads === 1)
      test.each([false, true])('layer norm, gradient added to what is there: %s', async (accumulate) => {
        const gpu = await gpuOnce();
        const x = values();
        const [onX, onDy] = [placed(gpu, x, margin), placed(gpu, dy)];
        const [y, dx] = [
          room(gpu, rows, cols),
          accumulate ? placed(gpu, old, margin) : room(gpu, rows, cols),
        ];
        const [w, b] = [upload(gpu, weight), upload(gpu, bias)];
        const stat = upload(gpu, new Float64Array(2 * rows));
        await onDevice(
          gpu,
          dims,
          (e) => {
            layerNormForward(e, { x: onX, y, weight: w, bias: b, width, eps: EPS, stat });
            layerNormBackward(e, { dy: onDy, x: onX, weight: w, stat, dx, width, accumulate });
          },
          { software, choices },
        );
        const expected = layerNormReference(x, weight, bias, EPS);
        const gradient = layerNormBackwardReference(x, weight, EPS, dy);
        expect(difference(await readPlaced(gpu, y, rows, cols), expected.y)).toBeLessThan(1e-5);
        const saved = await readFloats(gpu, stat, 2 * rows);
        for (let i = 0; i < rows; i++) {
          expect(Math.abs(saved[2 * i] / expected.mean[i] - 1)).toBeLessThan(1e-4);
          expect(Math.abs(saved[2 * i + 1] / expected.rstd[i] - 1)).toBeLessThan(1e-5);
        }
        const sum = accumulate ? plus(old, gradient) : gradient;
        expect(difference(await readPlaced(gpu, dx, rows, cols), sum)).toBeLessThan(1e-5);
      });
  });

  test('gives the same bytes twice', async () => {
    const gpu = await gpuOnce();
    const [rows, width] = [4, 150];
    const x = placed(gpu, randomDense(rows, width, 1));
    const weight = upload(gpu, randomDense(1, width, 2).values);
    const run = async () => {
      const [y, dx] = [room(gpu, rows, width), room(gpu, rows, width)];
      const rstd = upload(gpu, new Float64Array(rows));
      await onDevice(
        gpu,
        dimsOf(rows),
        (e) => {
          rmsNormForward(e, { x, y, weight, width, eps: EPS, rstd, addOne: false });
          rmsNormBackward(e, { dy: y, x, weight, rstd, dx, width, addOne: false, accumulate: false });
        },
        { software, choices },
      );
      return [await readPlaced(gpu, y, rows, width), await readPlaced(gpu, dx, rows, width)];
    };
    expect(await run()).toEqual(await run());
  });
});

test('the check before a run passes both reductions, and finds a wrong one', async () => {
  const gpu = { ...(await gpuOnce()), software: false };
  const pipelines = new Pipelines(gpu.device);
  expect([...(await wrongReductions(gpu, pipelines, ['subgroups', 'tree']))]).toEqual([]);
  const get = pipelines.get.bind(pipelines);
  // As if half of the threads were lost.
  pipelines.get = (kernel) =>
    kernel.constants.SUBGROUPS
      ? get({ ...kernel, constants: { ...kernel.constants, THREADS: 64 } })
      : get(kernel);
  expect([...(await wrongReductions(gpu, pipelines, ['subgroups', 'tree']))]).toEqual(['subgroups']);
});

function ones(like: ArrayLike<number>): Dense {
  return dense(1, like.length, () => 1);
}
