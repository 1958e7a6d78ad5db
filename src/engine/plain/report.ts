import * as tf from '@tensorflow/tfjs-core';
import { isSoftware } from '../../gpu/device.ts';
import type { EngineInfo } from '../engine.ts';

/** What computes: tfjs's backend, and the GPU behind it where it is webgpu. */
export function plainInfo(): EngineInfo {
  const backend = tf.getBackend();
  const kernels = { matmul: `tfjs-${backend}` };
  const none = { kernels, dispatchesPerStep: null, submitsPerStep: null };
  if (backend !== 'webgpu') return { device: backend === 'wasm' ? 'wasm' : 'cpu', gpu: null, ...none };
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  const { vendor, architecture, description } = device.adapterInfo;
  const gpu = { vendor, architecture, description, features: [...device.features].sort() };
  return { device: isSoftware(device.adapterInfo) ? 'software' : 'webgpu', gpu, ...none };
}
