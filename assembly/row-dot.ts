// One row of X with rows of W as they are held. Halves are multiplied as they are read. Codes w = d·q + m are multiplied
// as integers: X stands as x = δ·(2¹⁵·h + l), h and l of 16 bits, δ for each 32 values, which keeps every bit of a float
// but of values far below the largest of their 32. A run of the sum is d·δ·(2¹⁵·Σ q·h + Σ q·l) + m·Σ x, of which all but
// the codes is the same for every row of W.
import { dot, madd, sum4 } from './simd';
import { blockOf, dataAt, F16, floatScales, half4, PART, partOf, Q4, Q8, rowAt, scalesOf, strideOf, typeOf } from './weight';

/** Values that share a δ. */
const RUN = 32;
/** 2¹⁵·h + l is at most this: h = 2¹⁵ − 1, l = 0. */
const LARGEST: f32 = 1073709056;
/** The least δ: 1/δ and δ·d are numbers that a float holds whole. Values of 10⁻²⁷ and less lose bits by it. */
const LEAST: f32 = 1e-36;

/**
 * X for `rowDot`: of each 32 values h (of each 16 those in even places, then those in odd places), then l likewise;
 * behind them δ of each 32, then 0 and Σ of each 32, then 0 and Σ of each 16. 4.875 bytes a value.
 */
export function prepareRow(x: usize, k: i32, out: usize): void {
  let delta = deltasOf(out, k);
  let sum = sumsOf(out, k, RUN);
  let sum16 = sumsOf(out, k, RUN / 2);
  for (let c = 0; c + RUN <= k; c += RUN) {
    let most = f32x4.splat(0);
    for (let i: usize = 0; i < 128; i += 16) most = f32x4.max(most, f32x4.abs(v128.load(x + i)));
    const d = max(
      LEAST,
      max(
        max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
        max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
      ) / LARGEST,
    );
    const factor = f32x4.splat(1 / d);
    const first = split16(x, factor, out);
    const second = split16(x + 64, factor, out + 32);
    store<f32>(delta, d);
    store<u64>(sum, 0);
    store<f32>(sum, first + second, 4);
    store<u64>(sum16, 0);
    store<f32>(sum16, first, 4);
    store<u64>(sum16, 0, 8);
    store<f32>(sum16, second, 12);
    delta += 4;
    sum += 8;
    sum16 += 16;
    x += 128;
    out += 128;
  }
}

@inline function deltasOf(prepared: usize, k: i32): usize { return prepared + (<usize>k << 2); }

/** Σ of each `run` values, with a 0 before each. */
@inline
function sumsOf(prepared: usize, k: i32, run: i32): usize {
  const ofRuns = deltasOf(prepared, k) + <usize>(k / 8);
  return run == RUN ? ofRuns : ofRuns + <usize>(k / 4);
}

/** h and l of sixteen values; their sum. */
@inline
function split16(x: usize, factor: v128, out: usize): f32 {
  const a = v128.load(x);
  const b = v128.load(x, 16);
  const c = v128.load(x, 32);
  const d = v128.load(x, 48);
  const qa = integers(a, factor);
  const qb = integers(b, factor);
  const qc = integers(c, factor);
  const qd = integers(d, factor);
  const even0 = i32x4.shuffle(qa, qb, 0, 2, 4, 6);
  const even1 = i32x4.shuffle(qc, qd, 0, 2, 4, 6);
  const odd0 = i32x4.shuffle(qa, qb, 1, 3, 5, 7);
  const odd1 = i32x4.shuffle(qc, qd, 1, 3, 5, 7);
  v128.store(out, i16x8.narrow_i32x4_s(upper(even0), upper(even1)));
  v128.store(out, i16x8.narrow_i32x4_s(upper(odd0), upper(odd1)), 16);
  v128.store(out, i16x8.narrow_i32x4_s(lower(even0), lower(even1)), 64);
  v128.store(out, i16x8.narrow_i32x4_s(lower(odd0), lower(odd1)), 80);
  return sum4(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

@inline
function integers(values: v128, factor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(values, factor)));
}

/** h: the nearest multiple of 2¹⁵. */
@inline
function upper(q: v128): v128 {
  return i32x4.shr_s(i32x4.add(q, i32x4.splat(16384)), 15);
}

@inline
function lower(q: v128): v128 {
  return i32x4.sub(q, i32x4.shl(upper(q), 15));
}

/** Whether `rowDot` reads codes of any part of W as integers. */
export function readsIntegers(w: usize, k: i32): bool {
  if (k % RUN) return false;
  let part = w + 8;
  for (let p = 0; p < load<i32>(w); p++, part += PART)
    if (typeOf(part) == Q4 || typeOf(part) == Q8) return true;
  return false;
}

/** x · row of W, over `k` values; `prepared` is X as `prepareRow` makes it, `room` holds a row of floats. */
export function rowDot(w: usize, row: i32, x: usize, prepared: usize, k: i32, room: usize): f32 {
  const part = partOf(w, row);
  const type = typeOf(part);
  if (type == F16) return dotHalves(data(part, dataAt(w, part, row) << 1), x, k);
  if ((type == Q4 || type == Q8) && k % RUN == 0) {
    const at = dataAt(w, part, row);
    if (type == Q4) return dotCodes(true, part, at, prepared, k);
    return dotCodes(false, part, at, prepared, k);
  }
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

/** Codes of four bits (unsigned, two to a byte) or of eight (signed); two runs of a scale at a time. */
@inline
function dotCodes(four: bool, part: usize, at: usize, x: usize, k: i32): f32 {
  const floats = floatScales(part);
  const codes = four ? data(part, at >> 1) : data(part, at);
  const scales = scalesOf(part) + ((at / <usize>blockOf(part)) << (floats ? 3 : 2));
  if (blockOf(part) == RUN) return floats ? dot32(four, true, codes, scales, x, k) : dot32(four, false, codes, scales, x, k);
  return floats ? dot16(four, true, codes, scales, x, k) : dot16(four, false, codes, scales, x, k);
}

/** d and m of 32 codes each. */
@inline
function dot32(four: bool, floats: bool, codes: usize, scales: usize, x: usize, k: i32): f32 {
  let deltas = deltasOf(x, k);
  let sums = sumsOf(x, k, RUN);
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let offsets = s0;
  const bytes: usize = four ? RUN / 2 : RUN;
  let c = 0;
  for (; c + 2 * RUN <= k; c += 2 * RUN) {
    const dm = scalesAt(floats, scales);
    const delta = v128.load64_zero(deltas);
    const d = f32x4.mul(dm, i32x4.shuffle(delta, delta, 0, 0, 1, 1));
    s0 = madd(i32x4.shuffle(d, d, 0, 0, 0, 0), run32(four, codes, x), s0);
    s1 = madd(i32x4.shuffle(d, d, 2, 2, 2, 2), run32(four, codes + bytes, x + 4 * RUN), s1);
    offsets = madd(dm, v128.load(sums), offsets);
    codes += 2 * bytes;
    x += 8 * RUN;
    deltas += 8;
    sums += 16;
    scales += floats ? 16 : 8;
  }
  if (c < k) {
    const dm = floats ? v128.load64_zero(scales) : half4(i32x4.extend_low_i16x8_u(v128.load32_zero(scales)));
    const d = f32x4.splat(f32x4.extract_lane(dm, 0) * load<f32>(deltas));
    s0 = madd(d, run32(four, codes, x), s0);
    offsets = madd(dm, v128.load64_zero(sums), offsets);
  }
  return sum4(f32x4.add(s0, s1)) + sum4(offsets);
}

/** d and m of 16 codes each. */
@inline
function dot16(four: bool, floats: bool, codes: usize, scales: usize, x: usize, k: i32): f32 {
  let deltas = deltasOf(x, k);
  let sums = sumsOf(x, k, RUN / 2);
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let offsets = s0;
  const bytes: usize = four ? RUN / 4 : RUN / 2;
  for (let c = 0; c < k; c += RUN) {
    const dm = scalesAt(floats, scales);
    const d = f32x4.mul(dm, v128.load_splat<f32>(deltas));
    s0 = madd(i32x4.shuffle(d, d, 0, 0, 0, 0), run16(four, codes, x), s0);
    s1 = madd(i32x4.shuffle(d, d, 2, 2, 2, 2), run16(four, codes + bytes, x + RUN), s1);
    offsets = madd(dm, v128.load(sums), offsets);
    codes += 2 * bytes;
    x += 4 * RUN;
    deltas += 4;
    sums += 16;
    scales += floats ? 16 : 8;
  }
  return sum4(f32x4.add(s0, s1)) + sum4(offsets);
}

/** d, m and the next d, m. */
@inline
function scalesAt(floats: bool, at: usize): v128 {
  return floats ? v128.load(at) : half4(i32x4.extend_low_i16x8_u(v128.load64_zero(at)));
}

/** 2¹⁵·Σ q·h + Σ q·l of sixteen values, in four lanes. */
@inline
function run16(four: bool, codes: usize, x: usize): v128 {
  const even = evens(four, codes);
  const odd = odds(four, codes);
  return joined(pairs(even, odd, x), pairs(even, odd, x + 64));
}

@inline
function run32(four: bool, codes: usize, x: usize): v128 {
  const next = codes + (four ? RUN / 4 : RUN / 2);
  const even0 = evens(four, codes);
  const odd0 = odds(four, codes);
  const even1 = evens(four, next);
  const odd1 = odds(four, next);
  return joined(
    i32x4.add(pairs(even0, odd0, x), pairs(even1, odd1, x + 32)),
    i32x4.add(pairs(even0, odd0, x + 64), pairs(even1, odd1, x + 96)),
  );
}

@inline
function evens(four: bool, codes: usize): v128 {
  if (four) return i16x8.extend_low_i8x16_u(v128.and(v128.load64_zero(codes), i8x16.splat(15)));
  return i16x8.shr_s(i16x8.shl(v128.load(codes), 8), 8);
}

@inline
function odds(four: bool, codes: usize): v128 {
  if (four) return i16x8.extend_low_i8x16_u(i8x16.shr_u(v128.load64_zero(codes), 4));
  return i16x8.shr_s(v128.load(codes), 8);
}

@inline
function pairs(even: v128, odd: v128, x: usize): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(even, v128.load(x)), i32x4.dot_i16x8_s(odd, v128.load(x, 16)));
}

@inline
function joined(h: v128, l: v128): v128 {
  return madd(f32x4.convert_i32x4_s(h), f32x4.splat(32768), f32x4.convert_i32x4_s(l));
}
