import type { Emitter } from '../../gpu/program.ts';
import type { CrossEntropy, SoftCrossEntropy, SumLosses } from '../arguments.ts';
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

export function softCrossEntropy(e: Emitter, args: SoftCrossEntropy): void {
  const { logits, targets, weights, losses, ids, probabilities, vocab, top } = args;
  const threads = rowThreads(e);
  const rows = logits.view.size / (4 * logits.stride);
  const kept = e.scratch('logits of soft targets', 4 * top * Math.ceil(rows));
  e.add({
    kernel: {
      shader: 'soft_cross_entropy',
      label: `cross entropy ${vocab} of ${top} soft targets${args.gradient ? ' and gradient' : ''}`,
      access: ['write', 'read', 'read', 'write', 'read', 'read', 'write'],
      constants: {
        ...threads.constants,
        VOCAB: vocab,
        STRIDE: logits.stride,
        COLUMN: logits.column,
        TOP: top,
        ALL: top === vocab,
        WEIGHT: args.weight,
        LOSSES: args.stride,
        GRADIENT: args.gradient,
      },
    },
    bindings: [logits.view, targets, weights, losses, ids, probabilities, kept],
    dims: args.dims ?? 0,
    grid: (dims) => threads.grid(dims.rows),
    flops: (dims) => 24 * dims.rows * vocab,
  });
}

export function sumLosses(e: Emitter, args: SumLosses): void {
  const threads = rowThreads(e);
  e.add({
    kernel: {
      shader: 'loss_sum',
      label: 'sum of losses',
      access: ['read', 'write'],
      constants: { ...threads.constants, ...(args.into ? { INTO: args.into } : {}) },
    },
    bindings: [args.losses, args.result],
    dims: args.dims ?? 0,
    grid: (dims) => [dims.rows === 0 ? 0 : 1, 1, 1],
  });
}
