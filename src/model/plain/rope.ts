import * as tf from '@tensorflow/tfjs-core';
import type { Rope } from '../traits.ts';
import { differentiable } from './tape.ts';

/** Cosines and sines of some tokens, and the exchange of halves as a matrix. */
export interface Rotation {
  /** [N, 1, headDim] */
  cos: tf.Tensor3D;
  sin: tf.Tensor3D;
  /** [headDim, headDim], see `halves`. */
  halves: tf.Tensor2D;
}

/**
 * R with (x R)[j] = −x[j + n/2] for j < n/2, x[j − n/2] for n/2 ≤ j < n, and 0 beyond, n = rotary dimensions. A product
 * with R moves values exactly (all terms but one are zero), needs no slicing, and Rᵀ = −R.
 */
export function halves(headDim: number, rotary: number): tf.Tensor2D {
  const values = new Float32Array(headDim * headDim);
  const half = rotary / 2;
  for (let j = 0; j < half; j++) {
    values[(j + half) * headDim + j] = -1;
    values[j * headDim + j + half] = 1;
  }
  return tf.tensor2d(values, [headDim, headDim]);
}

/** cos and sin of every position's angles; beyond the rotary dimensions 1 and 0. */
export function rotation(
  rope: Rope,
  headDim: number,
  positions: Int32Array,
  halvesOf: tf.Tensor2D,
): Rotation {
  const n = positions.length;
  const cos = new Float32Array(n * headDim).fill(1);
  const sin = new Float32Array(n * headDim);
  const half = rope.dims / 2;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < half; j++) {
      const angle = positions[i] * rope.inverseFrequencies[j];
      const at = i * headDim + j;
      cos[at] = cos[at + half] = Math.cos(angle) * rope.scale;
      sin[at] = sin[at + half] = Math.sin(angle) * rope.scale;
    }
  }
  const shape: [number, number, number] = [n, 1, headDim];
  return { cos: tf.tensor3d(cos, shape), sin: tf.tensor3d(sin, shape), halves: halvesOf };
}

/**
 * Rotary embedding x ∘ cos + (x R) ∘ sin of x [N, heads · headDim]; backward dx = dy ∘ cos − (dy ∘ sin) R.
 * (Su et al., arXiv 2104.09864, in the half-by-half order of Hugging Face.)
 */
export function rotate(x: tf.Tensor, { cos, sin, halves }: Rotation): tf.Tensor {
  const [n, , headDim] = cos.shape;
  const width = x.shape[1] as number;
  const heads = width / headDim;
  const byHead: [number, number, number] = [n, heads, headDim];
  const exchange = (y: tf.Tensor) =>
    tf.reshape(tf.matMul(tf.reshape(y, [n * heads, headDim]) as tf.Tensor2D, halves), byHead);
  return differentiable([x], (save) => {
    save(cos, sin);
    return {
      value: tf.reshape(tf.add(tf.mul(tf.reshape(x, byHead), cos), tf.mul(exchange(x), sin)), [n, width]),
      gradient: (dy, [cos, sin]) => {
        const d = tf.reshape(dy, byHead);
        return [tf.reshape(tf.sub(tf.mul(d, cos), exchange(tf.mul(d, sin))), [n, width])];
      },
    };
  });
}
