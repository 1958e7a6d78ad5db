import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './tape.ts';

export interface FrozenNorm {
  /** [d]; for Gemma the stored weight plus 1. */
  weight: tf.Tensor1D;
  /** [d]; null: RMS norm. */
  bias: tf.Tensor1D | null;
  epsilon: number;
}

/** RMS norm where there is no bias, layer norm where there is one; over the last axis of x [N, d]. */
export function norm(x: tf.Tensor, frozen: FrozenNorm): tf.Tensor {
  return frozen.bias
    ? layerNorm(x, frozen.weight, frozen.bias, frozen.epsilon)
    : rmsNorm(x, frozen.weight, frozen.epsilon);
}

/**
 * y = w ∘ x̂, x̂ = x / √(mean(x²) + ε). Backward, g = w ∘ dy: dx = (g − x̂ · mean(g ∘ x̂)) / √(mean(x²) + ε).
 * (Zhang and Sennrich, arXiv 1910.07467.)
 */
function rmsNorm(x: tf.Tensor, weight: tf.Tensor1D, epsilon: number): tf.Tensor {
  return differentiable([x], (save) => {
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)); // [N, 1]
    const unit = tf.mul(x, inverse);
    save(unit, inverse);
    return {
      value: tf.mul(unit, weight),
      gradient: (dy, [unit, inverse]) => {
        const g = tf.mul(dy, weight);
        return [tf.mul(tf.sub(g, tf.mul(unit, tf.mean(tf.mul(g, unit), -1, true))), inverse)];
      },
    };
  });
}

/**
 * y = w ∘ x̂ + b, x̂ = (x − mean(x)) / √(var(x) + ε). Backward, g = w ∘ dy: dx = (g − mean(g) − x̂ · mean(g ∘ x̂)) / √….
 * (Ba et al., arXiv 1607.06450.)
 */
function layerNorm(x: tf.Tensor, weight: tf.Tensor1D, bias: tf.Tensor1D, epsilon: number): tf.Tensor {
  return differentiable([x], (save) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const unit = tf.mul(centred, inverse);
    save(unit, inverse);
    return {
      value: tf.add(tf.mul(unit, weight), bias),
      gradient: (dy, [unit, inverse]) => {
        const g = tf.mul(dy, weight);
        const centredG = tf.sub(g, tf.mean(g, -1, true));
        return [tf.mul(tf.sub(centredG, tf.mul(unit, tf.mean(tf.mul(g, unit), -1, true))), inverse)];
      },
    };
  });
}
