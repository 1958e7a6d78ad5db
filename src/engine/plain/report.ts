import * as tf from '@tensorflow/tfjs-core';
import type { EngineInfo } from '../engine.ts';

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
