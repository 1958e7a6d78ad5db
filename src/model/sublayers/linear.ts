import type { View } from '../../ops/memory.ts';
import type { LinearBackward, LinearForward } from '../../ops/operations.ts';
import type { LoraBlock, LoraGradients, Matrix, Weight } from '../../ops/types.ts';
import type { SharedSizes } from './buffers.ts';
import { type BackwardIO, type ForwardIO, matrix, type SublayerPass } from './sublayer.ts';

/** A linear layer, fused (q, k, v; gate, up) where its inputs are one. */
export interface Linear {
  weight: Weight;
  /** Of the whole linear [out]. */
  bias?: View;
  in: number;
  out: number;
  /** Adapted by what PEFT calls these, with their rows; in order. */
  parts: { target: string; path: string; begin: number; end: number; rowOrder?: Uint32Array; bias?: View }[];
}

/** One call of the linear operations: the whole linear, or the part of a fused one that is (or is not) adapted. */
export interface LinearCall {
  row0: number;
  n: number;
  bias?: View;
  /** Column of S where this call's parts begin. */
  sColumn: number;
  lora?: { block: LoraBlock; gradients: LoraGradients };
}

/** A linear layer with what adapts it. */
export interface AdaptedLinear extends Linear {
  /** One call without an adapter where nothing is adapted. */
  calls: LinearCall[];
  /** Columns of S: parts adapted × padded rank. */
  sWidth: number;
}

export function isAdapted(linear: AdaptedLinear): boolean {
  return linear.sWidth > 0;
}

/** S = X Aᵀ, which the gradient of B needs. */
export function linearKept(linear: AdaptedLinear, tokens: number): number | undefined {
  return isAdapted(linear) ? tokens * linear.sWidth : undefined;
}

export function linearShared(linear: AdaptedLinear, tokens: number, backward: boolean): SharedSizes {
  return backward ? { dS: tokens * Math.max(linear.sWidth, 4) } : {};
}

/** Y = X Wᵀ (+ bias) (+ residual) + s·(X Aᵀ) Bᵀ for a linear whose parts are adapted all, none or some. */
export function linearForward(
  pass: SublayerPass,
  linear: AdaptedLinear,
  s: View | undefined,
  { x, y, residual }: ForwardIO,
): void {
  const { ops, training, rowsHint } = pass;
  for (const call of linear.calls) {
    const columns = (m: Matrix): Matrix => ({ ...m, column: m.column + call.row0 });
    let lora: LinearForward['lora'];
    if (call.lora) {
      const { block } = call.lora;
      lora = { block, s: matrix(s!, linear.sWidth, call.sColumn) };
      ops.loraDown({ x, k: linear.in, lora: block, s: lora.s, training, rowsHint });
    }
    ops.linearForward({
      x,
      w: linear.weight,
      row0: call.row0,
      n: call.n,
      k: linear.in,
      y: columns(y),
      bias: call.bias,
      residual: residual && columns(residual),
      lora,
      rowsHint,
    });
  }
}

/**
 * dS = s·dY·B, dB += s·dYᵀS, dA += dSᵀX, dX = dY·W + dS·A for each call of a linear. `input` is asked for once, and
 * only where an adapter wants it.
 */
export function linearBackward(
  { ops, shared }: SublayerPass,
  linear: AdaptedLinear,
  s: View | undefined,
  { dy, input, dx, wantsInput }: BackwardIO,
): void {
  let x: Matrix | null = null;
  linear.calls.forEach((call, i) => {
    const dyCall = { ...dy, column: dy.column + call.row0 };
    let lora: LinearBackward['lora'];
    if (call.lora) {
      const { block, gradients } = call.lora;
      const ds = matrix(shared('dS'), block.parts.length * block.rank);
      ops.loraUpBackward({
        dy: dyCall,
        s: matrix(s!, linear.sWidth, call.sColumn),
        lora: block,
        gradients,
        ds,
        n: call.n,
      });
      x ??= input();
      ops.loraDownBackward({ ds, x, k: linear.in, lora: block, gradients });
      lora = { block, ds };
    }
    if (!wantsInput) return;
    ops.linearBackward({
      dy: dyCall,
      w: linear.weight,
      row0: call.row0,
      n: call.n,
      k: linear.in,
      dx,
      accumulate: i > 0,
      lora,
    });
  });
}
