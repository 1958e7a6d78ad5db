import { describe, expect, test } from 'vitest';
import { type Dense, dense, plus } from '../../src/ops/reference/linear.ts';
import { addRows, appendRows, gatherRows, scatterRows } from '../../src/ops/webgpu/rows.ts';
import {
  dimsOf,
  GUARD,
  gpuOnce,
  onDevice,
  placed,
  randomDense,
  readFloats,
  readPlaced,
  room,
  upload,
} from './op-case.ts';

const SHAPES = [
  { width: 12, margin: 4 },
  { width: 12, margin: 3 },
  { width: 5, margin: 0 },
];

/** Rows of the larger matrix that the smaller one's go from and to, behind two that belong to another chunk. */
const INDEX = Uint32Array.of(0, 1, 7, 2, 3, 8, 5, 4, 0);
const [CHUNK, ALL] = [6, 9];

function row(m: Dense, i: number): Float64Array {
  return m.values.subarray(i * m.cols, (i + 1) * m.cols);
}

describe.each(SHAPES)('$width columns, $margin beside them', ({ width, margin }) => {
  test('gathers rows by index', async () => {
    const gpu = await gpuOnce();
    const x = randomDense(ALL, width, 1);
    const out = room(gpu, CHUNK, width, margin);
    const args = { x: placed(gpu, x, margin), out, width, index: upload(gpu, INDEX) };
    await onDevice(gpu, dimsOf(CHUNK, { offset: 2 }), (e) => gatherRows(e, args));
    const expected = dense(CHUNK, width, (i, j) => row(x, INDEX[2 + i])[j]);
    expect(await readPlaced(gpu, out, CHUNK, width)).toEqual(expected);
  });

  test('scatters rows by index and leaves the others', async () => {
    const gpu = await gpuOnce();
    const x = randomDense(CHUNK, width, 1);
    const out = room(gpu, ALL, width, margin);
    const args = { x: placed(gpu, x), out, width, index: upload(gpu, INDEX) };
    await onDevice(gpu, dimsOf(CHUNK, { offset: 2 }), (e) => scatterRows(e, args));
    const expected = dense(ALL, width, () => GUARD);
    for (let i = 0; i < CHUNK; i++) row(expected, INDEX[2 + i]).set(row(x, i));
    expect(await readPlaced(gpu, out, ALL, width)).toEqual(expected);
  });

  test('adds rows', async () => {
    const gpu = await gpuOnce();
    const [x, old] = [randomDense(ALL, width, 1), randomDense(ALL, width, 2)];
    const out = placed(gpu, old, margin);
    await onDevice(gpu, dimsOf(ALL), (e) => addRows(e, { x: placed(gpu, x), out, width }));
    const sum = plus(old, x);
    expect(await readPlaced(gpu, out, ALL, width)).toEqual({ ...sum, values: sum.values.map(Math.fround) });
  });

  test('appends to a cache behind what it holds, up to its end', async () => {
    const gpu = await gpuOnce();
    const [batch, length, capacity] = [2, 3, 7];
    const x = randomDense(batch * length, width, 1);
    for (const start of [0, 2, 5]) {
      const out = room(gpu, batch * capacity, width, margin);
      const args = { x: placed(gpu, x, margin), out, width, capacity };
      await onDevice(gpu, dimsOf(batch * length, { batch, length, start }), (e) => appendRows(e, args));
      const expected = dense(batch * capacity, width, () => GUARD);
      for (let b = 0; b < batch; b++)
        for (let i = 0; i < length && start + i < capacity; i++)
          row(expected, b * capacity + start + i).set(row(x, b * length + i));
      expect(await readPlaced(gpu, out, batch * capacity, width)).toEqual(expected);
    }
  });

  test('appends to a cache at places of its rows', async () => {
    const gpu = await gpuOnce();
    const [batch, length, capacity] = [2, 3, 7];
    const x = randomDense(batch * length, width, 1);
    const out = room(gpu, batch * capacity, width, margin);
    // The last one has no room.
    const at = [0, 1, 2, 5, 6, 7];
    const positions = upload(gpu, Uint32Array.from(at));
    await onDevice(gpu, dimsOf(batch * length, { batch, length, start: 9 }), (e) =>
      appendRows(e, { x: placed(gpu, x, margin), out, width, capacity, positions }),
    );
    const expected = dense(batch * capacity, width, () => GUARD);
    at.forEach((place, i) => {
      if (place < capacity) row(expected, Math.floor(i / length) * capacity + place).set(row(x, i));
    });
    expect(await readPlaced(gpu, out, batch * capacity, width)).toEqual(expected);
  });
});

test('more elements than one row of workgroups takes', async () => {
  const gpu = await gpuOnce();
  const width = 65_535 * 64 + 3;
  const values = Float32Array.from({ length: width }, (_, i) => i % 1000);
  const [x, out] = [values, values].map((data) => ({ view: upload(gpu, data), stride: width, column: 0 }));
  await onDevice(gpu, dimsOf(1), (e) => addRows(e, { x, out, width }));
  const sum = await readFloats(gpu, out.view, width);
  expect(sum.findIndex((value, i) => value !== 2 * values[i])).toBe(-1);
  for (const { view } of [x, out]) gpu.memory.free(view.buffer);
});
