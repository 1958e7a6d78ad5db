/** PyTorch's defaults, which no setting changes. */
export const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** AdamW's settings in a run. */
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
 * The eight numbers that the operation `adamw` reads. 1 − β and 1 − βᵗ are formed in float64: in float32 they would lose
 * the digits that matter.
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
