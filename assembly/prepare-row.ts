// One row of X made ready to be multiplied with codes as integers: x = δ·(2¹⁵·h + l), h and l of 16 bits, δ for each 32
// values, which keeps every bit of a float but of values far below the largest of their 32.
import { SPARE } from './product';
import { sum4 } from './simd';
import { PART, Q4, Q8, typeOf } from './weight';

/** Values that share a δ. */
export const RUN = 32;
/** 2¹⁵·h + l is at most this: h = 2¹⁵ − 1, l = 0. */
const LARGEST: f32 = 1073709056;
/** The least δ: 1/δ and δ·d are numbers that a float holds whole. Values of 10⁻²⁷ and less lose bits by it. */
const LEAST: f32 = 1e-36;
/** What `prepareRow` writes, at most, for a value. */
const PREPARED = 9;

/**
 * X for `rowDots`. For codes of four bits h of each 32 values (those in places 0, 4, 8 … of them, then 1, 5, 9 …, 2, 6,
 * 10 …, 3, 7, 11 …), then l likewise; for codes of eight h of each 16 (those in even places, then those in odd places)
 * of 32, then l likewise; behind both δ of each 32, then 0 and Σ of each 32, then 0 and Σ of each 16. Of the first two
 * what the parts of W need.
 */
export function prepareRow(w: usize, x: usize, k: i32, out: usize): void {
  const four = has(w, Q4);
  const eight = has(w, Q8);
  let quarters = out;
  let halves = out + halvesFrom(k);
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
    if (four) split32(x, factor, quarters);
    if (eight) {
      split16(x, factor, halves);
      split16(x + 64, factor, halves + 32);
    }
    const first = sum16Of(x);
    const second = sum16Of(x + 64);
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
    quarters += 128;
    halves += 128;
  }
}

@inline export function halvesFrom(k: i32): usize { return <usize>k << 2; }

@inline export function deltasOf(prepared: usize, k: i32): usize { return prepared + (<usize>k << 3); }

/** Σ of each `run` values, with a 0 before each. */
@inline
export function sumsOf(prepared: usize, k: i32, run: i32): usize {
  const ofRuns = deltasOf(prepared, k) + <usize>(k / 8);
  return run == RUN ? ofRuns : ofRuns + <usize>(k / 4);
}

@inline
function sum16Of(x: usize): f32 {
  const ab = f32x4.add(v128.load(x), v128.load(x, 16));
  return sum4(f32x4.add(ab, f32x4.add(v128.load(x, 32), v128.load(x, 48))));
}

/** h and l of sixteen values, for codes of eight bits. */
@inline
function split16(x: usize, factor: v128, out: usize): void {
  const qa = integers(x, factor);
  const qb = integers(x + 16, factor);
  const qc = integers(x + 32, factor);
  const qd = integers(x + 48, factor);
  storeSplit(i32x4.shuffle(qa, qb, 0, 2, 4, 6), i32x4.shuffle(qc, qd, 0, 2, 4, 6), out);
  storeSplit(i32x4.shuffle(qa, qb, 1, 3, 5, 7), i32x4.shuffle(qc, qd, 1, 3, 5, 7), out + 16);
}

/** h and l of thirty-two values, for codes of four bits: eight times four values become four times eight. */
@inline
function split32(x: usize, factor: v128, out: usize): void {
  const a = integers(x, factor);
  const b = integers(x + 16, factor);
  const c = integers(x + 32, factor);
  const d = integers(x + 48, factor);
  const e = integers(x + 64, factor);
  const f = integers(x + 80, factor);
  const g = integers(x + 96, factor);
  const h = integers(x + 112, factor);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ef = i32x4.shuffle(e, f, 0, 4, 1, 5);
  const gh = i32x4.shuffle(g, h, 0, 4, 1, 5);
  storeSplit(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ef, gh, 0, 1, 4, 5), out);
  storeSplit(i32x4.shuffle(ab, cd, 2, 3, 6, 7), i32x4.shuffle(ef, gh, 2, 3, 6, 7), out + 16);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  const ef2 = i32x4.shuffle(e, f, 2, 6, 3, 7);
  const gh2 = i32x4.shuffle(g, h, 2, 6, 3, 7);
  storeSplit(i32x4.shuffle(ab2, cd2, 0, 1, 4, 5), i32x4.shuffle(ef2, gh2, 0, 1, 4, 5), out + 32);
  storeSplit(i32x4.shuffle(ab2, cd2, 2, 3, 6, 7), i32x4.shuffle(ef2, gh2, 2, 3, 6, 7), out + 48);
}

@inline
function integers(x: usize, factor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x), factor)));
}

/** h of eight values, and l of them 64 bytes behind. */
@inline
function storeSplit(q0: v128, q1: v128, out: usize): void {
  const h0 = upper(q0);
  const h1 = upper(q1);
  v128.store(out, i16x8.narrow_i32x4_s(h0, h1));
  const l0 = i32x4.sub(q0, i32x4.shl(h0, 15));
  const l1 = i32x4.sub(q1, i32x4.shl(h1, 15));
  v128.store(out, i16x8.narrow_i32x4_s(l0, l1), 64);
}

/** h: the nearest multiple of 2¹⁵. */
@inline
function upper(q: v128): v128 {
  return i32x4.shr_s(i32x4.add(q, i32x4.splat(16384)), 15);
}

function has(w: usize, type: i32): bool {
  let part = w + 8;
  for (let p = 0; p < load<i32>(w); p++, part += PART) if (typeOf(part) == type) return true;
  return false;
}

/** Whether codes are multiplied as integers, where W has any. */
@inline
export function asIntegers(k: i32): bool {
  return k % RUN == 0 && <usize>k * PREPARED <= SPARE;
}

/** Whether `rowDots` reads codes of any part of W as integers. */
export function readsIntegers(w: usize, k: i32): bool {
  return asIntegers(k) && (has(w, Q4) || has(w, Q8));
}
