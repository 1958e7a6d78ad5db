import type { View } from '../gpu/memory.ts';
import type { Emitter } from '../gpu/program.ts';
import { place, rowThreads, sizesOf, widthOf } from './rowwise.ts';
import type { Matrix } from './types.ts';

/**
 * loss[dims.offset + i] = lse(z_i) − z_i[target]; with `gradient` the logits become (softmax(z) − onehot) · dims.scale.
 * `targets` u32 and `losses` f32 hold all supervised rows, the logits those of one chunk.
 */
export function crossEntropy(
  e: Emitter,
  args: { logits: Matrix; targets: View; losses: View; vocab: number; gradient: boolean; dims?: number },
): void {
  const { logits, targets, losses, vocab } = args;
  const width = widthOf(vocab, ...sizesOf(logits));
  const threads = rowThreads(e);
  const z = place('Z', logits, width);
  e.add({
    kernel: {
      shader: 'cross_entropy',
      label: `cross entropy ${vocab}${args.gradient ? ' and gradient' : ''}`,
      access: ['write', 'read', 'write'],
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
    bindings: [logits.view, targets, losses],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows),
    flops: (dims) => 16 * dims.rows * vocab,
  });
}

/** result[0] += Σ losses[0 … dims.rows), in a fixed order. */
export function sumLosses(e: Emitter, args: { losses: View; result: View; dims?: number }): void {
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
