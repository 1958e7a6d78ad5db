import { at, float, int } from './arguments';
import { rowsOf } from './dims';
import { share } from './product';
import { axpy, madd, sum4 } from './simd';

// Norms of rows, or of heads beside one another in a row.

/** w (+ 1), four or fewer at once. */
@inline
function weight(w: usize, one: v128): v128 { return f32x4.add(v128.load(w), one); }

@inline
function weight1(w: usize, one: i32): f32 { return load<f32>(w) + <f32>one; }

function squares(x: usize, n: i32): f32 {
  let sum = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(x + (<usize>i << 2));
    sum = madd(v, v, sum);
  }
  let all = sum4(sum);
  for (; i < n; i++) all += load<f32>(x + (<usize>i << 2)) * load<f32>(x + (<usize>i << 2));
  return all;
}

/** dims, x, xRow, y, yRow, weight, width, eps, rstd, addOne, heads, residual (or 0), residualRow */
export function rmsNormForward(args: usize, thread: i32, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 6);
  const w = at(args, 5);
  const addOne = int(args, 9);
  const heads = int(args, 10);
  const residual = at(args, 11);
  const one = f32x4.splat(<f32>addOne);
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++)
    for (let h = 0; h < heads; h++) {
      const x = at(args, 1) + <usize>i * at(args, 2) + (<usize>(h * width) << 2);
      const y = at(args, 3) + <usize>i * at(args, 4) + (<usize>(h * width) << 2);
      const rstd: f32 = 1 / Mathf.sqrt(squares(x, width) / <f32>width + float(args, 7));
      store<f32>(at(args, 8) + (<usize>(i * heads + h) << 2), rstd);
      const by = f32x4.splat(rstd);
      let c: usize = 0;
      const end = <usize>(width & ~3) << 2;
      for (; c < end; c += 16) v128.store(y + c, f32x4.mul(f32x4.mul(v128.load(x + c), by), weight(w + c, one)));
      for (; c < <usize>width << 2; c += 4) store<f32>(y + c, load<f32>(x + c) * rstd * weight1(w + c, addOne));
      if (residual) axpy(1, residual + <usize>i * at(args, 12) + (<usize>(h * width) << 2), y, width);
    }
}

/** dims, dy, dyRow, x, xRow, weight, rstd, dx, dxRow, width, addOne, accumulate, heads */
export function rmsNormBackward(args: usize, thread: i32, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 9);
  const w = at(args, 5);
  const addOne = int(args, 10);
  const keep: f32 = int(args, 11) ? 1 : 0;
  const heads = int(args, 12);
  const one = f32x4.splat(<f32>addOne);
  const bytes = <usize>width << 2;
  const whole = <usize>(width & ~3) << 2;
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++)
    for (let h = 0; h < heads; h++) {
      const at0 = <usize>(h * width) << 2;
      const dy = at(args, 1) + <usize>i * at(args, 2) + at0;
      const x = at(args, 3) + <usize>i * at(args, 4) + at0;
      const dx = at(args, 7) + <usize>i * at(args, 8) + at0;
      const rstd = load<f32>(at(args, 6) + (<usize>(i * heads + h) << 2));
      let sum = f32x4.splat(0);
      let c: usize = 0;
      for (; c < whole; c += 16)
        sum = madd(f32x4.mul(v128.load(dy + c), weight(w + c, one)), v128.load(x + c), sum);
      let along = sum4(sum);
      for (; c < bytes; c += 4) along += load<f32>(dy + c) * weight1(w + c, addOne) * load<f32>(x + c);
      const back = (along / <f32>width) * rstd * rstd;
      const by = f32x4.splat(rstd);
      const less = f32x4.splat(back);
      c = 0;
      for (; c < whole; c += 16) {
        const g = f32x4.mul(v128.load(dy + c), weight(w + c, one));
        let out = f32x4.mul(by, f32x4.sub(g, f32x4.mul(v128.load(x + c), less)));
        if (keep != 0) out = f32x4.add(out, v128.load(dx + c));
        v128.store(dx + c, out);
      }
      for (; c < bytes; c += 4) {
        const g = load<f32>(dy + c) * weight1(w + c, addOne);
        const out = rstd * (g - load<f32>(x + c) * back);
        store<f32>(dx + c, keep != 0 ? out + load<f32>(dx + c) : out);
      }
    }
}

/** dims, x, xRow, y, yRow, weight, bias, width, eps, stat */
export function layerNormForward(args: usize, thread: i32, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 7);
  const bytes = <usize>width << 2;
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++) {
    const x = at(args, 1) + <usize>i * at(args, 2);
    const y = at(args, 3) + <usize>i * at(args, 4);
    let sum: f32 = 0;
    for (let c: usize = 0; c < bytes; c += 4) sum += load<f32>(x + c);
    const mean = sum / <f32>width;
    let spread: f32 = 0;
    for (let c: usize = 0; c < bytes; c += 4) {
      const off = load<f32>(x + c) - mean;
      spread += off * off;
    }
    const rstd: f32 = 1 / Mathf.sqrt(spread / <f32>width + float(args, 8));
    const stat = at(args, 9) + (<usize>i << 3);
    store<f32>(stat, mean);
    store<f32>(stat, rstd, 4);
    for (let c: usize = 0; c < bytes; c += 4)
      store<f32>(
        y + c,
        (load<f32>(x + c) - mean) * rstd * load<f32>(at(args, 5) + c) + load<f32>(at(args, 6) + c),
      );
  }
}

/** dims, dy, dyRow, x, xRow, weight, stat, dx, dxRow, width, accumulate */
export function layerNormBackward(args: usize, thread: i32, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 9);
  const w = at(args, 5);
  const bytes = <usize>width << 2;
  for (let i = share(rows, 1, thread, threads); i < share(rows, 1, thread + 1, threads); i++) {
    const dy = at(args, 1) + <usize>i * at(args, 2);
    const x = at(args, 3) + <usize>i * at(args, 4);
    const dx = at(args, 7) + <usize>i * at(args, 8);
    const stat = at(args, 6) + (<usize>i << 3);
    const mean = load<f32>(stat);
    const rstd = load<f32>(stat, 4);
    let sum: f32 = 0;
    let along: f32 = 0;
    for (let c: usize = 0; c < bytes; c += 4) {
      const g = load<f32>(dy + c) * load<f32>(w + c);
      sum += g;
      along += g * (load<f32>(x + c) - mean) * rstd;
    }
    sum /= <f32>width;
    along /= <f32>width;
    for (let c: usize = 0; c < bytes; c += 4) {
      const g = load<f32>(dy + c) * load<f32>(w + c);
      const out = rstd * (g - sum - (load<f32>(x + c) - mean) * rstd * along);
      store<f32>(dx + c, int(args, 10) ? out + load<f32>(dx + c) : out);
    }
  }
}
