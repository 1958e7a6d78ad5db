import { at, float, int } from './arguments';
import { offsetOf, rowsOf, scaleOf } from './dims';
import { exp4, sum4 } from './simd';
import { pieceOf, rowAfter } from './threads';

/** In place of a logit: e to its power is 0 beside any other. */
const NONE: f32 = -3e38;

@inline
function exp1(x: f32): f32 { return f32x4.extract_lane(exp4(f32x4.splat(x)), 0); }

/** t · (log t − log p), 0 where t is 0. */
@inline
function term(t: f32, logP: f32): f64 { return t > 0 ? <f64>t * (Math.log(t) - <f64>logP) : 0; }

/** The largest of the floats in [from, from + bytes). */
function largest(from: usize, bytes: usize): f32 {
  const whole = bytes & ~15;
  let most4 = f32x4.splat(NONE);
  let c: usize = 0;
  for (; c < whole; c += 16) most4 = f32x4.max(most4, v128.load(from + c));
  let most = max(
    max(f32x4.extract_lane(most4, 0), f32x4.extract_lane(most4, 1)),
    max(f32x4.extract_lane(most4, 2), f32x4.extract_lane(most4, 3)),
  );
  for (; c < bytes; c += 4) most = max(most, load<f32>(from + c));
  return most;
}

/** Σ exp(x − most) over the floats in [from, from + bytes), in pieces: a float's digits are lost to a long sum. */
function sumOfExponentials(from: usize, bytes: usize, most: f32): f64 {
  const whole = bytes & ~15;
  const less = f32x4.splat(most);
  let sum: f64 = 0;
  let c: usize = 0;
  while (c < whole) {
    let piece = f32x4.splat(0);
    const end = min(whole, c + 4096);
    for (; c < end; c += 16) piece = f32x4.add(piece, exp4(f32x4.sub(v128.load(from + c), less)));
    sum += <f64>sum4(piece);
  }
  for (; c < bytes; c += 4) sum += <f64>exp1(load<f32>(from + c) - most);
  return sum;
}

/**
 * dims, logits, logitsRow, targets, weights, losses, vocab, gradient, lossesRow, top, ids, probabilities, weight, kept
 *
 * The logits of the likeliest tokens are taken out first, so that the sum over what is left is that of the rest itself:
 * 1 − Σ p_k would lose all digits where they hold nearly everything.
 */
export function softCrossEntropy(args: usize, threads: i32): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const bytes = <usize>int(args, 6) << 2;
  const next = <usize>int(args, 8);
  const top = int(args, 9);
  const w = float(args, 12);
  const label: f32 = 1 - w;
  const hasRest = top < int(args, 6);
  const piece = pieceOf(rows, 1, rows, threads);
  for (let i = rowAfter(-1, piece); i < rows; i = rowAfter(i, piece)) {
    const z = at(args, 1) + <usize>i * at(args, 2);
    const row = <usize>(offsetOf(d) + i);
    const place = row << 2;
    const weight = load<f32>(at(args, 4) + place);
    const target = z + (load<usize>(at(args, 3) + place) << 2);
    const ids = at(args, 10) + ((row * <usize>top) << 2);
    const t = at(args, 11) + ((row * <usize>(top + 1)) << 2);
    const kept = at(args, 13) + ((<usize>i * <usize>top) << 2);
    const tops = <usize>top << 2;
    const labelLogit = load<f32>(target);
    for (let k: usize = 0; k < tops; k += 4) {
      const logit = z + (load<usize>(ids + k) << 2);
      store<f32>(kept + k, load<f32>(logit));
      store<f32>(logit, NONE);
    }
    const topMost = largest(kept, tops);
    const topSum = sumOfExponentials(kept, tops, topMost);
    let lse = topMost + <f32>Math.log(topSum);
    let lseRest: f32 = 0;
    if (hasRest) {
      const restMost = largest(z, bytes);
      const restSum = sumOfExponentials(z, bytes, restMost);
      lseRest = restMost + <f32>Math.log(restSum);
      const most = max(topMost, restMost);
      const sum = topSum * <f64>exp1(topMost - most) + restSum * <f64>exp1(restMost - most);
      lse = most + <f32>Math.log(sum);
    }
    const rest = load<f32>(t + tops);
    let divergence: f64 = hasRest ? term(rest, lseRest - lse) : 0;
    for (let k: usize = 0; k < tops; k += 4) divergence += term(load<f32>(t + k), load<f32>(kept + k) - lse);
    const crossEntropy = weight * (lse - labelLogit);
    const kl = weight * <f32>divergence;
    const losses = at(args, 5) + place;
    store<f32>(losses, label * crossEntropy + w * kl);
    store<f32>(losses + next, crossEntropy);
    store<f32>(losses + 2 * next, kl);
    if (!int(args, 7)) continue;
    const scale = weight * scaleOf(d);
    if (hasRest) restGradient(z, bytes, lse, lseRest, w * rest, scale);
    if (hasRest) store<f32>(target, load<f32>(target) - label * scale);
    for (let k: usize = 0; k < tops; k += 4) {
      const logit = z + (load<usize>(ids + k) << 2);
      let g = exp1(load<f32>(kept + k) - lse) - w * load<f32>(t + k);
      if (logit == target) g -= label;
      store<f32>(logit, g * scale);
    }
  }
}

/** z = scale · (exp(z − lse) − part · exp(z − lseRest)). */
function restGradient(z: usize, bytes: usize, lse: f32, lseRest: f32, part: f32, scale: f32): void {
  const whole = bytes & ~15;
  const by = f32x4.splat(scale);
  const part4 = f32x4.splat(part);
  const all = f32x4.splat(lse);
  const rest = f32x4.splat(lseRest);
  let c: usize = 0;
  for (; c < whole; c += 16) {
    const x = v128.load(z + c);
    const outside = f32x4.mul(part4, exp4(f32x4.sub(x, rest)));
    v128.store(z + c, f32x4.mul(by, f32x4.sub(exp4(f32x4.sub(x, all)), outside)));
  }
  for (; c < bytes; c += 4) {
    const x = load<f32>(z + c);
    store<f32>(z + c, scale * (exp1(x - lse) - part * exp1(x - lseRest)));
  }
}
