import type { Dims } from '../../../src/ops/dims.ts';

/** Numbers between −1 and 1 that look random and are always the same. */
export function noise(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

export const DIMS: Dims = {
  ...{ rows: 10, batch: 2, length: 5, start: 0, offset: 0, supervised: 7, step: 3, seed: 11 },
  ...{ scale: 0.25, strength: 0.75, micro: 1 },
};

/** The largest difference from float64, over the largest value. */
export const CLOSE = 2e-6;
