import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bfloatsFitHalf,
  bfloatsToHalves,
  decodeToFloats,
  refuseNotFiniteHalves,
} from '../../../src/weights/convert.ts';
import {
  bfloatsToFloats,
  floatsToHalves,
  halfValues,
  halvesToFloats,
  toHalf,
} from '../../../src/weights/half.ts';

const bits = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe('half precision', () => {
  test('every half comes back from its float', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = floatsToHalves(halvesToFloats(all));
    for (let i = 0; i < 65536; i++) {
      const notANumber = (i & 0x7c00) === 0x7c00 && (i & 1023) !== 0;
      if (!notANumber) expect(back[i]).toBe(i);
    }
  });

  test('rounding: nearest, ties to even, at every magnitude', () => {
    const table = halfValues();
    // Between each pair of neighbours: just below the middle, the middle, just above.
    for (let low = 0; low < 0x7bff; low++) {
      const middle = (table[low] + table[low + 1]) / 2;
      expect(toHalf(middle)).toBe(low % 2 === 0 ? low : low + 1);
      expect(toHalf(table[low] * 0.51 + table[low + 1] * 0.49)).toBe(low);
      expect(toHalf(-(table[low] * 0.49 + table[low + 1] * 0.51))).toBe(0x8000 | (low + 1));
    }
  });

  test.each([
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [1e30, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 1],
    [2 ** -24, 1],
    [1e-40, 0],
    [-0, 0x8000],
  ])('%f', (value, expected) => expect(toHalf(value)).toBe(expected));

  test('NaN stays NaN', () => expect(halfValues()[toHalf(Number.NaN)]).toBeNaN());
});

describe('bfloat16', () => {
  test('is the upper half of a float32', () => {
    expect([...bfloatsToFloats(Uint16Array.of(0x3f80, 0xc040, 0x0001))]).toEqual([1, -3, 2 ** -133]);
  });
  test('fits half exactly where no bit is lost', () => {
    expect(bfloatsFitHalf(Uint16Array.of(0x3f80, 0x0000, 0x8000, 0x477f))).toBe(true);
    expect(bfloatsFitHalf(Uint16Array.of(0x3f80, 0x4780))).toBe(false); // 65536
    expect(bfloatsFitHalf(Uint16Array.of(0x3380))).toBe(true); // 2^-24
    expect(bfloatsFitHalf(Uint16Array.of(0x33c0))).toBe(false); // 1.5 · 2^-24
    expect(bfloatsFitHalf(Uint16Array.of(0x0001))).toBe(false);
    const fitting = Uint16Array.of(0x3f80, 0x3380, 0xc2f7);
    expect(halvesToFloats(bfloatsToHalves(fitting))).toEqual(bfloatsToFloats(fitting));
  });
});

describe('decodeToFloats', () => {
  test('reads from any byte offset', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 20 }),
        fc.nat(3),
        (list, shift) => {
          const values = Float32Array.from(list);
          const shifted = new Uint8Array(values.byteLength + shift);
          shifted.set(bits(values), shift);
          expect(decodeToFloats(shifted.subarray(shift), 'F32', 't')).toEqual(values);
        },
      ),
    );
  });
  test('F2: NaN and infinity are refused by the tensor’s name', () => {
    expect(() => decodeToFloats(bits(Float32Array.of(1, Number.NaN)), 'F32', 'model.norm.weight')).toThrow(
      /model\.norm\.weight.*position 1/,
    );
    expect(() => decodeToFloats(Uint8Array.of(0, 0x7c), 'F16', 'a')).toThrow(/tensor a/);
    expect(() => decodeToFloats(Uint8Array.of(0x80, 0xff), 'BF16', 'a')).toThrow(/tensor a/);
    expect(() => refuseNotFiniteHalves(Uint16Array.of(1, 0xfe00), 'F16', 'b')).toThrow(/tensor b/);
    expect(() => refuseNotFiniteHalves(Uint16Array.of(0x7bff, 0x7f7f & 0x7bff), 'F16', 'b')).not.toThrow();
  });
});
