import type { Emitter } from '../../gpu/program.ts';
import type { CrossEntropy, Operations } from '../operations.ts';
import { place, rowThreads, sizesOf, widthOf } from './rowwise.ts';

export function crossEntropy(e: Emitter, args: CrossEntropy): void {
  const { logits, targets, weights, losses, vocab } = args;
  const width = widthOf(vocab, ...sizesOf(logits));
  const threads = rowThreads(e);
  const z = place('Z', logits, width);
  e.add({
    kernel: {
      shader: 'cross_entropy',
      label: `cross entropy ${vocab}${args.gradient ? ' and gradient' : ''}`,
      access: ['write', 'read', 'read', 'write'],
      constants: {
        ...width.constants,
        ...threads.constants,
        VOCAB: vocab,
        WIDTH: width.of(vocab),
        STRIDE: z.Z_STRIDE,
        COLUMN: z.Z_COLUMN,
        GRADIENT: args.gradient,
      },
    },
    bindings: [logits.view, targets, weights, losses],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows),
    flops: (dims) => 16 * dims.rows * vocab,
  });
}

export function sumLosses(e: Emitter, args: Parameters<Operations['sumLosses']>[0]): void {
  const threads = rowThreads(e);
  e.add({
    kernel: {
      shader: 'loss_sum',
      label: 'sum of losses',
      access: ['read', 'write'],
      constants: threads.constants,
    },
    bindings: [args.losses, args.result],
    dims: args.dims ?? 0,
    grid: (dims) => [dims.rows === 0 ? 0 : 1, 1, 1],
  });
}
