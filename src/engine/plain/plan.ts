import type { DecoderConfig } from '../../model/config.ts';
import type { EngineShape } from '../engine.ts';

/**
 * Each matrix in float32 in two layouts, for the products forward and backward, and of each layout a second copy that
 * tfjs's wasm kernels pack for themselves at its first product and keep as long as the matrix.
 */
export const WASM_BYTES_PER_WEIGHT = 16;

/**
 * What tfjs's tape holds at its fullest, as multiples of what a block saves for its backward pass by hand: its inputs
 * and results (two norms, the inputs of the linears, q, k and v, three tensors of the feed-forward's width), and the
 * attention probabilities. Fitted to the bytes that WebAssembly's allocator gave out in a step of the bundled model, 1 to
 * 12 rows of 16 to 200 tokens, which it meets within 5 %; a step of SmolLM2's shapes takes 96 to 103 % of the plan, one
 * of Qwen2.5's 81 to 86 %.
 */
const TAPE = { token: 4.66, probability: 5.37 };

/** Floats of the logits that are held at once. */
const LOGITS = 1 << 23;

/**
 * Bytes that training in plain ops takes, about.
 *
 * @param base bytes of the base weights, with every copy
 * @param adapter bytes of all A and B; gradients and two moments are as large
 */
export function plainPlan(config: DecoderConfig, base: number, adapter: number, shape: EngineShape) {
  const { layers, hidden, heads, kvHeads, headDim, intermediate, vocab } = config;
  const tokens = shape.maxRows * shape.maxLength;
  const perToken = 6 * hidden + 2 * heads * headDim + 2 * kvHeads * headDim + 4 * intermediate;
  const taped = TAPE.token * perToken + TAPE.probability * heads * shape.maxLength;
  const activation = 4 * (layers * taped * tokens + Math.min(vocab * tokens, LOGITS));
  return { base, adapter, optimizer: 3 * adapter, activation: Math.ceil(activation) };
}
