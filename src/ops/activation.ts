import type { Emitter } from '../gpu/program.ts';
import { itemGrid, place, sizesOf, widthOf } from './rowwise.ts';
import type { Matrix } from './types.ts';

/** `gelu`: with erf; `gelu_tanh`: the approximation of GPT-2 and Gemma. */
export type Activation = 'silu' | 'gelu' | 'gelu_tanh';

const KINDS: Record<Activation, number> = { silu: 0, gelu: 1, gelu_tanh: 2 };

interface Gated {
  /** [gate | up] side by side, `width` columns each; with `gated` false the activation's input alone. */
  gu: Matrix;
  width: number;
  kind: Activation;
  gated: boolean;
}

/** act = f(gate) · up, or f(x) (SwiGLU and GeGLU: arXiv 2002.05202). */
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

/** Writes dgate = dact·up·f′(gate) and dup = dact·f(gate) over gate and up. */
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
