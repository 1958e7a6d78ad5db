import { type Dense, dense } from './linear.ts';

/** log Σ exp(z) of each row, from its largest value up. */
export function logSumExp(logits: Dense): Float64Array {
  return Float64Array.from({ length: logits.rows }, (_, i) => {
    const row = logits.values.subarray(i * logits.cols, (i + 1) * logits.cols);
    const most = row.reduce((a, b) => Math.max(a, b));
    return most + Math.log(row.reduce((sum, z) => sum + Math.exp(z - most), 0));
  });
}

/**
 * Weighted cross-entropy in float64: loss_i = w_i · (log Σ_j exp(z_ij) − z_i,target).
 *
 * @param logits [rows, vocab]
 * @param targets [rows]
 * @param weights [rows]
 */
export function crossEntropyReference(
  logits: Dense,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
): Float64Array {
  return logSumExp(logits).map((lse, i) => weights[i] * (lse - logits.values[i * logits.cols + targets[i]]));
}

/** dz_i = w_i · (softmax(z_i) − onehot(target_i)) · scale: the gradient of scale · Σ_i loss_i. */
export function crossEntropyBackwardReference(
  logits: Dense,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  scale: number,
): Dense {
  const lse = logSumExp(logits);
  return dense(logits.rows, logits.cols, (i, j) => {
    const p = Math.exp(logits.values[i * logits.cols + j] - lse[i]);
    return weights[i] * (p - (j === targets[i] ? 1 : 0)) * scale;
  });
}
