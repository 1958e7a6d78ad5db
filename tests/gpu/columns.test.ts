import { describe, expect, test } from 'vitest';
import { scaleColumnsBackwardReference, scaleColumnsReference } from '../../src/ops/reference/columns.ts';
import { dense, plus } from '../../src/ops/reference/linear.ts';
import { scaleColumns, scaleColumnsBackward } from '../../src/ops/webgpu/columns.ts';
import {
  difference,
  dimsOf,
  gpuOnce,
  onDevice,
  placed,
  randomDense,
  readFloats,
  readPlaced,
  room,
  upload,
} from './op-case.ts';

const BOUND = 2e-6;

/** By fours and one by one; more and fewer rows than a range has. */
const SHAPES = [
  { rows: 5, width: 64, margin: 4 },
  { rows: 70, width: 300, margin: 0 },
  { rows: 33, width: 7, margin: 3 },
];

describe.each([true, false])('software %s', (software) => {
  describe.each(SHAPES)('$rows rows of $width columns, $margin beside them', ({ rows, width, margin }) => {
    const [x, dy, old] = [1, 2, 3].map((seed) => randomDense(rows, width, seed));
    const [scale, over, bias] = [4, 5, 6].map((seed) => randomDense(1, width, seed).values.map((v) => 1 + v));
    const begun = randomDense(1, width, 7).values;

    test.each([0, 0.5, 1])('forward, strength %d', async (strength) => {
      const gpu = await gpuOnce();
      const columns = { width, scale: upload(gpu, scale) };
      const [plain, whole, apart] = [
        room(gpu, rows, width, margin),
        placed(gpu, old, margin),
        room(gpu, rows, width),
      ];
      const all = { ...columns, x: placed(gpu, x, margin), over: upload(gpu, over), bias: upload(gpu, bias) };
      await onDevice(
        gpu,
        dimsOf(rows, { strength }),
        (e) => {
          scaleColumns(e, { ...columns, x: all.x, out: plain });
          scaleColumns(e, { ...all, out: whole, residual: whole });
          scaleColumns(e, { ...all, out: apart, residual: placed(gpu, old) });
        },
        { software },
      );
      const expected = scaleColumnsReference(x, scale, null, strength);
      expect(difference(await readPlaced(gpu, plain, rows, width), expected)).toBeLessThan(BOUND);
      const divided = plus(scaleColumnsReference(x, scale, over, strength), old);
      const sum = dense(rows, width, (i, j) => divided.values[i * width + j] + bias[j]);
      for (const out of [whole, apart])
        expect(difference(await readPlaced(gpu, out, rows, width), sum)).toBeLessThan(BOUND);
    });

    test.each(['apart', 'over dy', 'over x'] as const)('backward, %s', async (where) => {
      const gpu = await gpuOnce();
      const [onX, onDy] = [placed(gpu, x, margin), placed(gpu, dy, margin)];
      const dx = { apart: room(gpu, rows, width, margin), 'over dy': onDy, 'over x': onX }[where];
      const gradient = upload(gpu, begun);
      const divided = where !== 'over dy';
      const columns = { width, scale: upload(gpu, scale), ...(divided && { over: upload(gpu, over) }) };
      await onDevice(
        gpu,
        dimsOf(rows),
        (e) => scaleColumnsBackward(e, { ...columns, dy: onDy, x: onX, dx, gradient }),
        { software },
      );
      const expected = scaleColumnsBackwardReference(x, scale, divided ? over : null, dy);
      expect(difference(await readPlaced(gpu, dx, rows, width), expected.dx)).toBeLessThan(BOUND);
      const ours = await readFloats(gpu, gradient, width);
      const row = (values: ArrayLike<number>) => dense(1, width, (_, j) => values[j]);
      const sum = expected.gradient.map((value, j) => value + begun[j]);
      expect(difference(row(ours), row(sum))).toBeLessThan(BOUND);
    });
  });
});
