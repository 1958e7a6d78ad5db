import type { Emitter } from '../../gpu/program.ts';
import type { Activation, Gated } from '../arguments.ts';
import type { Matrix } from '../types.ts';
import { itemGrid, place, sizesOf, widthOf } from './rowwise.ts';

const KINDS: Record<Activation, number> = { silu: 0, gelu: 1, gelu_tanh: 2 };

export function gatedForward(e: Emitter, args: Gated & { act: Matrix }): void {
  const { gu, act, gated } = args;
  const width = widthOf(args.width, ...sizesOf(gu, act));
  e.add({
    kernel: {
      shader: 'activation',
      label: `${args.kind}${gated ? ' gated' : ''} ${args.width}`,
      access: ['read', 'write'],
      constants: {
        ...width.constants,
        ...place('GU', gu, width),
        ...place('ACT', act, width),
        WIDTH: width.of(args.width),
        GATED: gated,
        KIND: KINDS[args.kind],
      },
    },
    bindings: [gu.view, act.view],
    dims: 0,
    grid: itemGrid(width.of(args.width)),
    flops: (dims) => 12 * dims.rows * args.width,
  });
}

export function gatedBackward(e: Emitter, args: Gated & { dact: Matrix }): void {
  const { gu, dact, gated } = args;
  const width = widthOf(args.width, ...sizesOf(gu, dact));
  e.add({
    kernel: {
      shader: 'activation_backward',
      label: `${args.kind}${gated ? ' gated' : ''} ${args.width} backward`,
      access: ['read', 'write'],
      constants: {
        ...width.constants,
        ...place('GU', gu, width),
        ...place('DACT', dact, width),
        WIDTH: width.of(args.width),
        GATED: gated,
        KIND: KINDS[args.kind],
      },
    },
    bindings: [dact.view, gu.view],
    dims: 0,
    grid: itemGrid(width.of(args.width)),
    flops: (dims) => 24 * dims.rows * args.width,
  });
}
