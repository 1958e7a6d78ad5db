import type { View } from '../gpu/memory.ts';
import type { Emitter } from '../gpu/program.ts';
import { place, reductionSite, rowThreads, sizesOf, widthOf } from './rowwise.ts';
import type { Matrix } from './types.ts';

/** Norms over rows, or over each head of a row. Their weights are frozen: the backward pass gives dX alone. */

interface RmsForward {
  x: Matrix;
  /** Another buffer than `x`. */
  y: Matrix;
  weight: View;
  width: number;
  eps: number;
  /** Saved for the backward pass: 1/rms [rows · heads]. */
  rstd: View;
  /** Gemma: weights are stored without the 1 that is added to them. */
  addOne: boolean;
  /** Heads beside one another, each normed on its own; 1. */
  heads?: number;
  dims?: number;
}

/** y = x · rstd · w, rstd = 1/√(mean(x²) + ε), over `width` floats (arXiv 1910.07467). */
export function rmsNormForward(e: Emitter, args: RmsForward): void {
  const { x, y, weight, rstd, heads = 1 } = args;
  reductionSite(e, args.dims ?? 0, (again) => rmsNormForward(again, args));
  const width = widthOf(args.width, ...sizesOf(x, y));
  const threads = rowThreads(e);
  e.add({
    kernel: {
      shader: 'rms_norm',
      label: `rms norm ${heads}×${args.width}`,
      access: ['read', 'read', 'write', 'write'],
      constants: {
        ...width.constants,
        ...threads.constants,
        ...place('X', x, width),
        ...place('Y', y, width),
        WIDTH: width.of(args.width),
        HEADS: heads,
        EPS: args.eps,
        ADD_ONE: args.addOne,
      },
    },
    bindings: [x.view, weight, y.view, rstd],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows * heads),
    flops: (dims) => 4 * dims.rows * heads * args.width,
  });
}

interface RmsBackward {
  dy: Matrix;
  x: Matrix;
  weight: View;
  rstd: View;
  /** Another buffer than `dy` and `x`. */
  dx: Matrix;
  width: number;
  addOne: boolean;
  /** dX += instead of dX =. */
  accumulate: boolean;
  heads?: number;
  dims?: number;
}

/** With g = dy·w: dx (+)= rstd·(g − x·rstd²·mean(g·x)). */
export function rmsNormBackward(e: Emitter, args: RmsBackward): void {
  const { dy, x, weight, rstd, dx, heads = 1 } = args;
  const width = widthOf(args.width, ...sizesOf(dy, x, dx));
  const threads = rowThreads(e);
  e.add({
    kernel: {
      shader: 'rms_norm_backward',
      label: `rms norm backward ${heads}×${args.width}`,
      access: ['read', 'read', 'read', 'read', 'write'],
      constants: {
        ...width.constants,
        ...threads.constants,
        ...place('DY', dy, width),
        ...place('X', x, width),
        ...place('DX', dx, width),
        WIDTH: width.of(args.width),
        HEADS: heads,
        ADD_ONE: args.addOne,
        ACCUMULATE: args.accumulate,
      },
    },
    bindings: [dy.view, x.view, weight, rstd, dx.view],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows * heads),
    flops: (dims) => 9 * dims.rows * heads * args.width,
  });
}

/** y = (x − mean)·rstd·w + b; saves (mean, rstd) [rows] (arXiv 1607.06450). */
export function layerNormForward(
  e: Emitter,
  args: {
    x: Matrix;
    y: Matrix;
    weight: View;
    bias: View;
    width: number;
    eps: number;
    stat: View;
    dims?: number;
  },
): void {
  const { x, y, weight, bias, stat } = args;
  reductionSite(e, args.dims ?? 0, (again) => layerNormForward(again, args));
  const width = widthOf(args.width, ...sizesOf(x, y));
  const threads = rowThreads(e);
  e.add({
    kernel: {
      shader: 'layer_norm',
      label: `layer norm ${args.width}`,
      access: ['read', 'read', 'read', 'write', 'write'],
      constants: {
        ...width.constants,
        ...threads.constants,
        ...place('X', x, width),
        ...place('Y', y, width),
        WIDTH: width.of(args.width),
        EPS: args.eps,
      },
    },
    bindings: [x.view, weight, bias, y.view, stat],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows),
    flops: (dims) => 7 * dims.rows * args.width,
  });
}

/** With g = dy·w, x̂ = (x − mean)·rstd: dx (+)= rstd·(g − mean(g) − x̂·mean(g·x̂)). */
export function layerNormBackward(
  e: Emitter,
  args: {
    dy: Matrix;
    x: Matrix;
    weight: View;
    stat: View;
    dx: Matrix;
    width: number;
    accumulate: boolean;
    dims?: number;
  },
): void {
  const { dy, x, weight, stat, dx } = args;
  const width = widthOf(args.width, ...sizesOf(dy, x, dx));
  const threads = rowThreads(e);
  e.add({
    kernel: {
      shader: 'layer_norm_backward',
      label: `layer norm backward ${args.width}`,
      access: ['read', 'read', 'read', 'read', 'write'],
      constants: {
        ...width.constants,
        ...threads.constants,
        ...place('DY', dy, width),
        ...place('X', x, width),
        ...place('DX', dx, width),
        WIDTH: width.of(args.width),
        ACCUMULATE: args.accumulate,
      },
    },
    bindings: [dy.view, x.view, weight, stat, dx.view],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows),
    flops: (dims) => 12 * dims.rows * args.width,
  });
}
