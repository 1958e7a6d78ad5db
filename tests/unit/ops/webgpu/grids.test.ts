import { expect, it } from 'vitest';
import { GpuMemory } from '../../../../src/gpu/memory.ts';
import type { Dispatch, Emitter } from '../../../../src/gpu/program.ts';
import type { LoraBlock, Matrix, Weight } from '../../../../src/ops/types.ts';
import { linearBackward, linearForward } from '../../../../src/ops/webgpu/linear.ts';
import { loraDown, loraDownBackward, loraUp, loraUpBackward } from '../../../../src/ops/webgpu/lora.ts';
import { groupGrid } from '../../../../src/ops/webgpu/rowwise.ts';

/** What WebGPU takes in each dimension of a grid. */
const MOST = 65_535;

it('a long grid goes on in the second dimension', () => {
  expect(groupGrid(MOST)).toEqual([MOST, 1, 1]);
  for (const groups of [MOST + 1, 3 * MOST + 7]) {
    const [x, y, z] = groupGrid(groups);
    expect(Math.max(x, y)).toBeLessThanOrEqual(MOST);
    expect(x * y).toBeGreaterThanOrEqual(groups);
    expect(z).toBe(1);
  }
});

it.each([true, false])('no grid of an adapted linear is too long at rank 256; software %s', (software) => {
  Object.assign(globalThis, { GPUBufferUsage: { STORAGE: 128, COPY_SRC: 4, COPY_DST: 8 } });
  const memory = new GpuMemory(null);
  const view = () => memory.allocate('test', 16, 'other');
  const matrix = (stride: number): Matrix => ({ view: view(), stride, column: 0 });
  const dispatches: Dispatch[] = [];
  const e: Emitter = {
    add: (dispatch) => dispatches.push(dispatch),
    clear() {},
    scratch: view,
    site() {},
    choices: {},
    chosen: {},
    software,
    limits: {} as GPUSupportedLimits,
    features: new Set<string>(),
  };
  // Gate and up of a model of 7 billion parameters.
  const [k, n, rank] = [4096, 2 * 14_336, 256];
  const parts = [0, 1].map((i) => ({ begin: (i * n) / 2, end: ((i + 1) * n) / 2, module: i }));
  const block: LoraBlock = { rank, parts, scale: 1, dropout: 0, a: view(), b: view() };
  const gradients = { a: view(), b: view() };
  const w: Weight = { rows: n, cols: k, type: 'f16', data: view() };
  const [x, y, s] = [matrix(k), matrix(n), matrix(2 * rank)];
  loraDown(e, { x, k, lora: block, s, training: true });
  linearForward(e, { x, w, n, k, y, lora: { block, s } });
  loraUp(e, { s, lora: block, y });
  loraUpBackward(e, { dy: y, s, lora: block, gradients, ds: matrix(2 * rank), n });
  loraDownBackward(e, { ds: s, x, k, lora: block, gradients });
  linearBackward(e, { dy: y, w, n, k, dx: matrix(k), lora: { block, ds: s } });
  const dims = {
    ...{ rows: 8192, batch: 4, length: 2048, start: 0, offset: 0, supervised: 1, step: 1, seed: 1 },
    ...{ scale: 1, strength: 1, micro: 0 },
  };
  expect(dispatches.length).toBeGreaterThan(5);
  for (const { kernel, grid } of dispatches)
    expect(Math.max(...grid(dims)), kernel.label).toBeLessThanOrEqual(MOST);
});
