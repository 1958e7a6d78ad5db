import * as tf from '@tensorflow/tfjs-core';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect, test } from 'vitest';
import { InOrder } from '../../../src/engine/in-order.ts';
import { openWasm, WASM_BYTES, withoutWasmErrors } from '../../../src/gpu/wasm.ts';

interface Backend {
  wasm: { HEAPU8: Uint8Array; _malloc(bytes: number): number; _free(address: number): void };
  makeOutput(shape: number[], dtype: string): tf.TensorInfo;
  disposeData(id: object): boolean;
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
    const outputs: tf.TensorInfo[] = [];
    const fill = () => {
      for (let i = 0; i < 2; i++) outputs.push(backend.makeOutput([600_000_000], 'float32'));
    };
    expect(fill).toThrow(
      expect.objectContaining({
        code: 'wasm-full',
        message: expect.stringContaining('WebAssembly has used up its memory'),
      }),
    );
    expect([...tf.add(kept, kept).dataSync()]).toEqual([2, 4, 6]);
    for (const { dataId } of outputs) backend.disposeData(dataId);
    kept.dispose();
  });

  test.each([700e6, 300e6, 20e6])(
    'blocks of %i bytes and smaller ones lie beside each other, within it',
    (size) => {
      const { wasm } = tf.backend() as unknown as Backend;
      const blocks = new Map<number, number>();
      const take = (bytes: number) => {
        try {
          blocks.set(wasm._malloc(bytes) >>> 0, bytes);
          return true;
        } catch (error) {
          expect(error).toMatchObject({ code: 'wasm-full' });
          return false;
        }
      };
      const misplaced = () => {
        const sorted = [...blocks].sort(([a], [b]) => a - b);
        return sorted.filter(
          ([at, bytes], i) => at + bytes > (sorted[i + 1]?.[0] ?? Math.min(wasm.HEAPU8.length, WASM_BYTES)),
        );
      };
      while (take(size));
      expect(misplaced()).toEqual([]);
      const random = xoroshiro128plus(size);
      const below = (limit: number) => uniformInt(random, 0, limit - 1);
      for (let i = 0; i < 300; i++) {
        const address = [...blocks.keys()][below(blocks.size + 1)];
        if (address === undefined || below(2) === 0) take(1 + below(2 ** below(31)));
        else {
          wasm._free(address);
          blocks.delete(address);
        }
        expect(misplaced()).toEqual([]);
      }
      for (const address of blocks.keys()) wasm._free(address);
    },
  );

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
