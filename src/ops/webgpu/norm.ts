import type { Emitter } from '../../gpu/program.ts';
import type { LayerNormBackward, LayerNormForward, RmsBackward, RmsForward } from '../arguments.ts';
import { place, reductionSite, rowThreads, sizesOf, widthOf } from './rowwise.ts';

export function rmsNormForward(e: Emitter, args: RmsForward): void {
  const { x, y, weight, rstd, residual, heads = 1 } = args;
  reductionSite(e, args.dims ?? 0, (again) => rmsNormForward(again, args));
  const added = residual ? [residual] : [];
  const width = widthOf(args.width, ...sizesOf(x, y, ...added));
  const threads = rowThreads(e);
  e.add({
    kernel: {
      shader: 'rms_norm',
      label: `rms norm ${heads}×${args.width}`,
      access: ['read', 'read', 'write', 'write', ...added.map(() => 'read' as const)],
      constants: {
        ...width.constants,
        ...threads.constants,
        ...place('X', x, width),
        ...place('Y', y, width),
        ...(residual && { RESIDUAL: true, ...place('R', residual, width) }),
        WIDTH: width.of(args.width),
        HEADS: heads,
        EPS: args.eps,
        ADD_ONE: args.addOne,
      },
    },
    bindings: [x.view, weight, y.view, rstd, ...added.map(({ view }) => view)],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows * heads),
    flops: (dims) => 4 * dims.rows * heads * args.width,
  });
}

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

export function layerNormForward(e: Emitter, args: LayerNormForward): void {
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

export function layerNormBackward(e: Emitter, args: LayerNormBackward): void {
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
