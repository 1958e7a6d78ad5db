import { at, float, int } from './arguments';
import { batchOf, lengthOf, rowsOf, startOf } from './dims';
import { packColumns, packRows, panelBytes } from './panel';
import { axpy, dot, exp4, sum4 } from './simd';
import { takePiece } from './threads';
import { tile, WIDE } from './tile';

// Causal attention, one head of keys after another, in blocks of queries: scores by panels of keys, then P·V by panels of
// values. Only the keys that a block can reach are multiplied.

/** Queries of a block. */
const BLOCK = 32;
/** Fewer queries than this (generation) are multiplied with the keys where they are. */
const FEW = 4;

@inline function padded(n: i32): i32 { return (n + WIDE - 1) & ~(WIDE - 1); }

/** Bytes that a thread needs for so many keys: four packed matrices, P, dS, and a block of Q and dO. */
export function attentionScratch(keys: i32, headDim: i32): usize {
  const k = <usize>padded(keys);
  const d = <usize>padded(headDim);
  return 16 * k * d + 8 * BLOCK * k + 8 * BLOCK * d + 4096;
}

/**
 * dims, q, qRow, k, kRow, v, vRow, o, oRow, lse, documents, capacity, heads, kvHeads, headDim, scale, window, then
 * positions
 */
export function attentionForward(args: usize, scratch: usize): void {
  const d = at(args, 0);
  const kvHeads = int(args, 13);
  const capacity = int(args, 11);
  const rows = batchOf(d) * lengthOf(d);
  let unit = 0;
  let mine = takePiece();
  for (let begin = 0; begin < rows; ) {
    const length = sequenceLength(args, begin);
    const keyRow = capacity ? (begin / lengthOf(d)) * capacity : begin;
    for (let head = 0; head < kvHeads; head++) {
      if (unit++ != mine) continue;
      if (length < FEW) forwardFew(args, begin, length, keyRow, head, scratch);
      else forwardUnit(args, begin, length, keyRow, head, scratch);
      mine = takePiece();
    }
    begin += length;
  }
}

/** Rows of the sequence that begins at a row: of one document, or of a row of the batch. */
function sequenceLength(args: usize, begin: i32): i32 {
  const length = lengthOf(at(args, 0));
  const documents = at(args, 10);
  if (!documents) return length;
  const end = (begin / length + 1) * length;
  const own = load<i32>(documents + (<usize>begin << 2));
  let i = begin + 1;
  while (i < end && load<i32>(documents + (<usize>i << 2)) == own) i++;
  return i - begin;
}

/** Keys before the first query of the sequence that begins at a row. */
@inline
function keysBefore(args: usize, begin: i32): i32 {
  const positions = at(args, 17);
  return positions ? load<i32>(positions + (<usize>begin << 2)) : startOf(at(args, 0));
}

/** First key that a query at `position` sees; key 0 is the first of its sequence. */
@inline
function firstKey(position: i32, window: i32): i32 {
  return window ? max(0, position - window + 1) : 0;
}

/** So little that its exponential is zero. */
const UNSEEN: f32 = -1e30;

/** Among scores of keys 0 … width − 1: what lies before `first` or after `last` is not seen. */
function onlySeen(p: usize, first: i32, last: i32, width: i32): void {
  for (let j = 0; j < first; j++) store<f32>(p + (<usize>j << 2), UNSEEN);
  for (let j = last + 1; j < width; j++) store<f32>(p + (<usize>j << 2), UNSEEN);
}

/** p ← exp(scale · p − lse), `width` of them, a multiple of four. */
function weigh(p: usize, width: i32, scale: f32, lse: f32): void {
  const by = f32x4.splat(scale);
  const less = f32x4.splat(lse);
  for (const end = p + (<usize>width << 2); p < end; p += 16)
    v128.store(p, exp4(f32x4.sub(f32x4.mul(v128.load(p), by), less)));
}

/** log Σ exp(scale · p) from the largest up. */
function logSum(p: usize, width: i32, scale: f32): f32 {
  const end = p + (<usize>width << 2);
  let most4 = f32x4.splat(UNSEEN);
  for (let at = p; at < end; at += 16) most4 = f32x4.max(most4, v128.load(at));
  const most = scale * max(
    max(f32x4.extract_lane(most4, 0), f32x4.extract_lane(most4, 1)),
    max(f32x4.extract_lane(most4, 2), f32x4.extract_lane(most4, 3)),
  );
  const by = f32x4.splat(scale);
  const less = f32x4.splat(most);
  let sum = f32x4.splat(0);
  for (let at = p; at < end; at += 16)
    sum = f32x4.add(sum, exp4(f32x4.sub(f32x4.mul(v128.load(at), by), less)));
  return most + <f32>Math.log(sum4(sum));
}

/** A sequence of `length` rows from `begin`, whose keys begin at `firstKeyRow`: all heads of one head of keys. */
function forwardUnit(args: usize, begin: i32, length: i32, firstKeyRow: i32, kvHead: i32, scratch: usize): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const start = keysBefore(args, begin);
  const heads = int(args, 12);
  const kvHeads = int(args, 13);
  const dim = int(args, 14);
  const scale = float(args, 15);
  const window = int(args, 16);
  const keys = start + length;
  const keyRow = <usize>firstKeyRow;
  const offset = <usize>(kvHead * dim) << 2;
  const qRow = at(args, 2);
  const kRow = at(args, 4);
  const vRow = at(args, 6);
  const oRow = at(args, 8);
  const keyPanels = scratch;
  const valuePanels = keyPanels + (<usize>padded(keys) * <usize>dim << 2);
  const scores = valuePanels + (<usize>keys * <usize>padded(dim) << 2);
  const width = padded(keys);
  const wide = <usize>width << 2;
  packColumns(at(args, 3) + keyRow * kRow + offset, kRow, dim, keys, 1, keyPanels);
  packRows(at(args, 5) + keyRow * vRow + offset, vRow, keys, dim, 1, valuePanels);
  const group = heads / kvHeads;
  for (let h = kvHead * group; h < (kvHead + 1) * group; h++) {
    const head = <usize>(h * dim) << 2;
    for (let i0 = 0; i0 < length; i0 += BLOCK) {
      const some = min(BLOCK, length - i0);
      const seen = min(keys, start + i0 + some);
      const row0 = <usize>(begin + i0);
      const q = at(args, 1) + row0 * qRow + head;
      for (let j = 0; j < seen; j += WIDE)
        for (let i = 0; i < some; i += 4)
          tile(
            min(4, some - i), WIDE, dim, q + <usize>i * qRow, qRow, 4, keyPanels + <usize>(j >> 3) * panelBytes(dim),
            scores + <usize>i * wide + (<usize>j << 2), wide, 0, 0, 0,
          );
      for (let i = 0; i < some; i++) {
        const p = scores + <usize>i * wide;
        const last = start + i0 + i;
        const first = firstKey(last, window);
        const row = row0 + i;
        onlySeen(p, first, last, padded(seen));
        const lse = logSum(p, padded(seen), scale);
        store<f32>(at(args, 9) + ((<usize>h * <usize>rows + row) << 2), lse);
        weigh(p, padded(seen), scale, lse);
      }
      const o = at(args, 7) + row0 * oRow + head;
      for (let c = 0; c < dim; c += WIDE)
        for (let i = 0; i < some; i += 4)
          tile(
            min(4, some - i), min(WIDE, dim - c), seen, scores + <usize>i * wide, wide, 4,
            valuePanels + <usize>(c >> 3) * panelBytes(keys), o + <usize>i * oRow + (<usize>c << 2), oRow, 0, 0, 0,
          );
    }
  }
}

/** One to three queries of a sequence, as in generation: nothing is put into panels. */
function forwardFew(args: usize, begin: i32, length: i32, firstKeyRow: i32, kvHead: i32, scratch: usize): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const start = keysBefore(args, begin);
  const heads = int(args, 12);
  const kvHeads = int(args, 13);
  const dim = int(args, 14);
  const scale = float(args, 15);
  const keyRow = <usize>firstKeyRow;
  const offset = <usize>(kvHead * dim) << 2;
  const k = at(args, 3) + keyRow * at(args, 4) + offset;
  const v = at(args, 5) + keyRow * at(args, 6) + offset;
  const group = heads / kvHeads;
  for (let h = kvHead * group; h < (kvHead + 1) * group; h++) {
    for (let i = 0; i < length; i++) {
      const row = <usize>(begin + i);
      const last = start + i;
      const first = firstKey(last, int(args, 16));
      const q = at(args, 1) + row * at(args, 2) + (<usize>(h * dim) << 2);
      for (let j = first; j <= last; j++)
        store<f32>(scratch + (<usize>j << 2), dot(q, k + <usize>j * at(args, 4), dim));
      const width = padded(last + 1);
      onlySeen(scratch, first, last, width);
      const lse = logSum(scratch, width, scale);
      store<f32>(at(args, 9) + ((<usize>h * <usize>rows + row) << 2), lse);
      weigh(scratch, width, scale, lse);
      const o = at(args, 7) + row * at(args, 8) + (<usize>(h * dim) << 2);
      memory.fill(o, 0, <usize>dim << 2);
      for (let j = first; j <= last; j++)
        axpy(load<f32>(scratch + (<usize>j << 2)), v + <usize>j * at(args, 6), o, dim);
    }
  }
}

/** As `attentionForward` without the last, then do, doRow, dq, dqRow, dk, dkRow, dv, dvRow */
export function attentionBackward(args: usize, scratch: usize): void {
  const d = at(args, 0);
  const kvHeads = int(args, 13);
  const rows = batchOf(d) * lengthOf(d);
  let unit = 0;
  let mine = takePiece();
  for (let begin = 0; begin < rows; ) {
    const length = sequenceLength(args, begin);
    for (let head = 0; head < kvHeads; head++) {
      if (unit++ != mine) continue;
      backwardUnit(args, begin, length, head, scratch);
      mine = takePiece();
    }
    begin += length;
  }
}

function backwardUnit(args: usize, begin: i32, length: i32, kvHead: i32, scratch: usize): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const heads = int(args, 12);
  const kvHeads = int(args, 13);
  const dim = int(args, 14);
  const scale = float(args, 15);
  const keyRow = <usize>begin;
  const offset = <usize>(kvHead * dim) << 2;
  const qRow = at(args, 2);
  const kRow = at(args, 4);
  const vRow = at(args, 6);
  const oRow = at(args, 8);
  const doRow = at(args, 18);
  const dqRow = at(args, 20);
  const dkRow = at(args, 22);
  const dvRow = at(args, 24);
  const width = padded(length);
  const wide = <usize>width << 2;
  const packed = <usize>width * <usize>padded(dim) << 2;
  const keyColumns = scratch;
  const valueColumns = keyColumns + packed;
  const keyRows = valueColumns + packed;
  const scores = keyRows + packed;
  const slopes = scores + <usize>BLOCK * wide;
  const block = slopes + <usize>BLOCK * wide;
  const k = at(args, 3) + keyRow * kRow + offset;
  packColumns(k, kRow, dim, length, 1, keyColumns);
  packColumns(at(args, 5) + keyRow * vRow + offset, vRow, dim, length, 1, valueColumns);
  packRows(k, kRow, length, dim, 1, keyRows);
  const dk = at(args, 21) + keyRow * dkRow + offset;
  const dv = at(args, 23) + keyRow * dvRow + offset;
  for (let j: usize = 0; j < <usize>length; j++) {
    memory.fill(dk + j * dkRow, 0, <usize>dim << 2);
    memory.fill(dv + j * dvRow, 0, <usize>dim << 2);
  }
  const group = heads / kvHeads;
  for (let h = kvHead * group; h < (kvHead + 1) * group; h++) {
    const head = <usize>(h * dim) << 2;
    for (let i0 = 0; i0 < length; i0 += BLOCK) {
      const some = min(BLOCK, length - i0);
      const seen = min(length, i0 + some);
      const row0 = <usize>(begin + i0);
      const q = at(args, 1) + row0 * qRow + head;
      const o = at(args, 7) + row0 * oRow + head;
      const dO = at(args, 17) + row0 * doRow + head;
      for (let j = 0; j < seen; j += WIDE)
        for (let i = 0; i < some; i += 4) {
          const to = <usize>i * wide + (<usize>j << 2);
          const panel = <usize>(j >> 3) * panelBytes(dim);
          tile(min(4, some - i), WIDE, dim, q + <usize>i * qRow, qRow, 4, keyColumns + panel, scores + to, wide, 0, 0, 0);
          tile(min(4, some - i), WIDE, dim, dO + <usize>i * doRow, doRow, 4, valueColumns + panel, slopes + to, wide, 0, 0, 0);
        }
      for (let i = 0; i < some; i++) {
        const p = scores + <usize>i * wide;
        const last = i0 + i;
        const first = firstKey(last, int(args, 16));
        const row = row0 + i;
        onlySeen(p, first, last, padded(seen));
        weigh(p, padded(seen), scale, load<f32>(at(args, 9) + ((<usize>h * <usize>rows + row) << 2)));
        const less = f32x4.splat(dot(dO + <usize>i * doRow, o + <usize>i * oRow, dim));
        const by = f32x4.splat(scale);
        const slope = slopes + <usize>i * wide;
        for (let j: usize = 0; j < <usize>padded(seen) << 2; j += 16)
          v128.store(
            slope + j,
            f32x4.mul(f32x4.mul(v128.load(p + j), f32x4.sub(v128.load(slope + j), less)), by),
          );
      }
      for (let c = 0; c < dim; c += WIDE)
        for (let i = 0; i < some; i += 4)
          tile(
            min(4, some - i), min(WIDE, dim - c), seen, slopes + <usize>i * wide, wide, 4,
            keyRows + <usize>(c >> 3) * panelBytes(length),
            at(args, 19) + (row0 + i) * dqRow + head + (<usize>c << 2), dqRow, 0, 0, 0,
          );
      addTransposed(slopes, q, qRow, dk, dkRow, some, seen, dim, wide, block);
      addTransposed(scores, dO, doRow, dv, dvRow, some, seen, dim, wide, block);
    }
  }
}

/** to[key] += Σ_i p[i][key] · m[i] for `some` rows of m. */
function addTransposed(
  p: usize, m: usize, mRow: usize, to: usize, toRow: usize, some: i32, seen: i32, dim: i32, wide: usize, block: usize,
): void {
  packRows(m, mRow, some, dim, 1, block);
  for (let c = 0; c < dim; c += WIDE)
    for (let j = 0; j < seen; j += 4) {
      const out = to + <usize>j * toRow + (<usize>c << 2);
      tile(
        min(4, seen - j), min(WIDE, dim - c), some, p + (<usize>j << 2), 4, wide,
        block + <usize>(c >> 3) * panelBytes(some), out, toRow, out, toRow, 0,
      );
    }
}
