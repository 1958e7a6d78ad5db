import { UserError } from '../../errors.ts';
import { type Gpu, isSoftware, matrixFeature, openGpu, requestAdapter } from '../../gpu/device.ts';
import { Pipelines } from '../../gpu/launcher.ts';
import { openTfjs } from '../../gpu/tfjs.ts';
import type { DeviceChoice, Hardware } from '../api/api.ts';
import { howToEnable, noWebGpu, ONLY_SOFTWARE } from './no-webgpu.ts';
import { mostThreads, whyOneThread } from './threads.ts';

/** What this browser has to compute with, and the device once it is opened. */

export interface OpenGpu {
  gpu: Gpu;
  pipelines: Pipelines;
}

/** Finds out what a run would use; opens nothing. */
export async function findHardware(choice: DeviceChoice): Promise<Hardware> {
  const adapter = await requestAdapter(navigator.gpu);
  const software = adapter !== null && isSoftware(adapter.info);
  const usable = adapter !== null && (choice === 'webgpu' || (choice === 'auto' && !software));
  const info = adapter?.info;
  const gpu = adapter
    ? {
        vendor: info?.vendor ?? '',
        architecture: info?.architecture ?? '',
        description: info?.description || info?.device || '',
        features: [...adapter.features].sort(),
      }
    : null;
  if (choice === 'webgpu' && !adapter) throw new UserError('no-webgpu', noWebGpu());
  if (usable && gpu)
    return {
      device: software ? 'software' : 'webgpu',
      name: software ? `${gpuName(gpu)} (software)` : gpuName(gpu),
      gpu,
      maxBufferBytes: adapter.limits.maxBufferSize,
      threads: 1,
      problem: software ? `${ONLY_SOFTWARE} ${howToEnable()}` : null,
    };
  return {
    device: 'wasm',
    name: 'CPU (WebAssembly)',
    gpu: null,
    maxBufferBytes: null,
    threads: mostThreads(),
    problem:
      [
        ...(choice === 'wasm' && adapter && !software
          ? []
          : [
              adapter ? `${ONLY_SOFTWARE} ${howToEnable()}` : noWebGpu(),
              'Until then training runs on the processor, which is fine for the bundled model.',
            ]),
        ...whyOneThread(),
      ].join(' ') || null,
  };
}

export function gpuName(gpu: { vendor: string; architecture: string; description: string }): string {
  if (gpu.description) return gpu.description;
  const words = [gpu.vendor, gpu.architecture]
    .filter(Boolean)
    .map((word) => word[0].toUpperCase() + word.slice(1));
  return words.join(' ') || 'GPU';
}

let matrices = false;

/** Whether devices that are opened from now on get the GPU's matrix units where our kernels fit them. */
export function allowMatrices(allowed: boolean): void {
  matrices = allowed;
}

/** Our device on an adapter, with what was allowed. */
export function openAllowed(adapter: GPUAdapter): Promise<Gpu> {
  return openGpu(adapter, {}, matrixFeature(adapter, matrices));
}

/** Opens the device, with tfjs on it. @throws UserError `no-webgpu` */
export async function openHardware(onLost: (reason: string) => void): Promise<OpenGpu> {
  const adapter = await requestAdapter(navigator.gpu);
  if (!adapter) throw new UserError('no-webgpu', noWebGpu());
  const gpu = await openAllowed(adapter);
  gpu.stream = await openTfjs(gpu.device, adapter.info);
  void gpu.device.lost.then((info) => {
    onLost(info.message || 'the device was lost');
  });
  return { gpu, pipelines: new Pipelines(gpu.device) };
}
