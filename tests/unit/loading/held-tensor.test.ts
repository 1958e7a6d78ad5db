import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { heldTensor } from '../../../src/loading/held-tensor.ts';
import type { ModelSource } from '../../../src/weights/source.ts';
import { openFixture } from '../model/fixture.ts';

test('auto keeps bfloat16 values of a layer that is stored [in, out]', async () => {
  const { config } = await openFixture((file) =>
    readFile(new URL(`../model/fixtures/gpt2/${file}`, import.meta.url)),
  );
  const name = 'transformer.h.0.attn.c_attn.weight';
  const shape = [4, 8];
  // Below and above what half precision has, and between two of its values.
  const values = [1, 2 ** -30, 3 * 2 ** 15, 2 ** -19 + 2 ** -26];
  const words = Uint16Array.from({ length: 32 }, (_, i) => {
    return new Uint32Array(Float32Array.of(values[i % 4]).buffer)[0] >>> 16;
  });
  const source = {
    tensors: new Map([[name, { name, stored: 'BF16', shape, bytes: 64 }]]),
    read: async (_: string, begin: number, end: number) => new Uint8Array(words.buffer.slice(begin, end)),
  } as unknown as ModelSource;
  const held = await heldTensor(source, config, name, 'auto');
  expect([...held.subarray(0, 4)]).toEqual(values);
  await expect(heldTensor(source, config, name, 'f16')).rejects.toMatchObject({ code: 'does-not-fit' });
});
