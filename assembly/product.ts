// Products of matrices by panels that stay in the cache while all rows pass over them.
import { packWeightColumns, packWeightRows, panelBytes } from './panel';
import { tile, WIDE } from './tile';

/** Columns whose panels are made at once, and numbers of a sum at once: 256 KB of panels. */
export const GROUP = 64;
const DEEP = 1024;

/** Bytes that a thread needs for panels and for decoded rows. */
export const PANELS: usize = GROUP * DEEP * 4;
export const SPARE: usize = PANELS;

/** How a matrix is multiplied: C = A·Wᵀ, columns of C being rows of W, or C = A·W. */
export const BY_ROWS = 0;
export const BY_COLUMNS = 1;

/**
 * C[rows from … to, columns begin … end) = A·Wᵀ or A·W, times `scale`, (+ add) (+ bias). The sum is over `k` numbers:
 * columns of W from `w0`, or rows from `w0`; columns of C are counted from row or column `c0` of W.
 *
 * @param a element (i, p) stands at a + i · aRow + p · aStep
 * @param c element (i, j) stands at c + i · cRow + 4 · j, as of `add` and, without i, of `bias`
 */
export function product(
  kind: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  w: usize,
  w0: i32,
  c0: i32,
  k: i32,
  scale: f32,
  c: usize,
  cRow: usize,
  add: usize,
  addRow: usize,
  bias: usize,
  from: i32,
  to: i32,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const spare = scratch + PANELS;
  for (let j = begin; j < end; j += GROUP) {
    const cols = min(GROUP, end - j);
    for (let p = 0; p < k; p += DEEP) {
      const deep = min(DEEP, k - p);
      if (kind == BY_ROWS) packWeightColumns(w, c0 + j, cols, w0 + p, deep, scale, spare, scratch);
      else packWeightRows(w, w0 + p, deep, c0 + j, cols, scale, spare, scratch);
      const first = p == 0;
      const plus = first ? add : c;
      const plusRow = first ? addRow : cRow;
      for (let i = from; i < to; i += 4) {
        const rows = min(4, to - i);
        const x = a + <usize>i * aRow + <usize>p * aStep;
        for (let q = 0; q < cols; q += WIDE) {
          const at = <usize>(j + q) << 2;
          tile(
            rows,
            min(WIDE, cols - q),
            deep,
            x,
            aRow,
            aStep,
            scratch + <usize>(q >> 3) * panelBytes(deep),
            c + <usize>i * cRow + at,
            cRow,
            plus ? plus + <usize>i * plusRow + at : 0,
            plusRow,
            first && bias ? bias + at : 0,
          );
        }
      }
    }
  }
}

/** First of the panels of eight columns that thread `t` of `threads` takes, as a column. */
export function share(n: i32, unit: i32, t: i32, threads: i32): i32 {
  const units = (n + unit - 1) / unit;
  return min(n, <i32>((<i64>units * t) / threads) * unit);
}
