import { expect, test } from 'vitest';
import type { Gpu } from '../../../../src/gpu/device.ts';
import { DimsSlots, type Pipelines, ProgramBuilder, Scratch } from '../../../../src/gpu/launcher.ts';
import { GpuMemory } from '../../../../src/gpu/memory.ts';
import type { Emitter } from '../../../../src/gpu/program.ts';
import type { LoraBlock, Matrix, Weight } from '../../../../src/ops/types.ts';
import { linearBackward, linearForward } from '../../../../src/ops/webgpu/linear.ts';
import { loraDown, loraDownBackward, loraUpBackward } from '../../../../src/ops/webgpu/lora.ts';

/** Under which key the tuner's choice for a product is kept. */

Object.assign(globalThis, { GPUBufferUsage: { STORAGE: 128, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64 } });
const memory = new GpuMemory(null);
const view = () => memory.allocate('test', 16, 'other');

/** A builder for slots of so many rows; the second belongs to the head. */
function builder(rows: readonly number[], software = false, choices: Record<string, string> = {}) {
  const device = { limits: {}, features: new Set(['shader-f16', 'subgroups']) };
  const gpu = { memory, software, device } as unknown as Gpu;
  const dims = new DimsSlots(gpu, rows.length, (slot) => rows[slot]);
  return new ProgramBuilder(gpu, {} as Pipelines, dims, new Scratch(gpu), choices);
}

function emit(e: Emitter, rowsHint?: number): void {
  const matrix = (stride: number): Matrix => ({ view: view(), stride, column: 0 });
  const [k, n, rank] = [512, 1024, 16];
  const block: LoraBlock = {
    ...{ rank, scale: 1, dropout: 0, a: view(), b: view() },
    parts: [{ begin: 0, end: n, module: 0 }],
  };
  const w: Weight = { rows: n, cols: k, type: 'f16', data: view() };
  const [x, y, s, ds] = [matrix(k), matrix(n), matrix(rank), matrix(rank)];
  loraDown(e, { x, k, lora: block, s, training: true, rowsHint });
  linearForward(e, { x, w, n, k, y, lora: { block, s }, rowsHint });
  if (rowsHint !== undefined) return;
  const gradients = { a: view(), b: view() };
  loraUpBackward(e, { dy: y, s, lora: block, gradients, ds, n });
  loraDownBackward(e, { ds, x, k, lora: block, gradients });
  linearBackward(e, { dy: y, w, n, k, dx: matrix(k), lora: { block, ds } });
  linearForward(e, { x, w, n: 768, k, y, dims: 1 });
}

function keys(rows: readonly number[], software = false, rowsHint?: number): string[] {
  const e = builder(rows, software);
  emit(e, rowsHint);
  return [...e.sites.keys()];
}

test('on hardware a choice counts for about as many rows as it was made for', () => {
  const short = keys([128, 64]);
  expect(short).toContain('linear-forward 1024x512 f16 to-384');
  expect(short).toContain('linear-backward 1024x512 f16 to-384');
  expect(short).toContain('lora-gradient 1024x16 f32 to-384');
  // The head's chunk has fewer.
  expect(short).toContain('linear-forward 768x512 f16 to-96');
  const same = keys([300, 96]);
  expect(same).toEqual(short);
  for (const rows of [1024, 2048, 96]) {
    const other = keys([rows, rows]);
    expect(other).toHaveLength(short.length);
    expect(other.filter((key) => short.includes(key) && !key.includes('768'))).toEqual([]);
  }
  expect(keys([2048, 64])).toContain('linear-forward 1024x512 f16 over-1536');
});

test('in generation the rows that are expected count', () => {
  expect(keys([2048, 1], false, 64)).toContain('linear-forward 1024x512 f16 to-96');
  expect(keys([2048, 1], false, 1)).toContain('linear-forward 1024x512 f16 few');
});

test('in software one choice counts for all', () => {
  expect(keys([128, 64], true)).toEqual(keys([2048, 1024], true));
  expect(keys([128, 64], true)).toContain('linear-forward 1024x512 f16 many');
});

test('what is emitted again takes the choice under the key it was met by', () => {
  const e = builder([1024, 320]);
  emit(e);
  expect(e.sites.size).toBeGreaterThan(5);
  for (const { key, variants, emit: again } of e.sites.values()) {
    const last = variants[variants.length - 1];
    const one = builder([1024, 320], false, { [key]: last });
    again(one);
    expect(one.chosen[key], key).toBe(last);
  }
});
