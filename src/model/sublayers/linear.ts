import type { View } from '../../ops/memory.ts';
import type { LinearBackward, LinearForward } from '../../ops/operations.ts';
import type { Matrix, Weight } from '../../ops/types.ts';
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

/**
 * What a method of adapting puts beside a call of a linear: products of its own before the linear's, and what the
 * linear's product adds from them. Its parameters and their gradients are its own.
 */
export interface LinearAdapter {
  /** Columns that it keeps from forward to backward, and as many that it needs in backward. */
  columns: number;
  /** `kept` is filled for the backward pass. */
  forward(pass: SublayerPass, io: { x: Matrix; k: number; kept: Matrix }): LinearForward['lora'];
  /** Adds to the gradients of its parameters. `work` is free to write to; `input` is asked for at most once. */
  backward(
    pass: SublayerPass,
    io: { dy: Matrix; n: number; k: number; input: () => Matrix; kept: Matrix; work: Matrix },
  ): LinearBackward['lora'];
}

/** One call of the linear operations: the whole linear, or the part of a fused one that is (or is not) adapted. */
export interface LinearCall {
  row0: number;
  n: number;
  bias?: View;
  /** First of the linear's kept columns that are its adapter's. */
  keptColumn: number;
  adapter?: LinearAdapter;
}

/** A linear layer with what adapts it. */
export interface AdaptedLinear extends Linear {
  /** One call without an adapter where nothing is adapted. */
  calls: LinearCall[];
  /** Columns that the adapters of all calls keep. */
  keptColumns: number;
}

export function isAdapted(linear: AdaptedLinear): boolean {
  return linear.keptColumns > 0;
}

/** What the adapters keep, for LoRA S = X Aᵀ, which the gradient of B needs. */
export function linearKept(linear: AdaptedLinear, tokens: number): number | undefined {
  return isAdapted(linear) ? tokens * linear.keptColumns : undefined;
}

export function linearShared(linear: AdaptedLinear, tokens: number, backward: boolean): SharedSizes {
  return backward ? { dS: tokens * Math.max(linear.keptColumns, 4) } : {};
}

/** Y = X Wᵀ (+ bias) (+ residual) + what the adapters add, for a linear whose parts are adapted all, none or some. */
export function linearForward(
  pass: SublayerPass,
  linear: AdaptedLinear,
  kept: View | undefined,
  { x, y, residual }: ForwardIO,
): void {
  const { ops, rowsHint } = pass;
  for (const call of linear.calls) {
    const columns = (m: Matrix): Matrix => ({ ...m, column: m.column + call.row0 });
    const lora = call.adapter?.forward(pass, {
      x,
      k: linear.in,
      kept: matrix(kept!, linear.keptColumns, call.keptColumn),
    });
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
 * dX = dY·W + what the adapters add, and their gradients, for each call of a linear. `input` is asked for once, and only
 * where an adapter wants it.
 */
export function linearBackward(
  pass: SublayerPass,
  linear: AdaptedLinear,
  kept: View | undefined,
  { dy, input, dx, wantsInput }: BackwardIO,
): void {
  let x: Matrix | null = null;
  const once = () => {
    x ??= input();
    return x;
  };
  linear.calls.forEach((call, i) => {
    const dyCall = { ...dy, column: dy.column + call.row0 };
    const lora = call.adapter?.backward(pass, {
      ...{ dy: dyCall, n: call.n, k: linear.in, input: once },
      kept: matrix(kept!, linear.keptColumns, call.keptColumn),
      work: matrix(pass.shared('dS'), call.adapter.columns),
    });
    if (!wantsInput) return;
    pass.ops.linearBackward({
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
