import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from '../model/config.ts';
import type { EngineInfo, EngineShape } from './engine.ts';

/**
 * Bytes that training needs at most, by counting what a block saves for its backward pass: two norms, the inputs of
 * the linear layers, q, k and v, the attention probabilities and three tensors of the feed-forward's width.
 *
 * @param base bytes of the base weights in both layouts
 * @param adapter bytes of all A and B; gradients and two moments are as large
 */
export function plainPlanBytes(
  config: DecoderConfig,
  base: number,
  adapter: number,
  shape: EngineShape,
): number {
  const { layers, hidden, heads, kvHeads, headDim, intermediate, vocab } = config;
  const tokens = shape.maxRows * shape.maxLength;
  const perToken = 6 * hidden + 2 * heads * headDim + 2 * kvHeads * headDim + 4 * intermediate;
  const saved = layers * (perToken + heads * shape.maxLength) * tokens;
  const logits = 2 * Math.min(vocab * tokens, 1 << 23);
  return base + 4 * adapter + 4 * (saved + logits);
}

/** What computes: tfjs's backend, and the GPU behind it where it is webgpu. */
export function plainInfo(): EngineInfo {
  const backend = tf.getBackend();
  const kernels = { matmul: `tfjs-${backend}` };
  const none = { kernels, dispatchesPerStep: null, submitsPerStep: null };
  if (backend !== 'webgpu') return { device: backend === 'wasm' ? 'wasm' : 'cpu', gpu: null, ...none };
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  const { vendor, architecture, description } = device.adapterInfo;
  const software = /swiftshader|llvmpipe|software/i.test(`${architecture} ${description}`);
  const gpu = { vendor, architecture, description, features: [...device.features].sort() };
  return { device: software ? 'software' : 'webgpu', gpu, ...none };
}
