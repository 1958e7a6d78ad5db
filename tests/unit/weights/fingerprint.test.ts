import { expect, test } from 'vitest';
import { tinyModel } from '../../../src/bench/random-model.ts';
import { fingerprint } from '../../../src/weights/fingerprint.ts';
import type { ModelSource } from '../../../src/weights/source.ts';

/** A dropped model, with one byte of one tensor changed where that is asked for. */
function folder(changed: { name: string; at: number } | null = null): ModelSource {
  const { source } = tinyModel();
  return {
    ...source,
    kind: 'folder',
    async read(name, begin, end) {
      const bytes = Uint8Array.from({ length: end - begin }, (_, i) => (begin + i) % 251);
      if (changed?.name === name && begin <= changed.at && changed.at < end) bytes[changed.at - begin] ^= 1;
      return bytes;
    },
  };
}

test('one bit anywhere in the weights makes another fingerprint', async () => {
  const name = 'model.layers.1.mlp.down_proj.weight';
  const { bytes } = folder().tensors.get(name)!;
  const plain = await fingerprint(folder());
  expect(plain).toMatch(/^[0-9a-f]{64}$/);
  expect(await fingerprint(folder())).toBe(plain);
  for (const at of [0, bytes >> 1, bytes - 1])
    expect(await fingerprint(folder({ name, at }))).not.toBe(plain);
});

test('what the hub or the build pins needs none', () => {
  for (const kind of ['hub', 'bundled'] as const) expect(fingerprint({ ...folder(), kind })).toBeNull();
});
