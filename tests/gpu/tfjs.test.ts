import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { openGpu, requestAdapter } from '../../src/gpu/device.ts';
import { readBack } from '../../src/gpu/launcher.ts';
import { closeTfjs, openTfjs } from '../../src/gpu/tfjs.ts';
import '@tensorflow/tfjs-backend-webgpu';

test('tfjs computes on our device, and our commands stand in order with its own', async () => {
  const adapter = (await requestAdapter(navigator.gpu))!;
  const gpu = await openGpu(adapter);
  gpu.stream = await openTfjs(gpu.device, adapter.info);
  const before = gpu.buffers.live;
  const view = gpu.memory.allocate('numbers', 32, 'other');
  gpu.device.queue.writeBuffer(view.buffer, 0, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  const ours = tf.tensor({ buffer: view.buffer, zeroCopy: true } as never, [8], 'float32');
  const doubled = tf.mul(ours, 2);
  // Behind the product on the same encoder: it must still see the old numbers.
  gpu.stream.encoder().clearBuffer(view.buffer);
  expect([...(await doubled.data())]).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
  expect([...new Float32Array(await readBack(gpu, view))]).toEqual(new Array(8).fill(0));
  expect(gpu.buffers.live).toBeGreaterThan(before);
  expect(gpu.failure).toBeNull();
  closeTfjs();
  gpu.device.destroy();
});
