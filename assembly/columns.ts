import { at, int } from './arguments';
import { rowsOf, strengthOf } from './dims';
import { PANELS, share } from './product';
import { madd } from './simd';

// A factor of each column: scale / over. Columns go in pieces whose factors stand in the scratch.

/** Columns of a piece: their factors take a quarter of the panels, what backward sums another. */
const PIECE: i32 = <i32>(PANELS >> 4);

/** out[j] = 1 + strength · (scale[j] / over[j] − 1), so that strength 0 gives just 1. */
function factors(scale: usize, over: usize, begin: i32, count: i32, strength: f32, out: usize): void {
  for (let j = 0; j < count; j++) {
    const place = <usize>(begin + j) << 2;
    let factor = load<f32>(scale + place);
    if (over) factor /= load<f32>(over + place);
    if (strength != 1) factor = 1 + strength * (factor - 1);
    store<f32>(out + (<usize>j << 2), factor);
  }
}

/** dims, x, xRow, out, outRow, width, scale, over, bias, residual, residualRow */
export function scaleColumns(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const width = int(args, 5);
  const bias = at(args, 8);
  const residual = at(args, 9);
  for (let begin = 0; begin < width; begin += PIECE) {
    const bytes = <usize>min(PIECE, width - begin) << 2;
    const whole = bytes & ~15;
    const first = <usize>begin << 2;
    factors(at(args, 6), at(args, 7), begin, <i32>(bytes >> 2), strengthOf(d), scratch);
    for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++) {
      const x = at(args, 1) + <usize>i * at(args, 2) + first;
      const out = at(args, 3) + <usize>i * at(args, 4) + first;
      const plus = residual + <usize>i * at(args, 10) + first;
      let c: usize = 0;
      for (; c < whole; c += 16) {
        let value = f32x4.mul(v128.load(scratch + c), v128.load(x + c));
        if (bias) value = f32x4.add(value, v128.load(bias + first + c));
        if (residual) value = f32x4.add(value, v128.load(plus + c));
        v128.store(out + c, value);
      }
      for (; c < bytes; c += 4) {
        let value = load<f32>(scratch + c) * load<f32>(x + c);
        if (bias) value += load<f32>(bias + first + c);
        if (residual) value += load<f32>(plus + c);
        store<f32>(out + c, value);
      }
    }
  }
}

/** dims, dy, dyRow, x, xRow, dx, dxRow, width, scale, over, gradient */
export function scaleColumnsBackward(args: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 7);
  const over = at(args, 9);
  const last = share(width, 16, thread + 1, threads);
  const sums = scratch + (PANELS >> 1);
  for (let begin = share(width, 16, thread, threads); begin < last; begin += PIECE) {
    const count = min(PIECE, last - begin);
    const bytes = <usize>count << 2;
    const whole = bytes & ~15;
    const first = <usize>begin << 2;
    factors(at(args, 8), over, begin, count, 1, scratch);
    memory.fill(sums, 0, bytes);
    for (let i = 0; i < rows; i++) {
      const dy = at(args, 1) + <usize>i * at(args, 2) + first;
      const x = at(args, 3) + <usize>i * at(args, 4) + first;
      const dx = at(args, 5) + <usize>i * at(args, 6) + first;
      let c: usize = 0;
      for (; c < whole; c += 16) {
        const g = v128.load(dy + c);
        v128.store(sums + c, madd(g, v128.load(x + c), v128.load(sums + c)));
        v128.store(dx + c, f32x4.mul(v128.load(scratch + c), g));
      }
      for (; c < bytes; c += 4) {
        const g = load<f32>(dy + c);
        store<f32>(sums + c, load<f32>(sums + c) + g * load<f32>(x + c));
        store<f32>(dx + c, load<f32>(scratch + c) * g);
      }
    }
    for (let c: usize = 0; c < bytes; c += 4) {
      let sum = load<f32>(sums + c);
      if (over) sum /= load<f32>(over + first + c);
      const gradient = at(args, 10) + first + c;
      store<f32>(gradient, load<f32>(gradient) + sum);
    }
  }
}
