import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerSettings } from '../engine.ts';

/** All adapter parameters and both moments, flat, float32. */
export interface AdamWTensors {
  parameters: tf.Tensor1D;
  m: tf.Tensor1D;
  v: tf.Tensor1D;
}

/**
 * One update as torch.optim.AdamW makes it (Loshchilov and Hutter, arXiv 1711.05101), after clipping to the global
 * norm as torch.nn.utils.clip_grad_norm_ does:
 *
 *     g ← g · min(1, clip / (‖g‖ + 1e-6));  θ ← θ (1 − ηλ)
 *     m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 *
 * @param rates of each parameter, as multiples of the learning rate; null: one rate for all
 * @param step t, from 1
 * @param gradNorm ‖g‖
 * @returns new tensors; the old ones are the caller's to dispose
 */
export function adamW(
  { parameters, m, v }: AdamWTensors,
  { gradient, gradNorm, rates }: { gradient: tf.Tensor1D; gradNorm: number; rates: tf.Tensor1D | null },
  step: number,
  settings: OptimizerSettings,
): AdamWTensors {
  const { learningRate, beta1, beta2, epsilon, weightDecay, clip } = settings;
  const shrink = clip > 0 ? Math.min(1, clip / (gradNorm + 1e-6)) : 1;
  const stepSize = learningRate / (1 - beta1 ** step);
  const root = Math.sqrt(1 - beta2 ** step);
  const [next, nextM, nextV] = tf.tidy(() => {
    const g = shrink === 1 ? gradient : tf.mul(gradient, shrink);
    const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
    const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
    const direction = tf.div(nextM, tf.add(tf.mul(tf.sqrt(nextV), 1 / root), epsilon));
    const decayed = rates
      ? tf.mul(parameters, tf.sub(1, tf.mul(rates, learningRate * weightDecay)))
      : tf.mul(parameters, 1 - learningRate * weightDecay);
    const change = tf.mul(direction, rates ? tf.mul(rates, stepSize) : stepSize);
    return [tf.sub(decayed, change), nextM, nextV];
  });
  return { parameters: next as tf.Tensor1D, m: nextM as tf.Tensor1D, v: nextV as tf.Tensor1D };
}
