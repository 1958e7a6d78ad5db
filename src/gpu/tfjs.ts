import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type { CommandStream } from './stream.ts';

/**
 * tfjs on our device. The only file that touches fields which tfjs keeps private; its version is pinned for that.
 */

interface Internals {
  commandEncoder: GPUCommandEncoder | null;
}

/** Registers tfjs's webgpu backend on `device` and gives its command encoder as a stream. */
export async function openTfjs(device: GPUDevice, info: GPUAdapterInfo): Promise<CommandStream> {
  // The package registers a factory of its own on import; `findBackend` would start it.
  closeTfjs();
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, info), 3);
  await tf.setBackend('webgpu');
  const backend = tf.backend() as WebGPUBackend;
  return {
    encoder() {
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      const encoder = (backend as unknown as Internals).commandEncoder;
      if (!encoder) throw new Error('tfjs has no command encoder');
      return encoder;
    },
    submit() {
      if (!(backend as unknown as Internals).commandEncoder) return;
      backend.endComputePassEncoder();
      backend.submitQueue();
    },
  };
}

/** Lets go of the device. */
export function closeTfjs(): void {
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
}
