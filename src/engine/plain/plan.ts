import type { DecoderConfig } from '../../model/config.ts';
import type { EngineShape } from '../engine.ts';

/**
 * Bytes that training in plain ops needs at most, by counting what a block saves for its backward pass: two norms, the
 * inputs of the linear layers, q, k and v, the attention probabilities and three tensors of the feed-forward's width.
 *
 * @param base bytes of the base weights in both layouts
 * @param adapter bytes of all A and B; gradients and two moments are as large
 */
export function plainPlan(config: DecoderConfig, base: number, adapter: number, shape: EngineShape) {
  const { layers, hidden, heads, kvHeads, headDim, intermediate, vocab } = config;
  const tokens = shape.maxRows * shape.maxLength;
  const perToken = 6 * hidden + 2 * heads * headDim + 2 * kvHeads * headDim + 4 * intermediate;
  const saved = layers * (perToken + heads * shape.maxLength) * tokens;
  const logits = 2 * Math.min(vocab * tokens, 1 << 23);
  return { base, adapter, optimizer: 3 * adapter, activation: 4 * (saved + logits) };
}
