import { GpuMemory } from './memory.ts';
import { type CommandStream, plainStream } from './stream.ts';

/** A WebGPU device with the limits of its adapter, and what is known of it. */
export interface Gpu {
  device: GPUDevice;
  info: { vendor: string; architecture: string; description: string; features: string[] };
  /** True for a CPU implementation such as SwiftShader or WARP. */
  software: boolean;
  memory: GpuMemory;
  stream: CommandStream;
  /** Bytes of all live buffers of the device, whoever made them, and the most there ever were. */
  buffers: { live: number; peak: number };
  /** First validation error that nobody expected: what was computed since cannot be trusted. */
  failure: string | null;
}

/** The same device with another memory: what uses it allocates in that scope. */
export function withMemory(gpu: Gpu, memory: GpuMemory): Gpu {
  // What happens to the device later (`failure`) is seen through it too, which a copy would miss.
  return Object.create(gpu, { memory: { value: memory, enumerable: true } });
}

/** Taken where the adapter has them. */
const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query', 'subgroup-size-control'] as const;

/** Matrices of 8 × 8 multiplied by a subgroup: an experiment of Chromium's, behind a switch of its own. */
export const SUBGROUP_MATRIX = 'chromium-experimental-subgroup-matrix';

/** What Chromium says of an adapter with that feature. */
interface MatrixInfo {
  subgroupMinSize: number;
  subgroupMaxSize: number;
  subgroupMatrixConfigs?: Iterable<{
    M: number;
    N: number;
    K: number;
    componentType: string;
    resultComponentType: string;
  }>;
}

/** The feature to ask an adapter for where matrices are allowed and our kernels for them fit. */
export function matrixFeature(adapter: GPUAdapter, allowed: boolean): string[] {
  return allowed && hasMatrices(adapter) ? [SUBGROUP_MATRIX] : [];
}

/** Float32 throughout, 8 × 8 × 8, and subgroups of 32 threads always. */
function hasMatrices(adapter: GPUAdapter): boolean {
  if (!adapter.features.has(SUBGROUP_MATRIX)) return false;
  const { subgroupMinSize, subgroupMaxSize, subgroupMatrixConfigs = [] } = adapter.info as MatrixInfo;
  return (
    subgroupMinSize === 32 &&
    subgroupMaxSize === 32 &&
    [...subgroupMatrixConfigs].some(
      ({ M, N, K, componentType, resultComponentType }) =>
        M === 8 && N === 8 && K === 8 && componentType === 'f32' && resultComponentType === 'f32',
    )
  );
}

/** Whether kernels can ask for subgroups of 8 threads, the smallest of Intel's GPUs; other GPUs have none so small. */
export function hasSubgroupsOf8({
  features,
  adapterInfo,
}: Pick<GPUDevice, 'features' | 'adapterInfo'>): boolean {
  return (
    features.has('subgroup-size-control') &&
    (adapterInfo as Partial<MatrixInfo> | undefined)?.subgroupMinSize === 8
  );
}

/** Raised to what the adapter offers; a stock device gets the specification's defaults. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Names of drivers that compute on the processor: Chromium's, Mesa's, Windows' and whatever says so itself. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|warp|basic render|software/i;

/** Whether an adapter, or the one that a device came from, computes without a GPU. */
export function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  const text = [info?.vendor, info?.architecture, info?.device, info?.description].join(' ');
  return Boolean(info?.isFallbackAdapter) || SOFTWARE.test(text);
}

export async function requestAdapter(gpu: GPU | undefined): Promise<GPUAdapter | null> {
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
}

/**
 * Opens a device on an adapter. `limits` lowers single limits, to test what small devices do; `more`: features beyond
 * the usual ones.
 */
export async function openGpu(
  adapter: GPUAdapter,
  limits: Record<string, number> = {},
  more: readonly string[] = [],
): Promise<Gpu> {
  const wanted = [...FEATURES.filter((name) => adapter.features.has(name)), ...more];
  const requiredFeatures = wanted as GPUFeatureName[];
  const requiredLimits: Record<string, number> = {};
  for (const name of LIMITS) {
    const value = adapter.limits[name];
    if (value !== undefined) requiredLimits[name] = value;
  }
  Object.assign(requiredLimits, limits);
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits, label: 'lowrank' });
  const info = adapter.info;
  const gpu: Gpu = {
    device,
    info: {
      vendor: info.vendor,
      architecture: info.architecture,
      description: info.description || info.device,
      features: [...device.features].sort(),
    },
    software: isSoftware(info),
    memory: new GpuMemory(device),
    stream: plainStream(device),
    buffers: countBuffers(device),
    failure: null,
  };
  device.addEventListener('uncapturederror', ({ error }) => {
    gpu.failure ??= error.message;
    console.error(error.message);
  });
  return gpu;
}

/** Counts the bytes of every buffer that is made on the device from now on. */
function countBuffers(device: GPUDevice): { live: number; peak: number } {
  const count = { live: 0, peak: 0 };
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    let alive = true;
    count.live += descriptor.size;
    count.peak = Math.max(count.peak, count.live);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      if (alive) count.live -= descriptor.size;
      alive = false;
      return destroy();
    };
    return buffer;
  };
  return count;
}
