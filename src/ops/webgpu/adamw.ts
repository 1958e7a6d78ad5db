import type { Emitter } from '../../gpu/program.ts';
import type { AdamW } from '../arguments.ts';
import type { Operations } from '../operations.ts';
import { rowThreads, threadGrid, widthOf } from './rowwise.ts';

/** Partial sums of the norm: enough threads for a GPU, few enough for one workgroup to add up. */
const PARTS = 1024;

export function gradNorm(e: Emitter, args: Parameters<Operations['gradNorm']>[0]): void {
  const { gradients, count, result } = args;
  const width = widthOf(count);
  const items = width.of(count);
  const parts = Math.min(PARTS, items);
  const partial = e.scratch('gradient norm', 4 * parts);
  const threads = rowThreads(e);
  const constants = { ...width.constants, ...threads.constants, COUNT: items, PARTS: parts };
  e.add({
    kernel: {
      shader: 'norm_reduce',
      label: 'gradient norm, partial sums',
      access: ['read', 'write'],
      constants: { ...constants, PASS: 1 },
    },
    bindings: [gradients, partial],
    dims: 0,
    grid: () => threadGrid(parts),
    flops: () => 2 * count,
  });
  e.add({
    kernel: {
      shader: 'norm_reduce',
      label: 'gradient norm',
      access: ['read', 'write', 'write'],
      constants: { ...constants, PASS: 2 },
    },
    bindings: [gradients, partial, result],
    dims: 0,
    grid: () => [1, 1, 1],
  });
}

export function adamw(e: Emitter, args: AdamW): void {
  const { weights, gradients, m, v, count, hyper, result } = args;
  const width = widthOf(count);
  e.add({
    kernel: {
      shader: 'adamw',
      label: 'adamw',
      access: ['write', 'read', 'write', 'write', 'read', 'read'],
      constants: { ...width.constants, COUNT: width.of(count) },
    },
    bindings: [weights, gradients, m, v, hyper, result],
    dims: 0,
    grid: () => threadGrid(width.of(count)),
    flops: () => 15 * count,
  });
}
