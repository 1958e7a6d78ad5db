import { at, float, int } from './arguments';
import { lengthOf, offsetOf, positionOf, rowsOf, startOf } from './dims';
import { share } from './product';
import { axpy } from './simd';
import { rowAt } from './weight';

/** dims, ids, table, width, out, outRow, scale, positions, positionTable, positionRows, first, tableRows */
export function embed(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const width = int(args, 3);
  const scale = float(args, 6);
  const learned = at(args, 8);
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++) {
    const id = load<i32>(at(args, 1) + (<usize>i << 2)) - int(args, 10);
    if (<u32>id >= <u32>int(args, 11)) continue;
    const out = at(args, 4) + <usize>i * at(args, 5);
    memory.fill(out, 0, <usize>width << 2);
    axpy(scale, rowAt(at(args, 2), id, 0, width, scratch), out, width);
    if (!learned) continue;
    const position = min(positionOf(d, at(args, 7), i), int(args, 9) - 1);
    axpy(1, rowAt(learned, position, 0, width, scratch), out, width);
  }
}

/** dims, ids, first, dout, doutRow, width, gradient, count: each thread has some of the table's rows. */
export function embedBackward(args: usize, thread: i32, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 5);
  const begin = share(int(args, 7), 1, thread, threads);
  const count = share(int(args, 7), 1, thread + 1, threads) - begin;
  for (let i = 0; i < rows; i++) {
    const own = load<i32>(at(args, 1) + (<usize>i << 2)) - int(args, 2) - begin;
    if (<u32>own >= <u32>count) continue;
    const to = at(args, 6) + (<usize>(begin + own) * <usize>width << 2);
    axpy(1, at(args, 3) + <usize>i * at(args, 4), to, width);
  }
}

/** dims, x, xRow, heads, headDim, rotaryDims, table, positions, back */
export function rope(args: usize, thread: i32, threads: i32): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const half = int(args, 5) >> 1;
  const far = <usize>half << 2;
  const turn: f32 = int(args, 8) ? -1 : 1;
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++) {
    const angles = at(args, 6) + ((<usize>positionOf(d, at(args, 7), i) * <usize>half) << 3);
    for (let h = 0; h < int(args, 3); h++) {
      const x = at(args, 1) + <usize>i * at(args, 2) + (<usize>(h * int(args, 4)) << 2);
      for (let j: usize = 0; j < <usize>half; j++) {
        const cos = load<f32>(angles + (j << 3));
        const sin = load<f32>(angles + (j << 3), 4) * turn;
        const a = load<f32>(x + (j << 2));
        const b = load<f32>(x + (j << 2) + far);
        store<f32>(x + (j << 2), a * cos - b * sin);
        store<f32>(x + (j << 2) + far, b * cos + a * sin);
      }
    }
  }
}

/** dims, x, xRow, out, outRow, width, index */
export function gatherRows(args: usize, thread: i32, threads: i32): void {
  const d = at(args, 0);
  const bytes = <usize>int(args, 5) << 2;
  for (let i = share(rowsOf(d), 1, thread, threads); i < share(rowsOf(d), 1, thread + 1, threads); i++) {
    const from = load<usize>(at(args, 6) + (<usize>(offsetOf(d) + i) << 2));
    memory.copy(at(args, 3) + <usize>i * at(args, 4), at(args, 1) + from * at(args, 2), bytes);
  }
}

/** The same arguments. */
export function scatterRows(args: usize, thread: i32, threads: i32): void {
  const d = at(args, 0);
  const bytes = <usize>int(args, 5) << 2;
  for (let i = share(rowsOf(d), 1, thread, threads); i < share(rowsOf(d), 1, thread + 1, threads); i++) {
    const to = load<usize>(at(args, 6) + (<usize>(offsetOf(d) + i) << 2));
    memory.copy(at(args, 3) + to * at(args, 4), at(args, 1) + <usize>i * at(args, 2), bytes);
  }
}

/** dims, x, xRow, out, outRow, width, factor */
export function addRows(args: usize, thread: i32, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++)
    axpy(float(args, 6), at(args, 1) + <usize>i * at(args, 2), at(args, 3) + <usize>i * at(args, 4), int(args, 5));
}

/** dims, x, xRow, out, outRow, width, capacity, positions */
export function appendRows(args: usize, thread: i32, threads: i32): void {
  const d = at(args, 0);
  const length = lengthOf(d);
  const bytes = <usize>int(args, 5) << 2;
  for (let i = share(rowsOf(d), 1, thread, threads); i < share(rowsOf(d), 1, thread + 1, threads); i++) {
    const to = (i / length) * int(args, 6) + positionOf(d, at(args, 7), i);
    memory.copy(at(args, 3) + <usize>to * at(args, 4), at(args, 1) + <usize>i * at(args, 2), bytes);
  }
}
