import { logSumExp } from './cross-entropy.ts';
import { type Dense, dense } from './linear.ts';

/** What a teacher gives to the tokens: its likeliest ones, and what is left for all others together. */
export interface SoftRows {
  top: number;
  /** Ids of the likeliest tokens [rows, top]. */
  ids: ArrayLike<number>;
  /** Their probabilities, then that of the rest [rows, top + 1]. */
  probabilities: ArrayLike<number>;
}

/** Loss of each row, and its parts: cross-entropy of the label, and KL(teacher ‖ student). */
export interface SoftLosses {
  losses: Float64Array;
  crossEntropies: Float64Array;
  divergences: Float64Array;
}

/** log-sum-exp of the logits of each row that are not among its likeliest of the teacher; −∞ where all are. */
function logSumExpOfRest({ rows, cols, values }: Dense, { top, ids }: SoftRows): Float64Array {
  const rest = dense(rows, cols, (i, j) => values[i * cols + j]);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < top; k++) rest.values[i * cols + ids[i * top + k]] = Number.NEGATIVE_INFINITY;
  return top < cols ? logSumExp(rest) : new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
}

/** t · (log t − log p), 0 where t is 0. */
const term = (t: number, logP: number) => (t > 0 ? t * (Math.log(t) - logP) : 0);

/**
 * Soft targets beside labels, in float64. With the teacher's likeliest tokens K, their probabilities t, t_R for the rest,
 * and p the softmax of the logits,
 *
 *     loss_i = w_i · ((1 − w) · CE_i + w · KL_i)
 *     CE = −log p_target;  KL = Σ_K t_k (log t_k − log p_k) + t_R (log t_R − log p_R),  p_R = Σ_{j ∉ K} p_j
 *
 * @param logits [rows, vocab]
 * @param targets [rows]
 * @param weights w_i [rows]
 * @param weight w
 */
export function softCrossEntropyReference(
  logits: Dense,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  soft: SoftRows,
  weight: number,
): SoftLosses {
  const { top, ids, probabilities } = soft;
  const lse = logSumExp(logits);
  const rest = logSumExpOfRest(logits, soft);
  const z = (i: number, j: number) => logits.values[i * logits.cols + j];
  const crossEntropies = lse.map((all, i) => weights[i] * (all - z(i, targets[i])));
  const divergences = lse.map((all, i) => {
    let sum = term(probabilities[i * (top + 1) + top], rest[i] - all);
    for (let k = 0; k < top; k++) sum += term(probabilities[i * (top + 1) + k], z(i, ids[i * top + k]) - all);
    return weights[i] * sum;
  });
  const losses = crossEntropies.map((ce, i) => (1 - weight) * ce + weight * divergences[i]);
  return { losses, crossEntropies, divergences };
}

/**
 * The gradient of scale · Σ loss_i: with g = w_i · scale,
 *
 *     dz_j = g · (p_j − w · t_R · p_j / p_R)   for j outside K
 *     dz_k = g · (p_k − w · t_k)               for k in K
 *
 * and g · (1 − w) off that of the target.
 */
export function softCrossEntropyBackwardReference(
  logits: Dense,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  soft: SoftRows,
  { weight, scale }: { weight: number; scale: number },
): Dense {
  const { top, ids, probabilities } = soft;
  const lse = logSumExp(logits);
  const rest = logSumExpOfRest(logits, soft);
  const gradient = dense(logits.rows, logits.cols, (i, j) => {
    const z = logits.values[i * logits.cols + j];
    return Math.exp(z - lse[i]) - weight * probabilities[i * (top + 1) + top] * Math.exp(z - rest[i]);
  });
  for (let i = 0; i < logits.rows; i++) {
    for (let k = 0; k < top; k++) {
      const at = i * logits.cols + ids[i * top + k];
      gradient.values[at] = Math.exp(logits.values[at] - lse[i]) - weight * probabilities[i * (top + 1) + k];
    }
    gradient.values[i * logits.cols + targets[i]] -= 1 - weight;
  }
  return dense(logits.rows, logits.cols, (i, j) => gradient.values[i * logits.cols + j] * weights[i] * scale);
}
