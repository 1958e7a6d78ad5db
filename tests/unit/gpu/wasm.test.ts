import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { InOrder } from '../../../src/engine/in-order.ts';
import { openWasm, withoutWasmErrors } from '../../../src/gpu/wasm.ts';

interface Backend {
  makeOutput(shape: number[], dtype: string): tf.TensorInfo;
}

describe('a full memory of WebAssembly', () => {
  beforeAll(async () => {
    await openWasm();
    // A second opening leaves one guard.
    await openWasm();
  });

  test('is an error in words, and what was there before stays right', () => {
    const kept = tf.tensor1d([1, 2, 3]);
    const backend = tf.backend() as unknown as Backend;
    // Neither is ever written to, so that the machine need not have that much.
    const half = () => backend.makeOutput([600_000_000], 'float32');
    half();
    expect(half).toThrow(
      expect.objectContaining({
        code: 'wasm-full',
        message: expect.stringContaining('WebAssembly has used up its memory'),
      }),
    );
    expect([...tf.add(kept, kept).dataSync()]).toEqual([2, 4, 6]);
  });

  test.each([
    ['an abort', new WebAssembly.RuntimeError('Aborted(). Build with -sASSERTIONS for more info.')],
    ['a trap', new WebAssembly.RuntimeError('memory access out of bounds')],
    ['an array that cannot be had', new RangeError('Array buffer allocation failed')],
  ])('%s of the runtime reaches nobody in the runtime’s words', async (_, thrown) => {
    const queue = new InOrder(withoutWasmErrors);
    const failing = queue.run(() => Promise.reject(thrown));
    await expect(failing).rejects.toMatchObject({ code: 'wasm-full', cause: thrown });
    expect(await queue.run(async () => 'next')).toBe('next');
  });

  test('any other error stays as it is', async () => {
    const error = new RangeError('Invalid count value: -1');
    expect(withoutWasmErrors(error)).toBe(error);
  });
});
