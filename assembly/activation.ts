import { at, int } from './arguments';
import { rowsOf } from './dims';
import { exp4, madd } from './simd';
import { pieceOf, rowAfter } from './threads';

// f(gate) · up and its gradient. Kinds: 0 SiLU, 1 GELU by erf, 2 GELU by tanh.

@inline function s(x: f32): v128 { return f32x4.splat(x); }

@inline
function sigmoid(x: v128): v128 {
  return f32x4.div(s(1), f32x4.add(s(1), exp4(f32x4.neg(f32x4.max(x, s(-80))))));
}

/** Φ(x) with erf to 1.5e-7 (Abramowitz and Stegun 7.1.26). */
@inline
function normalCdf(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), s(0.7071067811865476));
  const t = f32x4.div(s(1), madd(z, s(0.3275911), s(1)));
  let series = madd(t, s(1.061405429), s(-1.453152027));
  series = madd(series, t, s(1.421413741));
  series = madd(series, t, s(-0.284496736));
  series = madd(series, t, s(0.254829592));
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(s(0.5), series), t), exp4(f32x4.neg(f32x4.min(f32x4.mul(z, z), s(80)))));
  return v128.bitselect(f32x4.sub(s(1), tail), tail, f32x4.gt(x, s(0)));
}

@inline
function tanhOf(x: v128): v128 {
  const inner = f32x4.mul(s(0.7978845608028654), f32x4.add(x, f32x4.mul(s(0.044715), f32x4.mul(x, f32x4.mul(x, x)))));
  const bounded = f32x4.max(f32x4.min(inner, s(15)), s(-15));
  return f32x4.sub(s(1), f32x4.div(s(2), f32x4.add(s(1), exp4(f32x4.add(bounded, bounded)))));
}

@inline
function activate(kind: i32, x: v128): v128 {
  if (kind == 0) return f32x4.mul(x, sigmoid(x));
  if (kind == 1) return f32x4.mul(x, normalCdf(x));
  return f32x4.mul(f32x4.mul(s(0.5), x), f32x4.add(s(1), tanhOf(x)));
}

@inline
function derivative(kind: i32, x: v128): v128 {
  if (kind == 0) {
    const y = sigmoid(x);
    return f32x4.mul(y, f32x4.add(s(1), f32x4.mul(x, f32x4.sub(s(1), y))));
  }
  if (kind == 1) {
    const half = f32x4.mul(s(0.5), f32x4.mul(x, x));
    const density = f32x4.mul(s(0.3989422804014327), exp4(f32x4.neg(f32x4.min(half, s(80)))));
    return f32x4.add(normalCdf(x), f32x4.mul(x, density));
  }
  const t = tanhOf(x);
  const inner = f32x4.mul(s(0.7978845608028654), f32x4.add(s(1), f32x4.mul(s(0.134145), f32x4.mul(x, x))));
  const bend = f32x4.mul(f32x4.mul(f32x4.mul(s(0.5), x), f32x4.sub(s(1), f32x4.mul(t, t))), inner);
  return f32x4.add(f32x4.mul(s(0.5), f32x4.add(s(1), t)), bend);
}

/** Up to four floats; what is missing is zero. */
@inline
function some(from: usize, n: i32): v128 {
  if (n >= 4) return v128.load(from);
  let v = s(0);
  v = f32x4.replace_lane(v, 0, load<f32>(from));
  if (n > 1) v = f32x4.replace_lane(v, 1, load<f32>(from, 4));
  if (n > 2) v = f32x4.replace_lane(v, 2, load<f32>(from, 8));
  return v;
}

@inline
function put(to: usize, v: v128, n: i32): void {
  if (n >= 4) {
    v128.store(to, v);
    return;
  }
  store<f32>(to, f32x4.extract_lane(v, 0));
  if (n > 1) store<f32>(to, f32x4.extract_lane(v, 1), 4);
  if (n > 2) store<f32>(to, f32x4.extract_lane(v, 2), 8);
}

/** dims, gu, guRow, width, kind, gated, act, actRow */
export function gatedForward(args: usize, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 3);
  const kind = int(args, 4);
  const piece = pieceOf(rows, 1, rows, threads);
  for (let i = rowAfter(-1, piece); i < rows; i = rowAfter(i, piece)) {
    const gate = at(args, 1) + <usize>i * at(args, 2);
    const up = gate + (<usize>width << 2);
    const act = at(args, 6) + <usize>i * at(args, 7);
    for (let j = 0; j < width; j += 4) {
      const c = <usize>j << 2;
      const n = width - j;
      const value = activate(kind, some(gate + c, n));
      put(act + c, int(args, 5) ? f32x4.mul(value, some(up + c, n)) : value, n);
    }
  }
}

/** dims, gu, guRow, width, kind, gated, dact, dactRow */
export function gatedBackward(args: usize, threads: i32): void {
  const rows = rowsOf(at(args, 0));
  const width = int(args, 3);
  const kind = int(args, 4);
  const gated = int(args, 5);
  const piece = pieceOf(rows, 1, rows, threads);
  for (let i = rowAfter(-1, piece); i < rows; i = rowAfter(i, piece)) {
    const gate = at(args, 1) + <usize>i * at(args, 2);
    const up = gate + (<usize>width << 2);
    const dact = at(args, 6) + <usize>i * at(args, 7);
    for (let j = 0; j < width; j += 4) {
      const c = <usize>j << 2;
      const n = width - j;
      const x = some(gate + c, n);
      let d = some(dact + c, n);
      if (gated) {
        const u = some(up + c, n);
        put(up + c, f32x4.mul(d, activate(kind, x)), n);
        d = f32x4.mul(d, u);
      }
      put(gate + c, f32x4.mul(d, derivative(kind, x)), n);
    }
  }
}
