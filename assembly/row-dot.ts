// One row of X with rows of W as they are held, of codes of four bits two at a time. Halves are multiplied as they are
// read. Codes w = d·q + m are multiplied as integers (x = δ·(2¹⁵·h + l), `prepareRow`): a run of the sum is
// d·δ·(2¹⁵·Σ q·h + Σ q·l) + m·Σ x, of which all but the codes is the same for every row of W.
import { asIntegers, deltasOf, halvesFrom, RUN, sumsOf } from './prepare-row';
import { dot, madd, sum4 } from './simd';
import { blockOf, dataAt, F16, floatScales, half4, partOf, Q4, Q8, rowAt, scalesOf, typeOf } from './weight';

/** The row that is read beside this one: the next up to `last` if it lies in the same part, else this one itself. */
export function besideRow(w: usize, row: i32, last: i32): i32 {
  return row < last && partOf(w, row) == partOf(w, row + 1) ? row + 1 : row;
}

/**
 * x · row and x · beside, over `k` values, in lanes 0 and 1. `prepared` is X as `prepareRow` makes it, `room` holds a row
 * of floats. The sum of a row does not depend on the row beside it.
 */
export function rowDots(w: usize, row: i32, beside: i32, x: usize, prepared: usize, k: i32, room: usize): v128 {
  const part = partOf(w, row);
  const type = typeOf(part);
  const a = dataAt(w, part, row);
  const b = dataAt(w, part, beside);
  if (type == Q4 && asIntegers(k)) return dotNibbles(part, a, b, prepared, k);
  const first = rowDot(w, part, row, a, x, prepared, k, room);
  return two(first, row == beside ? first : rowDot(w, part, beside, b, x, prepared, k, room));
}

function rowDot(w: usize, part: usize, row: i32, at: usize, x: usize, prepared: usize, k: i32, room: usize): f32 {
  const type = typeOf(part);
  if (type == Q8 && asIntegers(k)) return dotBytes(part, at, prepared, k);
  if (type == F16) return dotHalves(data(part, at << 1), x, k);
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

/** Two rows of codes of four bits, unsigned, two to a byte: what is loaded of X is multiplied with both. */
@inline
function dotNibbles(part: usize, a: usize, b: usize, prepared: usize, k: i32): v128 {
  const floats = floatScales(part);
  const codesA = data(part, a >> 1);
  const codesB = data(part, b >> 1);
  const scalesA = scalesAt(part, floats, a);
  const scalesB = scalesAt(part, floats, b);
  if (blockOf(part) == RUN)
    return floats
      ? dotRows(true, true, codesA, codesB, scalesA, scalesB, prepared, k)
      : dotRows(true, false, codesA, codesB, scalesA, scalesB, prepared, k);
  return floats
    ? dotRows(false, true, codesA, codesB, scalesA, scalesB, prepared, k)
    : dotRows(false, false, codesA, codesB, scalesA, scalesB, prepared, k);
}

/** `whole`: d and m belong to 32 codes each, else to 16. */
@inline
function dotRows(
  whole: bool, floats: bool, codesA: usize, codesB: usize, scalesA: usize, scalesB: usize, prepared: usize, k: i32,
): v128 {
  let x = prepared;
  let deltas = deltasOf(prepared, k);
  let sums = sumsOf(prepared, k, whole ? RUN : RUN / 2);
  const scales: usize = (whole ? 4 : 8) << (floats ? 1 : 0);
  let sumA = f32x4.splat(0);
  let sumB = sumA;
  // m·Σ x. Of 32: of the first row in lane 1, of the second in lane 3 of `offsetsA`; of 16: in lanes 1 and 3 of each.
  let offsetsA = sumA;
  let offsetsB = sumA;
  for (let c = 0; c < k; c += RUN) {
    // Both products of a row share its codes, both rows what is loaded of X: engines do not find that themselves.
    const a = v128.load(codesA);
    const b = v128.load(codesB);
    const a0 = nibbles(a, 0);
    const b0 = nibbles(b, 0);
    let h = v128.load(x);
    let l = v128.load(x, 64);
    let hA = i32x4.dot_i16x8_s(a0, h);
    let hB = i32x4.dot_i16x8_s(b0, h);
    let lA = i32x4.dot_i16x8_s(a0, l);
    let lB = i32x4.dot_i16x8_s(b0, l);
    const a1 = nibbles(a, 1);
    const b1 = nibbles(b, 1);
    h = v128.load(x, 16);
    l = v128.load(x, 80);
    hA = i32x4.add(hA, i32x4.dot_i16x8_s(a1, h));
    hB = i32x4.add(hB, i32x4.dot_i16x8_s(b1, h));
    lA = i32x4.add(lA, i32x4.dot_i16x8_s(a1, l));
    lB = i32x4.add(lB, i32x4.dot_i16x8_s(b1, l));
    const a2 = nibbles(a, 2);
    const b2 = nibbles(b, 2);
    h = v128.load(x, 32);
    l = v128.load(x, 96);
    hA = i32x4.add(hA, i32x4.dot_i16x8_s(a2, h));
    hB = i32x4.add(hB, i32x4.dot_i16x8_s(b2, h));
    lA = i32x4.add(lA, i32x4.dot_i16x8_s(a2, l));
    lB = i32x4.add(lB, i32x4.dot_i16x8_s(b2, l));
    const a3 = nibbles(a, 3);
    const b3 = nibbles(b, 3);
    h = v128.load(x, 48);
    l = v128.load(x, 112);
    hA = i32x4.add(hA, i32x4.dot_i16x8_s(a3, h));
    hB = i32x4.add(hB, i32x4.dot_i16x8_s(b3, h));
    lA = i32x4.add(lA, i32x4.dot_i16x8_s(a3, l));
    lB = i32x4.add(lB, i32x4.dot_i16x8_s(b3, l));
    const delta = v128.load_splat<f32>(deltas);
    if (whole) {
      const dm = floats
        ? v128.load64_lane(scalesB, v128.load64_zero(scalesA), 1)
        : halves(v128.load32_lane(scalesB, v128.load32_zero(scalesA), 1));
      const d = f32x4.mul(dm, delta);
      sumA = madd(i32x4.shuffle(d, d, 0, 0, 0, 0), joined(hA, lA), sumA);
      sumB = madd(i32x4.shuffle(d, d, 2, 2, 2, 2), joined(hB, lB), sumB);
      offsetsA = madd(dm, v128.load_splat<u64>(sums), offsetsA);
    } else {
      const dmA = floats ? v128.load(scalesA) : halves(v128.load64_zero(scalesA));
      const dmB = floats ? v128.load(scalesB) : halves(v128.load64_zero(scalesB));
      const dA = f32x4.mul(dmA, delta);
      const dB = f32x4.mul(dmB, delta);
      const ofRuns = v128.load(sums);
      // Lanes 0 and 1 of the products are of the first sixteen.
      sumA = madd(i32x4.shuffle(dA, dA, 0, 0, 2, 2), joined(hA, lA), sumA);
      sumB = madd(i32x4.shuffle(dB, dB, 0, 0, 2, 2), joined(hB, lB), sumB);
      offsetsA = madd(dmA, ofRuns, offsetsA);
      offsetsB = madd(dmB, ofRuns, offsetsB);
    }
    codesA += RUN / 2;
    codesB += RUN / 2;
    x += 4 * RUN;
    deltas += 4;
    sums += whole ? 8 : 16;
    scalesA += scales;
    scalesB += scales;
  }
  if (whole) return two(sum4(sumA) + f32x4.extract_lane(offsetsA, 1), sum4(sumB) + f32x4.extract_lane(offsetsA, 3));
  return two(sum4(sumA) + sum4(offsetsA), sum4(sumB) + sum4(offsetsB));
}

/** One row of codes of eight bits, signed: two at once gained nothing. */
@inline
function dotBytes(part: usize, at: usize, prepared: usize, k: i32): f32 {
  const floats = floatScales(part);
  const codes = data(part, at);
  const scales = scalesAt(part, floats, at);
  if (blockOf(part) == RUN)
    return floats ? bytesOf32(true, codes, scales, prepared, k) : bytesOf32(false, codes, scales, prepared, k);
  return floats ? bytesOf16(true, codes, scales, prepared, k) : bytesOf16(false, codes, scales, prepared, k);
}

/** d and m of 32 codes each, two of these at a time. */
@inline
function bytesOf32(floats: bool, codes: usize, scales: usize, prepared: usize, k: i32): f32 {
  let x = prepared + halvesFrom(k);
  let deltas = deltasOf(prepared, k);
  let sums = sumsOf(prepared, k, RUN);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let offsets = sum0;
  let c = 0;
  for (; c + 2 * RUN <= k; c += 2 * RUN) {
    const dm = floats ? v128.load(scales) : halves(v128.load64_zero(scales));
    const delta = v128.load64_zero(deltas);
    const d = f32x4.mul(dm, i32x4.shuffle(delta, delta, 0, 0, 1, 1));
    sum0 = madd(i32x4.shuffle(d, d, 0, 0, 0, 0), bytes32(codes, x), sum0);
    sum1 = madd(i32x4.shuffle(d, d, 2, 2, 2, 2), bytes32(codes + RUN, x + 4 * RUN), sum1);
    offsets = madd(dm, v128.load(sums), offsets);
    codes += 2 * RUN;
    x += 8 * RUN;
    deltas += 8;
    sums += 16;
    scales += floats ? 16 : 8;
  }
  if (c < k) {
    const dm = floats ? v128.load64_zero(scales) : halves(v128.load32_zero(scales));
    const d = f32x4.splat(f32x4.extract_lane(dm, 0) * load<f32>(deltas));
    sum0 = madd(d, bytes32(codes, x), sum0);
    offsets = madd(dm, v128.load64_zero(sums), offsets);
  }
  return sum4(f32x4.add(sum0, sum1)) + sum4(offsets);
}

/** d and m of 16 codes each. */
@inline
function bytesOf16(floats: bool, codes: usize, scales: usize, prepared: usize, k: i32): f32 {
  let x = prepared + halvesFrom(k);
  let deltas = deltasOf(prepared, k);
  let sums = sumsOf(prepared, k, RUN / 2);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let offsets = sum0;
  for (let c = 0; c < k; c += RUN) {
    const dm = floats ? v128.load(scales) : halves(v128.load64_zero(scales));
    const d = f32x4.mul(dm, v128.load_splat<f32>(deltas));
    sum0 = madd(i32x4.shuffle(d, d, 0, 0, 0, 0), bytes16(codes, x), sum0);
    sum1 = madd(i32x4.shuffle(d, d, 2, 2, 2, 2), bytes16(codes + RUN / 2, x + RUN), sum1);
    offsets = madd(dm, v128.load(sums), offsets);
    codes += RUN;
    x += 4 * RUN;
    deltas += 4;
    sums += 16;
    scales += floats ? 16 : 8;
  }
  return sum4(f32x4.add(sum0, sum1)) + sum4(offsets);
}

@inline
function scalesAt(part: usize, floats: bool, at: usize): usize {
  return scalesOf(part) + ((at / <usize>blockOf(part)) << (floats ? 3 : 2));
}

@inline function two(a: f32, b: f32): v128 { return f32x4.replace_lane(f32x4.splat(a), 1, b); }

/** Four halves as floats. */
@inline
function halves(packed: v128): v128 { return half4(i32x4.extend_low_i16x8_u(packed)); }

/** Codes 4·i + n of 32. */
@inline
function nibbles(codes: v128, n: i32): v128 {
  if (n == 0) return v128.and(codes, i16x8.splat(15));
  if (n == 3) return i16x8.shr_u(codes, 12);
  return v128.and(i16x8.shr_u(codes, n << 2), i16x8.splat(15));
}

/** 2¹⁵·Σ q·h + Σ q·l of sixteen codes of eight bits, in four lanes. */
@inline
function bytes16(codes: usize, x: usize): v128 {
  const even = evens(codes);
  const odd = odds(codes);
  return joined(pairs(even, odd, x), pairs(even, odd, x + 64));
}

@inline
function bytes32(codes: usize, x: usize): v128 {
  const even0 = evens(codes);
  const odd0 = odds(codes);
  const even1 = evens(codes + RUN / 2);
  const odd1 = odds(codes + RUN / 2);
  return joined(
    i32x4.add(pairs(even0, odd0, x), pairs(even1, odd1, x + RUN)),
    i32x4.add(pairs(even0, odd0, x + 64), pairs(even1, odd1, x + 64 + RUN)),
  );
}

@inline function evens(codes: usize): v128 { return i16x8.shr_s(i16x8.shl(v128.load(codes), 8), 8); }

@inline function odds(codes: usize): v128 { return i16x8.shr_s(v128.load(codes), 8); }

@inline
function pairs(even: v128, odd: v128, x: usize): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(even, v128.load(x)), i32x4.dot_i16x8_s(odd, v128.load(x, 16)));
}

/** 2¹⁵·h + l. */
@inline
function joined(h: v128, l: v128): v128 {
  return madd(f32x4.convert_i32x4_s(h), f32x4.splat(32768), f32x4.convert_i32x4_s(l));
}
