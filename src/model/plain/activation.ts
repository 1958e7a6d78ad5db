import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from '../config.ts';
import { differentiable } from './tape.ts';

type Activation = DecoderConfig['activation'];

/** act(x) and, from what it keeps, act'(x). */
interface Evaluated {
  value: tf.Tensor;
  keep: tf.Tensor[];
  derivative: (kept: tf.Tensor[]) => tf.Tensor;
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

function evaluate(x: tf.Tensor, kind: Activation): Evaluated {
  if (kind === 'silu') {
    // silu = x σ; silu' = σ + silu · (1 − σ)
    const sigmoid = tf.sigmoid(x);
    const value = tf.mul(x, sigmoid);
    return {
      value,
      keep: [sigmoid, value],
      derivative: ([sigmoid, value]) => tf.add(sigmoid, tf.mul(value, tf.sub(1, sigmoid))),
    };
  }
  if (kind === 'gelu_tanh') {
    // ½ x (1 + t), t = tanh(√(2/π) (x + 0.044715 x³)). Through σ: ½ (1 + tanh u) = σ(2u), which is faster on wasm.
    const square = tf.square(x);
    const inner = tf.mul(tf.mul(x, 2 * SQRT_2_OVER_PI), tf.add(tf.mul(square, 0.044715), 1));
    const gate = tf.sigmoid(inner);
    return {
      value: tf.mul(x, gate),
      keep: [x, gate],
      derivative: ([x, gate]) => {
        const slope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * 0.044715), 1), 2 * SQRT_2_OVER_PI);
        return tf.mul(gate, tf.add(tf.mul(tf.mul(x, slope), tf.sub(1, gate)), 1));
      },
    };
  }
  // gelu = x Φ(x); gelu' = Φ(x) + x φ(x)
  const cumulative = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
  return {
    value: tf.mul(x, cumulative),
    keep: [x, cumulative],
    derivative: ([x, cumulative]) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.add(cumulative, tf.mul(x, density));
    },
  };
}

/** act(x) (Hendrycks and Gimpel, arXiv 1606.08415, for GELU). */
export function activation(x: tf.Tensor, kind: Activation): tf.Tensor {
  return differentiable([x], (save) => {
    const { value, keep, derivative } = evaluate(x, kind);
    save(...keep);
    return { value, gradient: (dy, saved) => [tf.mul(dy, derivative(saved))] };
  });
}

/** act(gate) ∘ up (Shazeer, arXiv 2002.05202). */
export function gatedActivation(gate: tf.Tensor, up: tf.Tensor, kind: Activation): tf.Tensor {
  return differentiable([gate, up], (save) => {
    const { value, keep, derivative } = evaluate(gate, kind);
    save(up, value, ...keep);
    return {
      value: tf.mul(value, up),
      gradient: (dy, [up, value, ...kept]) => [tf.mul(tf.mul(dy, up), derivative(kept)), tf.mul(dy, value)],
    };
  });
}
