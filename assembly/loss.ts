import { at, int } from './arguments';
import { offsetOf, rowsOf, scaleOf } from './dims';
import { share } from './product';
import { exp4, sum4 } from './simd';
import { pieceOf, rowAfter } from './threads';

/** dims, logits, logitsRow, targets, weights, losses, vocab, gradient */
export function crossEntropy(args: usize, threads: i32): void {
  const d = at(args, 0);
  const rows = rowsOf(d);
  const vocab = int(args, 6);
  const bytes = <usize>vocab << 2;
  const whole = bytes & ~15;
  const piece = pieceOf(rows, 1, rows, threads);
  for (let i = rowAfter(-1, piece); i < rows; i = rowAfter(i, piece)) {
    const z = at(args, 1) + <usize>i * at(args, 2);
    const place = <usize>(offsetOf(d) + i) << 2;
    const weight = load<f32>(at(args, 4) + place);
    const target = z + (load<usize>(at(args, 3) + place) << 2);
    let most4 = f32x4.splat(-Infinity);
    let c: usize = 0;
    for (; c < whole; c += 16) most4 = f32x4.max(most4, v128.load(z + c));
    let most = max(
      max(f32x4.extract_lane(most4, 0), f32x4.extract_lane(most4, 1)),
      max(f32x4.extract_lane(most4, 2), f32x4.extract_lane(most4, 3)),
    );
    for (; c < bytes; c += 4) most = max(most, load<f32>(z + c));
    const less = f32x4.splat(most);
    let sum: f64 = 0;
    for (c = 0; c < whole; ) {
      // In pieces: a float's digits are lost to the sum of a whole vocabulary.
      let piece = f32x4.splat(0);
      const end = min(whole, c + 4096);
      for (; c < end; c += 16) piece = f32x4.add(piece, exp4(f32x4.sub(v128.load(z + c), less)));
      sum += <f64>sum4(piece);
    }
    for (; c < bytes; c += 4)
      sum += <f64>f32x4.extract_lane(exp4(f32x4.splat(load<f32>(z + c) - most)), 0);
    const lse = most + <f32>Math.log(sum);
    store<f32>(at(args, 5) + place, weight * (lse - load<f32>(target)));
    if (!int(args, 7)) continue;
    const scale = weight * scaleOf(d);
    const by = f32x4.splat(scale);
    const all = f32x4.splat(lse);
    for (c = 0; c < whole; c += 16)
      v128.store(z + c, f32x4.mul(by, exp4(f32x4.sub(v128.load(z + c), all))));
    for (; c < bytes; c += 4)
      store<f32>(z + c, scale * f32x4.extract_lane(exp4(f32x4.splat(load<f32>(z + c) - lse)), 0));
    store<f32>(target, load<f32>(target) - scale);
  }
}

/** dims, losses, result */
export function sumLosses(args: usize, thread: i32): void {
  if (thread != 0) return;
  let sum: f64 = 0;
  const end = <usize>rowsOf(at(args, 0)) << 2;
  for (let c: usize = 0; c < end; c += 4) sum += <f64>load<f32>(at(args, 1) + c);
  store<f32>(at(args, 2), load<f32>(at(args, 2)) + <f32>sum);
}

/** gradients, count, result */
export function gradNorm(args: usize, thread: i32): void {
  if (thread != 0) return;
  let low = f64x2.splat(0);
  let high = low;
  const end = <usize>int(args, 1) << 2;
  const from = at(args, 0);
  let c: usize = 0;
  for (; c < (end & ~15); c += 16) {
    const g = v128.load(from + c);
    const a = f64x2.promote_low_f32x4(g);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(g, g, 1, 1));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; c < end; c += 4) sum += <f64>load<f32>(from + c) * <f64>load<f32>(from + c);
  const norm = <f32>Math.sqrt(sum);
  const result = at(args, 2);
  store<f32>(result, norm, 4);
  store<f32>(result, isFinite(norm) && isFinite(load<f32>(result)) ? 1 : 0, 8);
}

/** weights, gradients, m, v, count, hyper, result; see adamwHyper in src/ops/adamw.ts */
export function adamw(args: usize, thread: i32, threads: i32): void {
  const result = at(args, 6);
  if (load<f32>(result, 8) == 0) return;
  const hyper = at(args, 5);
  const clip = load<f32>(hyper, 20);
  const norm = load<f32>(result, 4);
  const factor: f32 = clip > 0 ? min<f32>(1, clip / (norm + <f32>1e-6)) : 1;
  const rate = load<f32>(hyper);
  const g1 = load<f32>(hyper, 4);
  const g2 = load<f32>(hyper, 8);
  const by = f32x4.splat(factor);
  const decay = f32x4.splat(1 - rate * load<f32>(hyper, 16));
  const notBeta1 = f32x4.splat(g1);
  const notBeta2 = f32x4.splat(g2);
  const epsilon = f32x4.splat(load<f32>(hyper, 12));
  const step = f32x4.splat(rate / load<f32>(hyper, 24));
  const bias2 = f32x4.splat(load<f32>(hyper, 28));
  const count = int(args, 4);
  const begin = <usize>share(count, 4, thread, threads) << 2;
  const end = <usize>share(count, 4, thread + 1, threads) << 2;
  for (let c = begin; c < end; c += 16) {
    const g = f32x4.mul(v128.load(at(args, 1) + c), by);
    const m0 = v128.load(at(args, 2) + c);
    const m = f32x4.add(m0, f32x4.mul(notBeta1, f32x4.sub(g, m0)));
    const v0 = v128.load(at(args, 3) + c);
    const v = f32x4.add(v0, f32x4.mul(notBeta2, f32x4.sub(f32x4.mul(g, g), v0)));
    v128.store(at(args, 2) + c, m);
    v128.store(at(args, 3) + c, v);
    const w = f32x4.mul(v128.load(at(args, 0) + c), decay);
    const below = f32x4.add(f32x4.sqrt(f32x4.div(v, bias2)), epsilon);
    v128.store(at(args, 0) + c, f32x4.sub(w, f32x4.div(f32x4.mul(step, m), below)));
  }
}

/** view, bytes */
export function clear(args: usize, thread: i32): void {
  if (thread == 0) memory.fill(at(args, 0), 0, at(args, 1));
}
