import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { smolLM2 } from '../../../../src/bench/random-model.ts';
import { createPlainEngine } from '../../../../src/engine/plain/engine.ts';
import { plainPlan } from '../../../../src/engine/plain/plan.ts';
import { openWasm } from '../../../../src/gpu/wasm.ts';
import { trainableParameters } from '../../../../src/methods/parameters.ts';
import { ADAMW } from '../../../../src/ops/adamw.ts';

/** The plan of a run without WebGPU beside what WebAssembly's allocator gives out for it. */

beforeAll(async () => {
  await openWasm(1);
});

/** Counts the bytes that are given out and not yet taken back, and the most there were. */
function countBytes() {
  const { wasm } = tf.backend() as unknown as {
    wasm: { _malloc(bytes: number): number; _free(address: number): void };
  };
  const [malloc, free] = [wasm._malloc, wasm._free];
  const sizes = new Map<number, number>();
  const count = { live: 0, most: 0, end: () => Object.assign(wasm, { _malloc: malloc, _free: free }) };
  wasm._malloc = (bytes) => {
    const address = malloc(bytes);
    // It is freed by its address without a sign.
    sizes.set(address >>> 0, bytes);
    count.live += bytes;
    count.most = Math.max(count.most, count.live);
    return address;
  };
  wasm._free = (address) => {
    count.live -= sizes.get(address) ?? 0;
    sizes.delete(address);
    free(address);
  };
  return count;
}

test.each([
  [1, 96],
  [4, 48],
])('a step of %i rows of %i tokens takes what was planned', async (rows, length) => {
  const model = smolLM2({ layers: 3, vocab: 2048 });
  const shape = { maxRows: rows, maxLength: length };
  const engine = await createPlainEngine(model.config, model.base, model.lora, shape, 1);
  const ids = Int32Array.from({ length: rows * length }, (_, i) => 5 + (i % 300));
  const batch = { rows, length, ids, labels: ids, lengths: new Int32Array(rows).fill(length) };
  const settings = { ...ADAMW, learningRate: 1e-3, weightDecay: 0, clip: 1 };
  // The first products pack the weights.
  await engine.step([batch], 1, settings);
  const count = countBytes();
  await engine.step([batch], 2, settings);
  count.end();
  const adapter = 4 * trainableParameters(model.modules, model.lora);
  const { activation } = plainPlan(model.config, 0, adapter, shape);
  expect(count.most / activation).toBeGreaterThan(0.9);
  expect(count.most / activation).toBeLessThan(1.1);
  const { base_bytes, peak_bytes, plan_bytes } = engine.memory();
  expect(base_bytes).toBeGreaterThan(1.9 * 4 * 2 * 3 * 576 * (2 * 576 + 2 * 192 + 3 * 1536));
  expect(peak_bytes).toBeGreaterThan(base_bytes + count.most);
  expect(plan_bytes).toBeGreaterThan(base_bytes + activation);
  await engine.dispose();
});
