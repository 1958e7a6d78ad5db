import type { View as AnyView, MemoryCategory, WritableMemory } from '../ops/memory.ts';

/**
 * GPU buffers: every one has a label and a category, and live and peak bytes are known. Whoever takes memory opens a
 * scope and frees it: the device's memory is the root, a model's base weights are a scope of it, and each engine over
 * that base is a scope of the model's. A scope counts its own buffers and those of the scopes below it.
 */

/** A range of a GPU buffer, in bytes. */
export interface View extends AnyView {
  readonly buffer: GPUBuffer;
}

export class GpuMemory implements WritableMemory<View> {
  readonly #live = new Map<GPUBuffer, { bytes: number; category: MemoryCategory; owner: GpuMemory }>();
  #bytes = 0;
  #peak = 0;

  /** Without a device it only counts: a memory plan is a run of the code that allocates. */
  constructor(
    readonly device: GPUDevice | null,
    readonly parent: GpuMemory | null = null,
  ) {}

  /** A part of this memory that is freed on its own. */
  scope(): GpuMemory {
    return new GpuMemory(this.device, this);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get peak(): number {
    return this.#peak;
  }

  /** Sum of live bytes of one category. */
  of(category: MemoryCategory): number {
    let sum = 0;
    for (const entry of this.#live.values()) if (entry.category === category) sum += entry.bytes;
    return sum;
  }

  /** A zeroed buffer; its size is rounded up to a multiple of 16 bytes. */
  allocate(
    label: string,
    bytes: number,
    category: MemoryCategory,
    usage: GPUBufferUsageFlags = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  ): View {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const buffer = this.device?.createBuffer({ label, size, usage }) ?? counted(label, size, usage);
    for (let scope: GpuMemory | null = this; scope; scope = scope.parent) {
      scope.#live.set(buffer, { bytes: size, category, owner: this });
      scope.#bytes += size;
      scope.#peak = Math.max(scope.#peak, scope.#bytes);
    }
    return { buffer, offset: 0, size };
  }

  get largestBinding(): number {
    return this.device?.limits.maxStorageBufferBindingSize ?? Number.POSITIVE_INFINITY;
  }

  write(view: View, { buffer, byteOffset, byteLength }: ArrayBufferView, at = 0): void {
    const from = buffer as ArrayBuffer;
    this.device?.queue.writeBuffer(view.buffer, view.offset + at, from, byteOffset, byteLength);
  }

  async settled(): Promise<void> {
    await this.device?.queue.onSubmittedWorkDone();
  }

  /** Frees a buffer of this scope or of one below it; another scope's is left alone. */
  free(buffer: GPUBuffer): void {
    const entry = this.#live.get(buffer);
    if (!entry) return;
    for (let scope: GpuMemory | null = entry.owner; scope; scope = scope.parent) {
      scope.#live.delete(buffer);
      scope.#bytes -= entry.bytes;
    }
    buffer.destroy();
  }

  /** Frees everything in this scope and below it. */
  freeAll(): void {
    for (const buffer of [...this.#live.keys()]) this.free(buffer);
  }
}

/** Stands in for a buffer where bytes are only counted. */
function counted(label: string, size: number, usage: number): GPUBuffer {
  return { label, size, usage, destroy() {} } as unknown as GPUBuffer;
}
