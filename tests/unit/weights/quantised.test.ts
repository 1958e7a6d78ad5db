import { describe, expect, test } from 'vitest';
import { decodeToFloats } from '../../../src/weights/convert.ts';
import { type BlockType, decodeBlocks } from '../../../src/weights/gguf/blocks.ts';
import { quantiseNf4, quantiseQ4_0, quantiseQ8_0 } from '../../../src/weights/quantise.ts';
import {
  layoutOf,
  NF4_LAYOUT,
  NF4_VALUES,
  packedWords,
  repackBlocks,
  unpackToFloats,
} from '../../../src/weights/repack.ts';
import { readJson } from '../read-fixture.ts';

/** Made by the gguf package: scripts/fixtures/weights/make_blocks.py. */
const fixture = (await readJson(new URL('./fixtures/blocks.json', import.meta.url))) as {
  decode: { type: BlockType; blocks: string; values: string }[];
  floats: string;
  encode: { type: 'Q8_0' | 'Q4_0'; blocks: string }[];
};
const bytes = (text: string) => Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
const floats = (text: string) => new Float32Array(bytes(text).buffer);

describe.each(fixture.decode)('$type', ({ type, blocks, values }) => {
  test('decodes to the values that ggml’s own package gives', () => {
    // + 0: theirs has −0 where ours has 0.
    const theirs = floats(values).map((x) => x + 0);
    expect(decodeBlocks(bytes(blocks), type).map((x) => x + 0)).toEqual(theirs);
    expect(decodeToFloats(bytes(blocks), type, 't').map((x) => x + 0)).toEqual(theirs);
  });
  test('keeps every value when repacked for the GPU', () => {
    const layout = layoutOf(type);
    const packed = repackBlocks(bytes(blocks), type, 't');
    expect({ codes: packed.codes.length, scales: packed.scales.length }).toEqual(
      packedWords(layout, floats(values).length),
    );
    const back = unpackToFloats(packed, layout);
    const theirs = floats(values);
    for (let i = 0; i < theirs.length; i++) {
      // Q6_K: half × int8 × 6 bits has 25 significant bits, one more than a float32.
      expect(Math.abs(back[i] - theirs[i])).toBeLessThanOrEqual(
        type === 'Q6_K' ? Math.abs(theirs[i]) * 2 ** -24 : 0,
      );
    }
  });
  test('F2: a scale that is NaN, infinite or too large is refused by the tensor’s name', () => {
    for (const half of [0x7c00, 0x7e00, 0x7bff]) {
      const damaged = bytes(blocks);
      const at = type === 'Q6_K' ? 208 : 0;
      damaged[at] = half & 255;
      damaged[at + 1] = half >> 8;
      const fits = half === 0x7bff && !['Q4_0', 'Q5_0'].includes(type);
      if (fits) expect(() => repackBlocks(damaged, type, 'blk')).not.toThrow();
      else expect(() => repackBlocks(damaged, type, 'blk')).toThrow(/tensor blk/);
    }
  });
});

describe('quantising', () => {
  const rows = floats(fixture.floats);
  test.each(fixture.encode)('$type gives ggml’s blocks', ({ type, blocks }) => {
    expect(type === 'Q8_0' ? quantiseQ8_0(rows) : quantiseQ4_0(rows)).toEqual(bytes(blocks));
  });
  test('NF4: each value goes to the nearest of the sixteen', () => {
    const back = unpackToFloats(quantiseNf4(rows), NF4_LAYOUT);
    for (let from = 0; from < rows.length; from += 64) {
      const block = rows.subarray(from, from + 64);
      const largest = block.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      for (const [j, x] of block.entries()) {
        const nearest = Math.min(...NF4_VALUES.map((value) => Math.abs(value * largest - x)));
        expect(Math.abs(back[from + j] - x)).toBeLessThanOrEqual(nearest * (1 + 1e-5) + largest * 1e-7);
      }
    }
  });
  test('zeros stay zero', () => {
    for (const packed of [quantiseQ8_0(new Float32Array(64)), quantiseQ4_0(new Float32Array(64))]) {
      expect(decodeBlocks(packed, packed.length === 68 ? 'Q8_0' : 'Q4_0').every((x) => x === 0)).toBe(true);
    }
    expect(unpackToFloats(quantiseNf4(new Float32Array(64)), NF4_LAYOUT).every((x) => x === 0)).toBe(true);
  });
});
