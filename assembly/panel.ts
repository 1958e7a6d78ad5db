// Puts what is multiplied into panels: `WIDE` columns beside one another, one number of the sum after another, and
// panel after panel; columns that are missing in the last are zero.
import { WIDE } from './tile';
import { isFloat, rowAt, strideOf } from './weight';

/** Bytes of a panel over `k` numbers. */
@inline
export function panelBytes(k: i32): usize {
  return <usize>k << 5;
}

/** panel[p][j] = m[p][j] · scale, m of `k` rows `stride` bytes apart. */
export function packRows(m: usize, stride: usize, k: i32, cols: i32, scale: f32, out: usize): void {
  const by = f32x4.splat(scale);
  for (let j = 0; j < cols; j += WIDE) {
    const some = min(WIDE, cols - j);
    let from = m + (<usize>j << 2);
    for (let p = 0; p < k; p++) {
      if (some == WIDE) {
        v128.store(out, f32x4.mul(v128.load(from), by));
        v128.store(out, f32x4.mul(v128.load(from, 16), by), 16);
      } else {
        v128.store(out, f32x4.splat(0));
        v128.store(out, f32x4.splat(0), 16);
        for (let c = 0; c < some; c++)
          store<f32>(out + (<usize>c << 2), load<f32>(from + (<usize>c << 2)) * scale);
      }
      from += stride;
      out += 32;
    }
  }
}

/** panel[p][j] = m[j][p] · scale, m of `cols` rows `stride` bytes apart. */
export function packColumns(m: usize, stride: usize, k: i32, cols: i32, scale: f32, out: usize): void {
  for (let j = 0; j < cols; j += WIDE) {
    const some = min(WIDE, cols - j);
    if (some < WIDE) memory.fill(out, 0, panelBytes(k));
    for (let c = 0; c < some; c += 4) {
      const from = m + <usize>(j + c) * stride;
      if (some - c >= 4) four(from, from + stride, from + 2 * stride, from + 3 * stride, k, scale, out + (<usize>c << 2));
      else
        for (let e = c; e < some; e++)
          one(m + <usize>(j + e) * stride, k, scale, out + (<usize>e << 2));
    }
    out += panelBytes(k);
  }
}

/** Four rows become four columns. */
function four(m0: usize, m1: usize, m2: usize, m3: usize, k: i32, scale: f32, out: usize): void {
  const by = f32x4.splat(scale);
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    const at = <usize>p << 2;
    const a = f32x4.mul(v128.load(m0 + at), by);
    const b = f32x4.mul(v128.load(m1 + at), by);
    const c = f32x4.mul(v128.load(m2 + at), by);
    const d = f32x4.mul(v128.load(m3 + at), by);
    const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd0 = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cd1 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(out, i64x2.shuffle(ab0, cd0, 0, 2));
    v128.store(out, i64x2.shuffle(ab0, cd0, 1, 3), 32);
    v128.store(out, i64x2.shuffle(ab1, cd1, 0, 2), 64);
    v128.store(out, i64x2.shuffle(ab1, cd1, 1, 3), 96);
    out += 128;
  }
  for (; p < k; p++) {
    const at = <usize>p << 2;
    store<f32>(out, load<f32>(m0 + at) * scale);
    store<f32>(out, load<f32>(m1 + at) * scale, 4);
    store<f32>(out, load<f32>(m2 + at) * scale, 8);
    store<f32>(out, load<f32>(m3 + at) * scale, 12);
    out += 32;
  }
}

function one(m: usize, k: i32, scale: f32, out: usize): void {
  for (let p = 0; p < k; p++) {
    store<f32>(out, load<f32>(m + (<usize>p << 2)) * scale);
    out += 32;
  }
}

/** panel[p][j] = W[row + p][column + j] · scale. @param spare room for `k` decoded rows of `cols` */
export function packWeightRows(
  w: usize,
  row: i32,
  k: i32,
  column: i32,
  cols: i32,
  scale: f32,
  spare: usize,
  out: usize,
): void {
  if (isFloat(w)) {
    packRows(rowAt(w, row, column, cols, 0), <usize>strideOf(w) << 2, k, cols, scale, out);
    return;
  }
  const stride = <usize>cols << 2;
  for (let p = 0; p < k; p++) {
    const to = spare + <usize>p * stride;
    const at = rowAt(w, row + p, column, cols, to);
    if (at != to) memory.copy(to, at, stride);
  }
  packRows(spare, stride, k, cols, scale, out);
}

/** panel[p][j] = W[row + j][column + p] · scale. @param spare room for `cols` decoded rows of `k` */
export function packWeightColumns(
  w: usize,
  row: i32,
  cols: i32,
  column: i32,
  k: i32,
  scale: f32,
  spare: usize,
  out: usize,
): void {
  if (isFloat(w)) {
    packColumns(rowAt(w, row, column, k, 0), <usize>strideOf(w) << 2, k, cols, scale, out);
    return;
  }
  const stride = <usize>k << 2;
  for (let j = 0; j < cols; j += WIDE) {
    const some = min(WIDE, cols - j);
    for (let c = 0; c < some; c++) {
      const to = spare + <usize>c * stride;
      const at = rowAt(w, row + j + c, column, k, to);
      if (at != to) memory.copy(to, at, stride);
    }
    packColumns(spare, stride, k, some, scale, out + <usize>(j >> 3) * panelBytes(k));
  }
}
