import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Gpu, isSoftware, openGpu, requestAdapter } from '../../src/gpu/device.ts';

/** The device as the page opens it, in a real browser. */

let adapter: GPUAdapter;
let gpu: Gpu;

beforeEach(async () => {
  adapter = (await requestAdapter(navigator.gpu))!;
  gpu = await openGpu(adapter);
});
afterEach(() => gpu.device.destroy());

const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

test('no WebGPU is no adapter', async () => {
  expect(await requestAdapter(undefined)).toBeNull();
});

describe('an opened device', () => {
  test('has what the adapter offers: every limit that kernels and plans use, and the features they may use', () => {
    const { limits, features } = gpu.device;
    for (const name of [
      'maxBufferSize',
      'maxStorageBufferBindingSize',
      'maxStorageBuffersPerShaderStage',
      'maxComputeWorkgroupStorageSize',
      'maxComputeInvocationsPerWorkgroup',
      'maxComputeWorkgroupsPerDimension',
    ] as const)
      expect(limits[name], name).toBe(adapter.limits[name]);
    for (const name of ['shader-f16', 'subgroups', 'timestamp-query'] as const)
      expect(features.has(name), name).toBe(adapter.features.has(name));
    expect(gpu.info.features).toEqual([...features].sort());
  });

  test('is known as software where it is', () => {
    // The GPU tests run on SwiftShader (vite.config.ts).
    expect(gpu.info.architecture).toBe('swiftshader');
    expect(gpu.software).toBe(true);
    expect(isSoftware(adapter.info)).toBe(true);
  });

  test('can be held to less, as a small device has', async () => {
    // A device takes its adapter with it.
    const small = await openGpu((await requestAdapter(navigator.gpu))!, {
      maxStorageBufferBindingSize: 128 << 20,
    });
    expect(small.device.limits.maxStorageBufferBindingSize).toBe(128 << 20);
    small.device.destroy();
  });

  test('is refused where it is to have more than there is', async () => {
    const fresh = (await requestAdapter(navigator.gpu))!;
    await expect(openGpu(fresh, { maxBufferSize: 2 ** 52 })).rejects.toThrow();
  });
});

test('every buffer is counted while it lives, whoever made it, and once where it is destroyed twice', () => {
  expect(gpu.buffers).toEqual({ live: 0, peak: 0 });
  const first = gpu.device.createBuffer({ size: 1024, usage: STORAGE });
  const second = gpu.memory.allocate('test', 4096, 'other');
  const both = gpu.buffers.live;
  expect(both).toBe(1024 + 4096);
  first.destroy();
  first.destroy();
  expect(gpu.buffers).toEqual({ live: both - 1024, peak: both });
  gpu.memory.free(second.buffer);
  expect(gpu.buffers).toEqual({ live: 0, peak: both });
});

describe('a validation error', () => {
  // No buffer may be both.
  const wrong = () => gpu.device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | STORAGE });

  test('that nobody expected stays with the device, the first one', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(gpu.failure).toBeNull();
    wrong();
    await gpu.device.queue.onSubmittedWorkDone();
    await expect.poll(() => gpu.failure ?? '').toMatch(/usage/i);
    const first = gpu.failure;
    gpu.device.createBuffer({ size: 2 ** 52, usage: STORAGE });
    await gpu.device.queue.onSubmittedWorkDone();
    await expect.poll(() => said.mock.calls.length).toBe(2);
    expect(gpu.failure).toBe(first);
    said.mockRestore();
  });

  test('that is asked for does not', async () => {
    gpu.device.pushErrorScope('validation');
    wrong();
    expect((await gpu.device.popErrorScope())?.message).toMatch(/usage/i);
    expect(gpu.failure).toBeNull();
  });
});
