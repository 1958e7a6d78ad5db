// The products of all: four rows by eight columns in eight vectors, over panels of eight columns that lie one number
// of the sum after another. Each element is summed in the order of p, whichever rows and columns share its tile, so
// that neither the number of threads nor the rows of a batch change a bit.
import { madd } from './simd';

/** Columns of a panel. */
export const WIDE = 8;

/**
 * c[i][j] = Σ_p a[i][p] · panel[p][j] (+ add[i][j]) (+ bias[j]), for `rows` ≤ 4 rows and `cols` ≤ 8 columns.
 *
 * @param a element (i, p) stands at a + i · aRow + p · aStep, in bytes
 * @param add 0: none; may be `c`
 */
export function tile(
  rows: i32,
  cols: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  panel: usize,
  c: usize,
  cRow: usize,
  add: usize,
  addRow: usize,
  bias: usize,
): void {
  if (rows == 4) tile4(cols, k, a, aRow, aStep, panel, c, cRow, add, addRow, bias);
  else
    for (let i: usize = 0; i < <usize>rows; i++)
      tile1(cols, k, a + i * aRow, aStep, panel, c + i * cRow, add ? add + i * addRow : 0, bias);
}

function tile4(
  cols: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  panel: usize,
  c: usize,
  cRow: usize,
  add: usize,
  addRow: usize,
  bias: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let a0 = a;
  let a1 = a0 + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  const end = panel + (<usize>k << 5);
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const x0 = v128.load_splat<f32>(a0);
    c00 = madd(x0, b0, c00);
    c01 = madd(x0, b1, c01);
    const x1 = v128.load_splat<f32>(a1);
    c10 = madd(x1, b0, c10);
    c11 = madd(x1, b1, c11);
    const x2 = v128.load_splat<f32>(a2);
    c20 = madd(x2, b0, c20);
    c21 = madd(x2, b1, c21);
    const x3 = v128.load_splat<f32>(a3);
    c30 = madd(x3, b0, c30);
    c31 = madd(x3, b1, c31);
    panel += 32;
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
  }
  put(cols, c00, c01, c, add, bias);
  put(cols, c10, c11, c + cRow, add ? add + addRow : 0, bias);
  put(cols, c20, c21, c + 2 * cRow, add ? add + 2 * addRow : 0, bias);
  put(cols, c30, c31, c + 3 * cRow, add ? add + 3 * addRow : 0, bias);
}

function tile1(
  cols: i32,
  k: i32,
  a: usize,
  aStep: usize,
  panel: usize,
  c: usize,
  add: usize,
  bias: usize,
): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  const end = panel + (<usize>k << 5);
  while (panel < end) {
    const x = v128.load_splat<f32>(a);
    c0 = madd(x, v128.load(panel), c0);
    c1 = madd(x, v128.load(panel, 16), c1);
    panel += 32;
    a += aStep;
  }
  put(cols, c0, c1, c, add, bias);
}

@inline
function put(cols: i32, low: v128, high: v128, c: usize, add: usize, bias: usize): void {
  if (cols == WIDE) {
    if (add) {
      low = f32x4.add(low, v128.load(add));
      high = f32x4.add(high, v128.load(add, 16));
    }
    if (bias) {
      low = f32x4.add(low, v128.load(bias));
      high = f32x4.add(high, v128.load(bias, 16));
    }
    v128.store(c, low);
    v128.store(c, high, 16);
  } else putSome(cols, low, high, c, add, bias);
}

function putSome(cols: i32, low: v128, high: v128, c: usize, add: usize, bias: usize): void {
  for (let j = 0; j < cols; j++) {
    let value = f32x4.extract_lane(low, 0);
    if (add) value += load<f32>(add + (<usize>j << 2));
    if (bias) value += load<f32>(bias + (<usize>j << 2));
    store<f32>(c + (<usize>j << 2), value);
    low = j == 3 ? high : i32x4.shuffle(low, low, 1, 2, 3, 0);
  }
}
