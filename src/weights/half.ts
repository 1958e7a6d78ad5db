/** IEEE half precision and bfloat16, to and from float32. */

const words = new Uint32Array(1);
const float = new Float32Array(words.buffer);

let halfTable: Float32Array | null = null;

/** The 65,536 values of IEEE half precision, by bit pattern. */
export function halfValues(): Float32Array {
  if (halfTable) return halfTable;
  halfTable = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    halfTable[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return halfTable;
}

/** Bits of the half nearest to a float32 value; ties go to the even one, what is too large to ±∞. */
export function toHalf(value: number): number {
  float[0] = value;
  return halfOfBits(words[0]);
}

/** Bits of the half nearest to the float32 value with these bits; ties to even. */
export function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds up to 2^16
  if (magnitude >= 0x38800000) {
    // Normal half: rebias the exponent, keep 10 fraction bits, round to nearest even on the 13 dropped.
    return sign | ((magnitude - 0x38000000 + 0x0fff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign; // below half of the smallest subnormal
  // Subnormal half: the significand, with its hidden bit, in units of 2^-24.
  const shift = 126 - (magnitude >>> 23);
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const kept = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && kept & 1) ? 1 : 0));
}

/** float32 → half, rounding to nearest even. `target`: where to write (same length). */
export function floatsToHalves(values: Float32Array, target = new Uint16Array(values.length)): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) target[i] = halfOfBits(bits[i]);
  return target;
}

export function halvesToFloats(halves: Uint16Array, target = new Float32Array(halves.length)): Float32Array {
  const table = halfValues();
  for (let i = 0; i < halves.length; i++) target[i] = table[halves[i]];
  return target;
}

export function bfloatsToFloats(values: Uint16Array, target = new Float32Array(values.length)): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < values.length; i++) bits[i] = values[i] << 16;
  return target;
}
