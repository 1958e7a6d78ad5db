import { at, int } from './arguments';
import { strengthOf } from './dims';
import { loraA, loraB, loraParts, loraRank, loraScale, partBegin, partEnd } from './linear';
import { BY_COLUMNS, PANELS, product, share } from './product';
import { dataAt, half4, partOf, Q4, rowAt, scalesOf, typeOf } from './weight';

/** Rows and columns of W that are decoded at once: half the room behind the panels. */
const ROWS = 32;
const COLUMNS = 1024;
/** Values that share a scale. */
const BLOCK = 32;

/** dims, w, row0, n, k, out, lora */
export function mergeRounded(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const n = int(args, 3);
  const lora = at(args, 6);
  const end = share(n, ROWS, thread + 1, threads);
  for (let j = share(n, ROWS, thread, threads); j < end; j += ROWS) {
    const last = min(end, j + ROWS);
    if (!lora) {
      merge(args, j, last, 0, scratch);
      continue;
    }
    for (let p = 0; p < loraParts(lora); p++) {
      const from = max(j, partBegin(lora, p));
      const to = min(last, partEnd(lora, p));
      if (from < to) merge(args, from, to, p, scratch);
    }
  }
}

/** Rows [from, to), which are in one part. */
function merge(args: usize, from: i32, to: i32, part: i32, scratch: usize): void {
  const w = at(args, 1);
  const row0 = int(args, 2);
  const k = int(args, 4);
  const out = at(args, 5);
  const lora = at(args, 6);
  const room = scratch + PANELS;
  for (let column = 0; column < k; column += COLUMNS) {
    const cols = min(COLUMNS, k - column);
    const bytes = <usize>cols << 2;
    for (let j = from; j < to; j++) {
      const into = room + <usize>(j - from) * bytes;
      const row = rowAt(w, row0 + j, column, cols, into);
      if (row != into) memory.copy(into, row, bytes);
    }
    if (lora) {
      const rank = loraRank(lora);
      product(
        BY_COLUMNS, rowAt(loraB(lora), from, 0, rank, 0), <usize>rank << 2, 4, loraA(lora), part * rank, column, rank,
        strengthOf(at(args, 0)) * loraScale(lora), room, bytes, room, bytes, 0, 0, to - from, 0, cols, scratch,
      );
    }
    for (let j = from; j < to; j++) writeRow(out, row0 + j, column, room + <usize>(j - from) * bytes, cols);
  }
}

/** Columns [column, column + n) of a row of `out`, block by block. */
function writeRow(out: usize, row: i32, column: i32, values: usize, n: i32): void {
  const part = partOf(out, row);
  const first = dataAt(out, part, row) + <usize>column;
  const data = load<usize>(part, 8);
  const scales = scalesOf(part);
  const four = typeOf(part) == Q4;
  for (let c = 0; c < n; c += BLOCK) {
    const i = first + <usize>c;
    const scale = scales + ((i / BLOCK) << 2);
    const from = values + (<usize>c << 2);
    if (four) q4(from, data + (i >> 1), scale);
    else q8(from, data + i, scale);
  }
}

/** The largest magnitude of a block; not a number where a value is none. */
function largest(values: usize): f32 {
  let most = f32x4.abs(v128.load(values));
  for (let i: usize = 16; i < 4 * BLOCK; i += 16) most = f32x4.max(most, f32x4.abs(v128.load(values + i)));
  return max<f32>(
    max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
}

/** Q8_0: d = max |x| / 127, codes x / d rounded half away from zero. */
function q8(values: usize, codes: usize, scale: usize): void {
  const d = largest(values) / 127;
  store<u32>(scale, half(d));
  const inverse = f32x4.splat(d == 0 ? 0 : 1 / d);
  v128.store(codes, i8x16.narrow_i16x8_s(signed8(values, inverse), signed8(values + 32, inverse)));
  v128.store(codes, i8x16.narrow_i16x8_s(signed8(values + 64, inverse), signed8(values + 96, inverse)), 16);
}

@inline
function signed8(values: usize, inverse: v128): v128 {
  return i16x8.narrow_i32x4_s(signed4(v128.load(values), inverse), signed4(v128.load(values, 16), inverse));
}

@inline
function signed4(values: v128, inverse: v128): v128 {
  const scaled = f32x4.mul(values, inverse);
  // The half with the sign of the value: cutting then rounds away from zero.
  const sign = v128.and(scaled, i32x4.splat(0x80000000));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(scaled, v128.or(sign, f32x4.splat(0.5))));
}

/** Q4_0: d = (the first value of the largest magnitude) / −8, codes x / d + 8.5 cut to 0 … 15; value = d · code − 8d. */
function q4(values: usize, codes: usize, scale: usize): void {
  const most = largest(values);
  let extreme = most;
  for (let i: usize = 0; i < 4 * BLOCK; i += 4) {
    const value = load<f32>(values + i);
    if (abs<f32>(value) != most) continue;
    extreme = value;
    break;
  }
  const d = extreme / -8;
  const held = half(d);
  store<u32>(scale, held | (half(-8 * valueOf(held)) << 16));
  const inverse = f32x4.splat(d == 0 ? 0 : 1 / d);
  store<u64>(codes, nibbles(values, inverse));
  store<u64>(codes, nibbles(values + 64, inverse), 8);
}

/** Sixteen codes of four bits, in order. */
@inline
function nibbles(values: usize, inverse: v128): u64 {
  const low = i16x8.narrow_i32x4_s(
    unsigned4(v128.load(values), inverse), unsigned4(v128.load(values, 16), inverse),
  );
  const high = i16x8.narrow_i32x4_s(
    unsigned4(v128.load(values, 32), inverse), unsigned4(v128.load(values, 48), inverse),
  );
  // Two bytes of a code each are one byte of two.
  const bytes = i8x16.narrow_i16x8_u(low, high);
  const pairs = v128.and(v128.or(bytes, i16x8.shr_u(bytes, 4)), i16x8.splat(0x00ff));
  return i64x2.extract_lane(i8x16.narrow_i16x8_u(pairs, pairs), 0);
}

@inline
function unsigned4(values: v128, inverse: v128): v128 {
  const scaled = f32x4.add(f32x4.mul(values, inverse), f32x4.splat(8.5));
  return i32x4.min_s(i32x4.trunc_sat_f32x4_s(scaled), i32x4.splat(15));
}

function valueOf(held: u32): f32 {
  return f32x4.extract_lane(half4(i32x4.splat(held)), 0);
}

/** Bits of the half nearest to a value; ties to the even one, what is too large to ±∞. */
function half(value: f32): u32 {
  const bits = reinterpret<u32>(value);
  const sign = (bits >> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000)
    return sign | ((magnitude - 0x38000000 + 0x0fff + ((magnitude >> 13) & 1)) >> 13);
  if (magnitude < 0x33000000) return sign;
  // A subnormal half: the significand in units of 2⁻²⁴.
  const shift = 126 - (magnitude >> 23);
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const kept = significand >> shift;
  const rest = significand & ((1 << shift) - 1);
  const middle: u32 = 1 << (shift - 1);
  return sign | (kept + (rest > middle || (rest == middle && (kept & 1) != 0) ? 1 : 0));
}
