import type { View } from '../gpu/memory.ts';
import type { Emitter } from '../gpu/program.ts';
import { rowThreads, threadGrid, widthOf } from './rowwise.ts';

/** What the update reads beside the flat buffers. */
export interface AdamWSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** Largest global norm; 0: none. */
  clip: number;
}

/**
 * The kernel's eight numbers. 1 − β and 1 − βᵗ are formed in float64: in float32 they would lose the digits that
 * matter.
 */
export function adamwHyper(settings: AdamWSettings, step: number): Float32Array<ArrayBuffer> {
  const { learningRate, beta1, beta2, epsilon, weightDecay, clip } = settings;
  return Float32Array.of(
    learningRate,
    1 - beta1,
    1 - beta2,
    epsilon,
    weightDecay,
    clip,
    1 - beta1 ** step,
    1 - beta2 ** step,
  );
}

/** Partial sums of the norm: enough threads for a GPU, few enough for one workgroup to add up. */
const PARTS = 1024;

/** result[1] = ‖gradients‖₂; result[2] = 1 where it and the loss result[0] are finite, else 0. */
export function gradNorm(e: Emitter, args: { gradients: View; count: number; result: View }): void {
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

/**
 * One AdamW step over flat float32 buffers, as torch.optim.AdamW (arXiv 1711.05101), after clipping by the global norm
 * in `result[1]`; nothing changes where `result[2]` is 0.
 *
 * @param args.hyper see `adamwHyper`
 */
export function adamw(
  e: Emitter,
  args: { weights: View; gradients: View; m: View; v: View; count: number; hyper: View; result: View },
): void {
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
