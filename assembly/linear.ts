import { at, float, int } from './arguments';
import { rowsOf, strengthOf } from './dims';
import { maskRow, moduleKey } from './dropout';
import { panelBytes } from './panel';
import { prepareRow, readsIntegers } from './prepare-row';
import { BY_COLUMNS, BY_ROWS, GROUP, PANELS, product, share } from './product';
import { besideRow, rowDots } from './row-dot';
import { axpy, dot } from './simd';
import { pieceOf, takePiece } from './threads';
import { tile, WIDE } from './tile';
import { isFloat, rowAt } from './weight';

// An adapter, in words: a, b (descriptions of matrices), rank, scale, number of parts, dropout's threshold (0: no mask is
// drawn), what is kept times, dims of the mask, rows that masks are drawn for (0: their own), then for each part: begin, end, module. S and dS: data, bytes between rows.
@inline export function loraA(l: usize): usize { return at(l, 0); }
@inline export function loraB(l: usize): usize { return at(l, 1); }
@inline export function loraRank(l: usize): i32 { return int(l, 2); }
@inline export function loraScale(l: usize): f32 { return float(l, 3); }
@inline export function loraParts(l: usize): i32 { return int(l, 4); }
@inline export function loraThreshold(l: usize): u32 { return int(l, 5); }
@inline export function loraKeep(l: usize): f32 { return float(l, 6); }
@inline export function loraDims(l: usize): usize { return at(l, 7); }
@inline export function partBegin(l: usize, p: i32): i32 { return int(l, 9 + 3 * <usize>p); }
@inline export function partEnd(l: usize, p: i32): i32 { return int(l, 10 + 3 * <usize>p); }
@inline export function partModule(l: usize, p: i32): i32 { return int(l, 11 + 3 * <usize>p); }

/** The row that a mask is drawn for. */
@inline function maskedRow(l: usize, row: i32): i32 {
  const rows = at(l, 8);
  return rows ? load<i32>(rows + (<usize>row << 2)) : row;
}

/** Rows up to which each row of the weight is read once and multiplied at once, without panels. */
const FEW = 3;

/** dims, x, xRow, w, row0, n, k, y, yRow, bias, residual, residualRow, lora, s, sRow */
export function linearForward(args: usize, threads: i32, scratch: usize): void {
  const rows = rowsOf(at(args, 0));
  const n = int(args, 5);
  const piece = pieceOf(n, WIDE, GROUP, threads);
  if (rows <= FEW) prepareFew(args, rows, scratch);
  for (let begin = takePiece() * piece; begin < n; begin = takePiece() * piece) {
    const end = min(n, begin + piece);
    if (rows <= FEW) forwardFew(args, rows, begin, end, scratch);
    else forwardColumns(args, rows, begin, end, scratch);
  }
}

function forwardColumns(args: usize, rows: i32, begin: i32, end: i32, scratch: usize): void {
  const d = at(args, 0);
  const k = int(args, 6);
  const y = at(args, 7);
  const yRow = at(args, 8);
  product(
    BY_ROWS, at(args, 1), at(args, 2), 4, at(args, 3), 0, int(args, 4), k, 1,
    y, yRow, at(args, 10), at(args, 11), at(args, 9), 0, rows, begin, end, scratch,
  );
  const lora = at(args, 12);
  if (lora) addUp(lora, strengthOf(d), at(args, 13), at(args, 14), y, yRow, rows, begin, end, scratch);
}

/** y += strength · scale · S·Bᵀ, column by column the part of S that it belongs to. */
function addUp(
  lora: usize, strength: f32, s: usize, sRow: usize, y: usize, yRow: usize, rows: i32, begin: i32, end: i32,
  scratch: usize,
): void {
  const rank = loraRank(lora);
  const scale = strength * loraScale(lora);
  for (let p = 0; p < loraParts(lora); p++) {
    const first = max(begin, partBegin(lora, p));
    const last = min(end, partEnd(lora, p));
    if (first >= last) continue;
    const from = s + (<usize>(p * rank) << 2);
    product(
      BY_ROWS, from, sRow, 4, loraB(lora), 0, 0, rank, scale,
      y, yRow, y, yRow, 0, 0, rows, first, last, scratch,
    );
  }
}

/** dims, s, sRow, lora, y, yRow */
export function loraUp(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const d = at(args, 0);
  const lora = at(args, 3);
  const n = partEnd(lora, loraParts(lora) - 1);
  addUp(
    lora, strengthOf(d), at(args, 1), at(args, 2), at(args, 4), at(args, 5), rowsOf(d),
    share(n, WIDE, thread, threads), share(n, WIDE, thread + 1, threads), scratch,
  );
}

/** One row of codes, as in generation: X is made ready to be multiplied with them as integers. */
function prepareFew(args: usize, rows: i32, scratch: usize): void {
  const w = at(args, 3);
  const k = int(args, 6);
  if (rows == 1 && !isFloat(w) && readsIntegers(w, k)) prepareRow(w, at(args, 1), k, scratch + PANELS);
}

/** One to three rows: each row of W is decoded once and multiplied with all of them. */
function forwardFew(args: usize, rows: i32, begin: i32, end: i32, scratch: usize): void {
  const x = at(args, 1);
  const xRow = at(args, 2);
  const w = at(args, 3);
  const row0 = int(args, 4);
  const k = int(args, 6);
  const bias = at(args, 9);
  const residual = at(args, 10);
  const lora = at(args, 12);
  let part = 0;
  // One row: W is not decoded first.
  const single = rows == 1 && !isFloat(w);
  const prepared = scratch + PANELS;
  // The next value, where two rows of W were read at once.
  let next: f32 = 0;
  let isKnown = false;
  for (let j = begin; j < end; j++) {
    const row = single ? 0 : rowAt(w, row0 + j, 0, k, scratch);
    let up: usize = 0;
    if (lora) {
      while (part < loraParts(lora) && j >= partEnd(lora, part)) part++;
      if (part < loraParts(lora) && j >= partBegin(lora, part)) up = rowAt(loraB(lora), j, 0, loraRank(lora), 0);
    }
    for (let i: usize = 0; i < <usize>rows; i++) {
      let value = next;
      if (!single) value = dot(x + i * xRow, row, k);
      else if (!isKnown) {
        const beside = besideRow(w, row0 + j, row0 + end - 1);
        const both = rowDots(w, row0 + j, beside, x, prepared, k, scratch);
        value = f32x4.extract_lane(both, 0);
        next = f32x4.extract_lane(both, 1);
        isKnown = beside > row0 + j;
      } else isKnown = false;
      if (residual) value += load<f32>(residual + i * at(args, 11) + (<usize>j << 2));
      if (bias) value += load<f32>(bias + (<usize>j << 2));
      if (up) {
        const rank = loraRank(lora);
        const s = at(args, 13) + i * at(args, 14) + (<usize>(part * rank) << 2);
        value += strengthOf(at(args, 0)) * loraScale(lora) * dot(s, up, rank);
      }
      store<f32>(at(args, 7) + i * at(args, 8) + (<usize>j << 2), value);
    }
  }
}

/** dims, dy, dyRow, w, row0, n, k, dx, dxRow, accumulate, lora, ds, dsRow */
export function linearBackward(args: usize, threads: i32, scratch: usize): void {
  const k = int(args, 6);
  // Blocks of codes are whole in a piece.
  const piece = pieceOf(k, isFloat(at(args, 3)) ? WIDE : GROUP, GROUP, threads);
  for (let begin = takePiece() * piece; begin < k; begin = takePiece() * piece)
    backwardColumns(args, begin, min(k, begin + piece), scratch);
}

function backwardColumns(args: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = rowsOf(at(args, 0));
  const dx = at(args, 7);
  const dxRow = at(args, 8);
  product(
    BY_COLUMNS, at(args, 1), at(args, 2), 4, at(args, 3), int(args, 4), 0, int(args, 5), 1,
    dx, dxRow, int(args, 9) ? dx : 0, dxRow, 0, 0, rows, begin, end, scratch,
  );
  const lora = at(args, 10);
  if (!lora) return;
  const ds = at(args, 11);
  const dsRow = at(args, 12);
  const rank = loraRank(lora);
  if (!loraThreshold(lora)) {
    product(
      BY_COLUMNS, ds, dsRow, 4, loraA(lora), 0, 0, rank * loraParts(lora), 1,
      dx, dxRow, dx, dxRow, 0, 0, rows, begin, end, scratch,
    );
    return;
  }
  // Each part's share is masked before it is added: row by row, in the room behind the panels.
  const room = scratch + PANELS;
  for (let p = 0; p < loraParts(lora); p++) {
    const key = moduleKey(loraDims(lora), partModule(lora, p));
    for (let i = 0; i < rows; i++) {
      const from = ds + <usize>i * dsRow + (<usize>(p * rank) << 2);
      for (let j = begin; j < end; j += 64) {
        const cols = min(64, end - j);
        memory.fill(room, 0, 256);
        for (let r = 0; r < rank; r++)
          axpy(load<f32>(from + (<usize>r << 2)), rowAt(loraA(lora), p * rank + r, j, cols, 0), room, cols);
        maskRow(room, room, cols, key, maskedRow(lora, i), j, loraThreshold(lora), loraKeep(lora));
        axpy(1, room, dx + <usize>i * dxRow + (<usize>j << 2), cols);
      }
    }
  }
}

/** dims, x, xRow, k, lora, s, sRow */
export function loraDown(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = rowsOf(at(args, 0));
  const x = at(args, 1);
  const xRow = at(args, 2);
  const k = int(args, 3);
  const lora = at(args, 4);
  const s = at(args, 5);
  const sRow = at(args, 6);
  const rank = loraRank(lora);
  const total = rank * loraParts(lora);
  const from = share(rows, 4, thread, threads);
  const to = share(rows, 4, thread + 1, threads);
  if (from >= to) return;
  if (!loraThreshold(lora)) {
    product(
      BY_ROWS, x, xRow, 4, loraA(lora), 0, 0, k, 1,
      s, sRow, 0, 0, 0, from, to, 0, total, scratch,
    );
    return;
  }
  const room = scratch + PANELS;
  for (let p = 0; p < loraParts(lora); p++) {
    const key = moduleKey(loraDims(lora), partModule(lora, p));
    for (let i = from; i < to; i++) {
      const out = s + <usize>i * sRow + (<usize>(p * rank) << 2);
      memory.fill(out, 0, <usize>rank << 2);
      for (let j = 0; j < k; j += 1024) {
        const cols = min(1024, k - j);
        maskRow(x + <usize>i * xRow + (<usize>j << 2), room, cols, key, maskedRow(lora, i), j, loraThreshold(lora), loraKeep(lora));
        for (let r = 0; r < rank; r++) {
          const o = out + (<usize>r << 2);
          store<f32>(o, load<f32>(o) + dot(room, rowAt(loraA(lora), p * rank + r, j, cols, 0), cols));
        }
      }
    }
  }
}

/** dims, dy, dyRow, s (description), sRow, lora, db (0: B is frozen), ds, dsRow, n */
export function loraUpBackward(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = rowsOf(at(args, 0));
  const dy = at(args, 1);
  const dyRow = at(args, 2);
  const s = at(args, 3);
  const lora = at(args, 5);
  const rank = loraRank(lora);
  const bytes = <usize>rank << 2;
  const from = share(rows, 4, thread, threads);
  const to = share(rows, 4, thread + 1, threads);
  for (let p = 0; p < loraParts(lora); p++) {
    const begin = partBegin(lora, p);
    const n = partEnd(lora, p) - begin;
    const slope = dy + (<usize>begin << 2);
    product(
      BY_COLUMNS, slope, dyRow, 4, loraB(lora), begin, 0, n, loraScale(lora),
      at(args, 7) + <usize>p * bytes, at(args, 8), 0, 0, 0, from, to, 0, rank, scratch,
    );
    if (!at(args, 6)) continue;
    const db = at(args, 6) + <usize>begin * bytes;
    product(
      BY_COLUMNS, slope, 4, dyRow, s, 0, p * rank, rows, loraScale(lora),
      db, bytes, db, bytes, 0, share(n, 4, thread, threads), share(n, 4, thread + 1, threads), 0, rank, scratch,
    );
  }
}

/** dims, ds, dsRow, x (description), k, lora, da */
export function loraDownBackward(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = rowsOf(at(args, 0));
  const ds = at(args, 1);
  const dsRow = at(args, 2);
  const x = at(args, 3);
  const k = int(args, 4);
  const lora = at(args, 5);
  const rank = loraRank(lora);
  const da = at(args, 6);
  const kRow = <usize>k << 2;
  const begin = share(k, WIDE, thread, threads);
  const end = share(k, WIDE, thread + 1, threads);
  if (!loraThreshold(lora)) {
    product(
      BY_COLUMNS, ds, 4, dsRow, x, 0, 0, rows, 1,
      da, kRow, da, kRow, 0, 0, rank * loraParts(lora), begin, end, scratch,
    );
    return;
  }
  // X is masked for each part anew: panels of eight columns, masked where they are made.
  const room = scratch + PANELS;
  const most = <i32>(PANELS / panelBytes(1));
  for (let p = 0; p < loraParts(lora); p++) {
    const key = moduleKey(loraDims(lora), partModule(lora, p));
    for (let j = begin; j < end; j += WIDE) {
      const cols = min(WIDE, end - j);
      for (let t = 0; t < rows; t += most) {
        const deep = min(most, rows - t);
        if (cols < WIDE) memory.fill(room, 0, panelBytes(deep));
        for (let i = 0; i < deep; i++)
          maskRow(
            rowAt(x, t + i, j, cols, 0), room + panelBytes(i), cols, key, maskedRow(lora, t + i), j,
            loraThreshold(lora), loraKeep(lora),
          );
        for (let r = 0; r < rank; r += 4) {
          const out = da + <usize>(p * rank + r) * kRow + (<usize>j << 2);
          const from = ds + <usize>t * dsRow + (<usize>(p * rank + r) << 2);
          tile(min(4, rank - r), cols, deep, from, 4, dsRow, room, out, kRow, out, kRow, 0);
        }
      }
    }
  }
}

/** dims, x, xRow, out, outRow, width, lora, mode: 0 X̃, 1 added, 2 X − X̃ */
export function maskRows(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 5);
  const lora = at(args, 6);
  const mode = int(args, 7);
  const key = moduleKey(loraDims(lora), partModule(lora, 0));
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++)
    for (let j = 0; j < width; j += 1024) {
      const cols = min(1024, width - j);
      const x = at(args, 1) + <usize>i * at(args, 2) + (<usize>j << 2);
      const out = at(args, 3) + <usize>i * at(args, 4) + (<usize>j << 2);
      maskRow(x, scratch, cols, key, maskedRow(lora, i), j, loraThreshold(lora), loraKeep(lora));
      if (mode == 2)
        for (let c: usize = 0; c < <usize>cols << 2; c += 4)
          store<f32>(out + c, load<f32>(x + c) - load<f32>(scratch + c));
      else if (mode == 1) axpy(1, scratch, out, cols);
      else memory.copy(out, scratch, <usize>cols << 2);
    }
}
