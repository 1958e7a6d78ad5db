import { expect, test } from 'vitest';
import { type AttentionProblem, attentionReference } from '../../src/ops/reference/attention.ts';
import { dense } from '../../src/ops/reference/linear.ts';
import { attentionForward } from '../../src/ops/webgpu/attention.ts';
import { CASES, errorsOf, run } from './attention-case.ts';
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

test.each(CASES)('$name: forward and backward agree with float64', async (c) => {
  for (const [result, error] of Object.entries(await errorsOf(await gpuOnce(), c)))
    expect(error, result).toBeLessThan(c.bound ?? 2e-6);
});

// Blocks do not divide these lengths either. They take seconds to compile.
const LONGER = CASES.filter(({ length }) => length > 14);
test.each([
  ...LONGER.map((c) => ({ ...c, longest: 128 })),
  ...LONGER.filter(({ window }) => window !== 2).map((c) => ({ ...c, longest: 256 })),
])('$name: in the blocks that rows of $longest get', async ({ longest, ...c }) => {
  for (const [result, error] of Object.entries(await errorsOf(await gpuOnce(), c, true, longest)))
    expect(error, result).toBeLessThan(c.bound ?? 2e-6);
});

test('gives the same bytes twice', async () => {
  const gpu = await gpuOnce();
  const { got } = await run(gpu, CASES[7]);
  expect((await run(gpu, CASES[7])).got).toEqual(got);
});

/** New tokens after what a cache holds: a prompt's, the next one's, a prompt's second half, the next ones' of two answers. */
const CACHED = [
  { start: 0, length: 6, capacity: 9, rowsHint: undefined, window: null, headDim: 8 },
  { start: 5, length: 1, capacity: 9, rowsHint: 1, window: null, headDim: 8 },
  { start: 8, length: 1, capacity: 9, rowsHint: 1, window: 3, headDim: 8 },
  { start: 7, length: 7, capacity: 14, rowsHint: undefined, window: 5, headDim: 5 },
  { start: [2, 6], length: 1, capacity: 9, rowsHint: 1, window: null, headDim: 8 },
  { start: [6, 2], length: 3, capacity: 9, rowsHint: undefined, window: 4, headDim: 8 },
];

test.each(CACHED)('with a cache of $capacity that holds $start, $length tokens more', async (shape) => {
  const { start, length, capacity, rowsHint, window, headDim } = shape;
  const gpu = await gpuOnce();
  const [heads, kvHeads, batch] = [4, 2, 2];
  const rows = batch * length;
  const before = (b: number) => (typeof start === 'number' ? start : start[b]);
  const places = Uint32Array.from({ length: rows }, (_, i) => before(Math.floor(i / length)) + (i % length));
  // What lies after the filled part must not be seen.
  const cache = (seed: number) => {
    const m = randomDense(batch * capacity, kvHeads * headDim, seed);
    return dense(m.rows, m.cols, (i, j) =>
      i % capacity < before(Math.floor(i / capacity)) + length ? m.values[i * m.cols + j] : Number.NaN,
    );
  };
  const problem: AttentionProblem = {
    ...{ heads, kvHeads, headDim, scale: 0.5, window, batch, length, start, keyRows: capacity },
    q: randomDense(rows, heads * headDim, 1),
    k: cache(2),
    v: cache(3),
  };
  const o = room(gpu, rows, heads * headDim, 4);
  const lse = upload(gpu, new Float64Array(heads * rows));
  const own = typeof start === 'object';
  await onDevice(gpu, dimsOf(rows, { batch, length, start: own ? 0 : start }), (e) =>
    attentionForward(e, {
      ...(own && { positions: upload(gpu, places) }),
      ...{ heads, kvHeads, headDim, scale: 0.5, window, o, lse, kvCapacity: capacity, rowsHint },
      q: placed(gpu, problem.q, 4),
      k: placed(gpu, problem.k),
      v: placed(gpu, problem.v),
    }),
  );
  const expected = attentionReference(problem);
  expect(difference(await readPlaced(gpu, o, rows, heads * headDim), expected.o)).toBeLessThan(2e-6);
  const saved = await readFloats(gpu, lse, heads * rows);
  saved.forEach((value, i) => {
    expect(Math.abs(value - expected.lse[i])).toBeLessThan(2e-6);
  });
});
