import { expect, test } from 'vitest';
import { type Dense, dense } from '../../src/ops/reference/linear.ts';
import { ropeBackwardReference, ropeReference } from '../../src/ops/reference/rope.ts';
import { ropeBackward, ropeForward } from '../../src/ops/webgpu/rope.ts';
import { difference, dimsOf, gpuOnce, onDevice, placed, randomDense, readPlaced, upload } from './op-case.ts';

const POSITIONS = 24;

/** By fours; a rotary part of the head whose half is odd; odd heads. */
const SHAPES = [
  { heads: 3, headDim: 16, rotaryDims: 16, margin: 4 },
  { heads: 2, headDim: 12, rotaryDims: 8, margin: 0 },
  { heads: 2, headDim: 16, rotaryDims: 10, margin: 0 },
  { heads: 3, headDim: 7, rotaryDims: 6, margin: 5 },
];

/** Two rows of the batch, 5 tokens each. */
const DIMS = dimsOf(10, { batch: 2, length: 5 });

const angleAt = (position: number, j: number) => position * 0.7 ** j;

function table(half: number): Dense {
  return dense(POSITIONS, 2 * half, (position, i) => {
    const angle = angleAt(position, i >> 1);
    return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}

test.each(SHAPES)('$heads heads of $headDim, of which $rotaryDims turn', async (shape) => {
  const { heads, headDim, rotaryDims, margin } = shape;
  const gpu = await gpuOnce();
  const cols = heads * headDim;
  const x = randomDense(DIMS.rows, cols, 1);
  const angles = upload(gpu, table(rotaryDims / 2).values);
  const given = Uint32Array.from({ length: DIMS.rows }, (_, i) => (7 * i) % POSITIONS);
  const cases = [
    { dims: DIMS, position: (row: number) => row % 5 },
    { dims: { ...DIMS, start: 11 }, position: (row: number) => 11 + (row % 5) },
    { dims: DIMS, positions: upload(gpu, given), position: (row: number) => given[row] },
    // Behind the end of the table its last row is taken.
    { dims: { ...DIMS, start: 21 }, position: (row: number) => Math.min(21 + (row % 5), POSITIONS - 1) },
  ];
  for (const { dims, positions, position } of cases) {
    const angle = (row: number, j: number) => angleAt(position(row), j);
    const [forward, backward] = [placed(gpu, x, margin), placed(gpu, x, margin)];
    const args = { heads, headDim, rotaryDims, table: angles, positions };
    await onDevice(gpu, dims, (e) => {
      ropeForward(e, { ...args, x: forward });
      ropeBackward(e, { ...args, x: backward });
    });
    const y = await readPlaced(gpu, forward, dims.rows, cols);
    expect(difference(y, ropeReference(x, headDim, rotaryDims, angle))).toBeLessThan(1e-6);
    const dx = await readPlaced(gpu, backward, dims.rows, cols);
    expect(difference(dx, ropeBackwardReference(x, headDim, rotaryDims, angle))).toBeLessThan(1e-6);
  }
});
