import { at, int } from './arguments';
import { loraA, loraB, loraParts, loraRank, loraScale, partBegin, partEnd } from './linear';
import { BY_COLUMNS, PANELS, product, share } from './product';
import { dot } from './simd';
import { rowAt } from './weight';

/** Rows and columns of W that are decoded at once: half the room behind the panels. */
const ROWS = 32;
const COLUMNS = 1024;

/** w, row0, n, k, out, lora */
export function rowNorms(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const n = int(args, 2);
  const lora = at(args, 5);
  const end = share(n, ROWS, thread + 1, threads);
  for (let j = share(n, ROWS, thread, threads); j < end; j += ROWS) {
    const last = min(end, j + ROWS);
    if (!lora) {
      norms(args, j, last, 0, scratch);
      continue;
    }
    for (let p = 0; p < loraParts(lora); p++) {
      const from = max(j, partBegin(lora, p));
      const to = min(last, partEnd(lora, p));
      if (from < to) norms(args, from, to, p, scratch);
    }
  }
}

/** Rows [from, to), which are in one part. */
function norms(args: usize, from: i32, to: i32, part: i32, scratch: usize): void {
  const w = at(args, 0);
  const k = int(args, 3);
  const out = at(args, 4);
  const lora = at(args, 5);
  const room = scratch + PANELS;
  memory.fill(out + (<usize>from << 2), 0, <usize>(to - from) << 2);
  for (let column = 0; column < k; column += COLUMNS) {
    const cols = min(COLUMNS, k - column);
    const bytes = <usize>cols << 2;
    for (let j = from; j < to; j++) {
      const to = room + <usize>(j - from) * bytes;
      const row = rowAt(w, int(args, 1) + j, column, cols, to);
      if (row != to) memory.copy(to, row, bytes);
    }
    if (lora) {
      const rank = loraRank(lora);
      product(
        BY_COLUMNS, rowAt(loraB(lora), from, 0, rank, 0), <usize>rank << 2, 4, loraA(lora), part * rank, column, rank,
        loraScale(lora), room, bytes, room, bytes, 0, 0, to - from, 0, cols, scratch,
      );
    }
    for (let j = from; j < to; j++) {
      const row = room + <usize>(j - from) * bytes;
      const at = out + (<usize>j << 2);
      store<f32>(at, load<f32>(at) + dot(row, row, cols));
    }
  }
  for (let j = from; j < to; j++) {
    const at = out + (<usize>j << 2);
    store<f32>(at, max<f32>(Mathf.sqrt(load<f32>(at)), 1e-30));
  }
}
