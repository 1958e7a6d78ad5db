import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './tape.ts';

/**
 * A frozen linear layer, kept in both layouts: forward multiplies by Wᵀ, backward by W, and neither asks tfjs for a
 * transposed product, which on wasm is ten times slower than a plain one.
 */
export interface FrozenLinear {
  path: string;
  in: number;
  out: number;
  /** [out, in] */
  weight: tf.Tensor2D;
  /** [in, out] */
  transposed: tf.Tensor2D;
  bias: tf.Tensor1D | null;
  /** ‖W‖² (Frobenius). */
  squaredNorm: number;
}

/** What a pass adds to a linear layer. */
export interface LoraUse {
  /** [r, in] */
  a: tf.Tensor2D;
  /** [out, r] */
  b: tf.Tensor2D;
  /** alpha / r, times the strength. */
  scale: number;
  /** [tokens, in], 0 or 1 / (1 − p); null: no dropout. */
  mask: tf.Tensor2D | null;
}

/**
 * y = x Wᵀ + bias + s · ((M ∘ x) Aᵀ) Bᵀ, x [N, in] → y [N, out].
 *
 * Backward, with x̃ = M ∘ x and S = x̃ Aᵀ: dS = s · dy B, dB = s · dyᵀ S, dA = dSᵀ x̃, dx = dy W + M ∘ (dS A). Of the
 * transposes only narrow ones are formed, [·, r]. (LoRAFusion, arXiv 2510.00206.)
 *
 * @param inputGradient false where nothing trained lies below (the first block), which saves dy W
 */
export function linear(
  x: tf.Tensor,
  layer: FrozenLinear,
  lora: LoraUse | null = null,
  inputGradient = true,
): tf.Tensor {
  if (!lora) {
    return differentiable([x], () => ({
      value: frozen(x, layer),
      gradient: (dy) => [tf.matMul(dy as tf.Tensor2D, layer.weight)],
    }));
  }
  const { a, b, scale, mask } = lora;
  const adapted = (save: (...tensors: tf.Tensor[]) => void) => {
    const dropped = mask ? tf.mul(x, mask) : x;
    const s = tf.matMul(dropped, tf.transpose(a)); // [N, r]
    const value = tf.add(frozen(x, layer), tf.matMul(tf.mul(s, scale), tf.transpose(b)));
    save(dropped, s, a, b, ...(mask ? [mask] : []));
    return value;
  };
  const adapterGradients = (dy: tf.Tensor, saved: tf.Tensor[]) => {
    const [dropped, s, , savedB] = saved;
    const ds = tf.mul(tf.matMul(dy, savedB), scale); // [N, r]
    const db = tf.transpose(tf.matMul(tf.mul(tf.transpose(s), scale), dy)); // [out, r]
    const da = tf.matMul(tf.transpose(ds), dropped); // [r, in]
    return { ds, da, db };
  };
  if (!inputGradient) {
    return differentiable([a, b], (save) => ({
      value: adapted(save),
      gradient: (dy, saved) => {
        const { da, db } = adapterGradients(dy, saved);
        return [da, db];
      },
    }));
  }
  return differentiable([x, a, b], (save) => ({
    value: adapted(save),
    gradient: (dy, saved) => {
      const { ds, da, db } = adapterGradients(dy, saved);
      const through = tf.matMul(ds, saved[2]); // [N, in]
      const masked = saved.length > 4 ? tf.mul(through, saved[4]) : through;
      return [tf.add(tf.matMul(dy as tf.Tensor2D, layer.weight), masked), da, db];
    },
  }));
}

function frozen(x: tf.Tensor, layer: FrozenLinear): tf.Tensor {
  const y = tf.matMul(x as tf.Tensor2D, layer.transposed);
  return layer.bias ? tf.add(y, layer.bias) : y;
}
