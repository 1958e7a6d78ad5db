// One row of X with rows of W as they are held: codes are multiplied as they are read, and scaled by runs. With codes
// w = d·q + m a run of the sum is d·Σ q·x + m·Σ x, of which Σ x is the same for all rows of W.
import { dot, madd, sum4 } from './simd';
import { blockOf, dataAt, F16, F32, floatScales, half4, partOf, Q4, Q8, rowAt, scalesOf, strideOf, typeOf } from './weight';

/** Values that one step reads; each run is a multiple of it. */
const STEP = 16;

/** X for `rowDot`: of each 16 values those in even places, then those in odd places; behind them Σ of each 16. */
export function prepareRow(x: usize, k: i32, out: usize): void {
  const sums = out + (<usize>k << 2);
  for (let c = 0; c + STEP <= k; c += STEP) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const e = v128.load(x, 32);
    const f = v128.load(x, 48);
    v128.store(out, i32x4.shuffle(a, b, 0, 2, 4, 6));
    v128.store(out, i32x4.shuffle(e, f, 0, 2, 4, 6), 16);
    v128.store(out, i32x4.shuffle(a, b, 1, 3, 5, 7), 32);
    v128.store(out, i32x4.shuffle(e, f, 1, 3, 5, 7), 48);
    store<f32>(sums + (<usize>(c / STEP) << 2), sum4(f32x4.add(f32x4.add(a, b), f32x4.add(e, f))));
    x += 64;
    out += 64;
  }
}

/** x · row of W, over `k` values; `prepared` is X as `prepareRow` makes it, `room` holds a row of floats. */
export function rowDot(w: usize, row: i32, x: usize, prepared: usize, k: i32, room: usize): f32 {
  const part = partOf(w, row);
  const type = typeOf(part);
  if (type == F32) return dot(x, rowAt(w, row, 0, k, room), k);
  const at = dataAt(w, part, row);
  if (type == F16) return dotHalves(data(part, at << 1), x, k);
  if (type == Q4) return dotCodes(true, part, at, prepared, prepared + (<usize>k << 2), k);
  if (type == Q8) return dotCodes(false, part, at, x, prepared + (<usize>k << 2), k);
  return dot(x, rowAt(w, row, 0, k, room), k);
}

@inline function data(part: usize, bytes: usize): usize { return load<usize>(part, 8) + bytes; }

function dotHalves(from: usize, x: usize, k: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let c = 0;
  for (; c + 8 <= k; c += 8) {
    const h = v128.load(from);
    s0 = madd(half4(i32x4.extend_low_i16x8_u(h)), v128.load(x), s0);
    s1 = madd(half4(i32x4.extend_high_i16x8_u(h)), v128.load(x, 16), s1);
    from += 16;
    x += 32;
  }
  let sum = sum4(f32x4.add(s0, s1));
  for (; c < k; c++) {
    sum += f32x4.extract_lane(half4(i32x4.splat(load<u16>(from))), 0) * load<f32>(x);
    from += 2;
    x += 4;
  }
  return sum;
}

/** Codes of four bits (unsigned, two to a byte) or of eight (signed). */
@inline
function dotCodes(four: bool, part: usize, at: usize, x: usize, sums: usize, k: i32): f32 {
  const block = blockOf(part);
  const floats = floatScales(part);
  const first = at / <usize>block;
  let codes = four ? data(part, at >> 1) : data(part, at);
  let scales = scalesOf(part) + (first << (floats ? 3 : 2));
  let total = f32x4.splat(0);
  let offsets: f32 = 0;
  for (let c = 0; c < k; c += block) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let sum: f32 = 0;
    for (let i = 0; i < block; i += STEP) {
      let low: v128;
      let high: v128;
      if (four) {
        const bytes = v128.load64_zero(codes);
        low = i16x8.extend_low_i8x16_u(v128.and(bytes, i8x16.splat(15)));
        high = i16x8.extend_low_i8x16_u(i8x16.shr_u(bytes, 4));
        codes += 8;
      } else {
        const bytes = v128.load(codes);
        low = i16x8.extend_low_i8x16_s(bytes);
        high = i16x8.extend_high_i8x16_s(bytes);
        codes += 16;
      }
      s0 = madd(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), v128.load(x), s0);
      s1 = madd(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), v128.load(x, 16), s1);
      s2 = madd(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), v128.load(x, 32), s2);
      s3 = madd(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), v128.load(x, 48), s3);
      sum += load<f32>(sums);
      x += 64;
      sums += 4;
    }
    const both = floats ? v128.load64_zero(scales) : half4(i32x4.extend_low_i16x8_u(v128.load32_zero(scales)));
    const d = i32x4.shuffle(both, both, 0, 0, 0, 0);
    total = madd(d, f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), total);
    offsets += f32x4.extract_lane(both, 1) * sum;
    scales += floats ? 8 : 4;
  }
  return sum4(total) + offsets;
}
