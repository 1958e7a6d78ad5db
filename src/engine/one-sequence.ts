import type { Batch } from '../data/batch.ts';

/** One sequence as a batch in which nothing is predicted, and what its hidden states come to. */

export function unsupervised(ids: readonly number[]): Batch {
  const { length } = ids;
  return {
    ...{ rows: 1, length, ids: Int32Array.from(ids), lengths: Int32Array.of(length) },
    labels: new Int32Array(length).fill(-100),
  };
}

/**
 * h̄ = Σₜ₌₁ hₜ / (T − 1) over the tokens t of [0, T) after the first; of one token alone h₀. Summed in float64.
 * @param states [T, width]
 */
export function meanState(states: Float32Array, width: number): Float32Array {
  const tokens = states.length / width;
  const first = Math.min(1, tokens - 1);
  return Float32Array.from({ length: width }, (_, i) => {
    let sum = 0;
    for (let t = first; t < tokens; t++) sum += states[t * width + i];
    return sum / (tokens - first);
  });
}
