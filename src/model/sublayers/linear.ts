import type { LinearBackward, LinearForward } from '../../ops/arguments.ts';
import type { View } from '../../ops/memory.ts';
import type { LoraBlock, Matrix, Weight } from '../../ops/types.ts';
import { type Buffers, type SharedSizes, widest } from './buffers.ts';
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
 * What a method of adapting puts in the place of a call of a linear: products of its own, and the linear's product among
 * them. Its parameters and their gradients are its own.
 */
export interface LinearAdapter {
  /** Columns that it keeps from forward to backward. */
  columns: number;
  /** Columns that it keeps in a buffer of their own, since a product writes them that reads the others; none. */
  outputs?: number;
  /** Columns that it needs within backward. */
  workColumns: number;
  /** What it adds to the weight, s·BA, where it adds that. */
  lora?: LoraBlock;
  /** What else it needs while it runs. */
  shared?(tokens: number, backward: boolean): SharedSizes;
  /** y = what the adapted linear gives. `kept` is filled for the backward pass. */
  forward(pass: SublayerPass, call: ForwardCall): void;
  /** Adds to the gradients of its parameters, and where it is wanted to that of the input, in `dx`. */
  backward(pass: SublayerPass, call: BackwardCall): void;
}

/** Operands of one call: X [T, k], Y [T, n]. */
export interface ForwardCall extends Pick<LinearForward, 'x' | 'k' | 'n' | 'y' | 'bias' | 'residual'> {
  kept: Matrix;
  keptOutput: Matrix;
  /** Y = X Wᵀ (+ bias) (+ residual) (+ LoRA), with other operands where they are given. */
  product(other?: Partial<Pick<LinearForward, 'x' | 'y' | 'bias' | 'residual' | 'lora'>>): void;
}

export interface BackwardCall extends Pick<LinearBackward, 'dy' | 'k' | 'n' | 'dx' | 'accumulate'> {
  /** Whether anything below needs `dx`. */
  wantsInput: boolean;
  /** Emits what computes X again. */
  input(): Matrix;
  kept: Matrix;
  keptOutput: Matrix;
  /** Free to write to. */
  work: Matrix;
  /**
   * dX (+)= dY·W (+ LoRA), with other operands where they are given; nothing unless `wantsInput`, or it is for the
   * adapter itself (another `dx`).
   */
  product(other?: Partial<Pick<LinearBackward, 'dy' | 'dx' | 'accumulate' | 'lora'>>): void;
}

/** One call of the linear operations: the whole linear, or the part of a fused one that is (or is not) adapted. */
export interface LinearCall {
  row0: number;
  n: number;
  bias?: View;
  /** First of the linear's kept columns that are its adapter's. */
  keptColumn: number;
  /** The same of its outputs. */
  outputColumn?: number;
  adapter?: LinearAdapter;
}

/** A linear layer with what adapts it. */
export interface AdaptedLinear extends Linear {
  /** One call without an adapter where nothing is adapted. */
  calls: LinearCall[];
  /** Columns that the adapters of all calls keep, and those that they need in backward. */
  keptColumns: number;
  workColumns: number;
  outputs?: number;
}

/** A linear that nothing adapts. */
export function frozen(linear: Linear): AdaptedLinear {
  const calls = [{ row0: 0, n: linear.out, bias: linear.bias, keptColumn: 0 }];
  return { ...linear, calls, keptColumns: 0, workColumns: 0 };
}

export function isAdapted(linear: AdaptedLinear): boolean {
  return linear.calls.some(({ adapter }) => adapter);
}

/** What the adapters keep, for LoRA S = X Aᵀ, which the gradient of B needs. */
export function linearKept(linear: AdaptedLinear, tokens: number) {
  const { keptColumns, outputs = 0 } = linear;
  if (!isAdapted(linear)) return undefined;
  return { columns: tokens * Math.max(keptColumns, 1), outputs: outputs > 0 ? tokens * outputs : undefined };
}

export type LinearKept = Buffers<NonNullable<ReturnType<typeof linearKept>>>;

/** Where a call's adapter finds what it keeps. */
function keptOf(
  { keptColumns, outputs = 0 }: AdaptedLinear,
  call: LinearCall,
  { columns, ...kept }: LinearKept,
) {
  return {
    kept: matrix(columns, keptColumns, call.keptColumn),
    keptOutput: matrix(kept.outputs ?? columns, outputs, call.outputColumn),
  };
}

export function linearShared(linear: AdaptedLinear, tokens: number, backward: boolean): SharedSizes {
  const own = linear.calls.map(({ adapter }) => adapter?.shared?.(tokens, backward) ?? {});
  return widest<SharedSizes>([backward ? { dS: tokens * Math.max(linear.workColumns, 4) } : {}, ...own]);
}

/** Y = X Wᵀ (+ bias) (+ residual), as adapted, for a linear whose parts are adapted all, none or some. */
export function linearForward(
  pass: SublayerPass,
  linear: AdaptedLinear,
  kept: LinearKept | undefined,
  { x, y, residual }: ForwardIO,
): void {
  const { ops, rowsHint } = pass;
  for (const one of linear.calls) {
    const { row0, n, bias, adapter } = one;
    const columns = (m: Matrix): Matrix => ({ ...m, column: m.column + row0 });
    const call = { x, n, k: linear.in, y: columns(y), bias, residual: residual && columns(residual) };
    const product: ForwardCall['product'] = (other) =>
      ops.linearForward({ w: linear.weight, row0, ...call, rowsHint, ...other });
    if (!adapter) product();
    else adapter.forward(pass, { ...call, ...keptOf(linear, one, kept!), product });
  }
}

/**
 * dX = dY·W as adapted, and the gradients of the adapters, for each call of a linear. `input` is asked for once, and only
 * where an adapter wants it.
 */
export function linearBackward(
  pass: SublayerPass,
  linear: AdaptedLinear,
  kept: LinearKept | undefined,
  { dy, input, dx, wantsInput }: BackwardIO,
): void {
  let x: Matrix | null = null;
  const once = () => {
    x ??= input();
    return x;
  };
  linear.calls.forEach((one, i) => {
    const { row0, n, adapter } = one;
    const accumulate = i > 0;
    const call = { dy: { ...dy, column: dy.column + row0 }, n, k: linear.in, dx, accumulate };
    const product: BackwardCall['product'] = (other) => {
      if (wantsInput || other?.dx) pass.ops.linearBackward({ w: linear.weight, row0, ...call, ...other });
    };
    if (!adapter) product();
    else
      adapter.backward(pass, {
        ...{ ...call, wantsInput, input: once, product },
        ...keptOf(linear, one, kept!),
        work: matrix(pass.shared('dS'), adapter.workColumns),
      });
  });
}
