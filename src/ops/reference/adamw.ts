import type { AdamWSettings } from '../adamw.ts';

export interface AdamWState {
  weights: Float64Array;
  /** First and second moments. */
  m: Float64Array;
  v: Float64Array;
}

/** ‖gradients‖₂. */
export function gradNormReference(gradients: Float64Array): number {
  return Math.sqrt(gradients.reduce((sum, g) => sum + g * g, 0));
}

/**
 * One AdamW step in float64 as torch.optim.AdamW with torch.nn.utils.clip_grad_norm_ before it:
 *
 *     g ← g · min(1, clip / (‖g‖ + 1e-6))
 *     w ← w · (1 − lr · decay)
 *     m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²
 *     w ← w − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * A gradient that is not finite changes nothing.
 *
 * @param step t, from 1
 */
export function adamwReference(
  state: AdamWState,
  gradients: Float64Array,
  settings: AdamWSettings,
  step: number,
): AdamWState {
  const { learningRate, beta1, beta2, epsilon, weightDecay, clip } = settings;
  const norm = gradNormReference(gradients);
  if (!Number.isFinite(norm)) return state;
  const factor = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const g = gradients.map((value) => value * factor);
  const m = state.m.map((value, i) => beta1 * value + (1 - beta1) * g[i]);
  const v = state.v.map((value, i) => beta2 * value + (1 - beta2) * g[i] * g[i]);
  const weights = state.weights.map((w, i) => {
    const denominator = Math.sqrt(v[i] / (1 - beta2 ** step)) + epsilon;
    return w * (1 - learningRate * weightDecay) - (learningRate * (m[i] / (1 - beta1 ** step))) / denominator;
  });
  return { weights, m, v };
}
