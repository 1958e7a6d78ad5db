// A matrix as it is held, row by row as floats. Its description, in words: number of parts, floats or codes between
// rows, then for each part: end (row after its last), type, data, scales, values a scale, 1 where scales are floats.
// Parts are ranges of rows, one after another. How each type lies: src/weights/repack.ts.

export const F32 = 0;
export const F16 = 1;
export const Q8 = 2;
export const Q4 = 3;
export const PART = 24;

/** NF4's sixteen values as four tables of bytes, lowest first. */
const NF4 = memory.data<u8>([
  0x00, 0xb1, 0x30, 0xa0, 0x4d, 0x3f, 0x71, 0x00, 0xff, 0xe3, 0xdd, 0x3a, 0xb8, 0xab, 0xb3, 0x00,
  0x00, 0x39, 0x6b, 0x32, 0xa2, 0x35, 0x78, 0x00, 0xfa, 0xca, 0x04, 0x03, 0xa4, 0x07, 0x13, 0x00,
  0x80, 0x32, 0x06, 0xca, 0x91, 0x3d, 0xba, 0x00, 0xa2, 0x24, 0x7c, 0xad, 0xe1, 0x10, 0x39, 0x80,
  0xbf, 0xbf, 0xbf, 0xbe, 0xbe, 0xbe, 0xbd, 0x00, 0x3d, 0x3e, 0x3e, 0x3e, 0x3e, 0x3f, 0x3f, 0x3f,
], 16);

/** Halves as floats: shifting the exponent's bits makes 2⁻¹¹² of the value, also of subnormal ones. */
@inline
export function half4(h: v128): v128 {
  const sign = i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16);
  const rest = i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13);
  return v128.or(f32x4.mul(rest, f32x4.splat(5.192296858534828e33)), sign);
}

function half(h: u32): f32 {
  return f32x4.extract_lane(half4(i32x4.splat(h)), 0);
}

@inline
function scaled(codes: v128, d: v128, m: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(codes), d), m);
}

/** Sixteen codes of a signed byte each. */
@inline
function write16(bytes: v128, d: v128, m: v128, out: usize): void {
  const low = i16x8.extend_low_i8x16_s(bytes);
  const high = i16x8.extend_high_i8x16_s(bytes);
  v128.store(out, scaled(i32x4.extend_low_i16x8_s(low), d, m));
  v128.store(out, scaled(i32x4.extend_high_i16x8_s(low), d, m), 16);
  v128.store(out, scaled(i32x4.extend_low_i16x8_s(high), d, m), 32);
  v128.store(out, scaled(i32x4.extend_high_i16x8_s(high), d, m), 48);
}

/** Sixteen 4-bit codes of eight bytes, in order. */
@inline
function nibbles(at: usize): v128 {
  const bytes = v128.load64_zero(at);
  const low = v128.and(bytes, i8x16.splat(15));
  const high = i8x16.shr_u(bytes, 4);
  return i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function writeNf4(codes: v128, d: v128, out: usize): void {
  const b0 = i8x16.swizzle(v128.load(NF4), codes);
  const b1 = i8x16.swizzle(v128.load(NF4, 16), codes);
  const b2 = i8x16.swizzle(v128.load(NF4, 32), codes);
  const b3 = i8x16.swizzle(v128.load(NF4, 48), codes);
  const low0 = i8x16.shuffle(b0, b1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const low1 = i8x16.shuffle(b0, b1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const high0 = i8x16.shuffle(b2, b3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const high1 = i8x16.shuffle(b2, b3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128.store(out, f32x4.mul(i16x8.shuffle(low0, high0, 0, 8, 1, 9, 2, 10, 3, 11), d));
  v128.store(out, f32x4.mul(i16x8.shuffle(low0, high0, 4, 12, 5, 13, 6, 14, 7, 15), d), 16);
  v128.store(out, f32x4.mul(i16x8.shuffle(low1, high1, 0, 8, 1, 9, 2, 10, 3, 11), d), 32);
  v128.store(out, f32x4.mul(i16x8.shuffle(low1, high1, 4, 12, 5, 13, 6, 14, 7, 15), d), 48);
}

/** Floats between rows. */
@inline
export function strideOf(w: usize): i32 {
  return load<i32>(w, 4);
}

/** Whether all rows lie there as floats. */
export function isFloat(w: usize): bool {
  return load<i32>(w) == 1 && load<i32>(w, 12) == F32;
}

/** The part that a row lies in. */
export function partOf(w: usize, row: i32): usize {
  let part = w + 8;
  while (row >= load<i32>(part)) part += PART;
  return part;
}

@inline export function typeOf(part: usize): i32 { return load<i32>(part, 4); }
@inline export function scalesOf(part: usize): usize { return load<usize>(part, 12); }
@inline export function blockOf(part: usize): i32 { return load<i32>(part, 16); }
@inline export function floatScales(part: usize): bool { return load<i32>(part, 20) != 0; }

/** Where a row begins among the values of its part. */
export function dataAt(w: usize, part: usize, row: i32): usize {
  const begin = part == w + 8 ? 0 : load<i32>(part - PART);
  return <usize>(row - begin) * <usize>strideOf(w);
}

/**
 * Columns [column, column + n) of a row: where they are where they are floats, else decoded to `out`. Of a matrix of
 * codes `column` and `n` are multiples of 16, and of the values that share a scale or less than one of those.
 */
export function rowAt(w: usize, row: i32, column: i32, n: i32, out: usize): usize {
  const part = partOf(w, row);
  const type = typeOf(part);
  const at = dataAt(w, part, row) + <usize>column;
  const data = load<usize>(part, 8);
  if (type == F32) return data + (at << 2);
  if (type == F16) {
    decodeHalves(data + (at << 1), n, out);
    return out;
  }
  const scales = scalesOf(part);
  const block = blockOf(part);
  const floats = floatScales(part);
  for (let c = 0; c < n; c += 16) {
    const i = at + <usize>c;
    const b = i / <usize>block;
    const to = out + (<usize>c << 2);
    if (type > Q4) {
      writeNf4(nibbles(data + (i >> 1)), v128.load_splat<f32>(scales + (b << 2)), to);
      continue;
    }
    let d: f32;
    let m: f32;
    if (floats) {
      d = load<f32>(scales + (b << 3));
      m = load<f32>(scales + (b << 3), 4);
    } else {
      const both = load<u32>(scales + (b << 2));
      d = half(both & 0xffff);
      m = half(both >> 16);
    }
    const codes = type == Q8 ? v128.load(data + i) : nibbles(data + (i >> 1));
    write16(codes, f32x4.splat(d), f32x4.splat(m), to);
  }
  return out;
}

function decodeHalves(from: usize, n: i32, out: usize): void {
  for (let c = 0; c + 4 <= n; c += 4)
    v128.store(out + (<usize>c << 2), half4(i32x4.extend_low_i16x8_u(v128.load64_zero(from + (<usize>c << 1)))));
  for (let c = n & ~3; c < n; c++) store<f32>(out + (<usize>c << 2), half(load<u16>(from + (<usize>c << 1))));
}
