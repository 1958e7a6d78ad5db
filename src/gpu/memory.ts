import type { View as AnyView, MemoryCategory, WritableMemory } from '../ops/memory.ts';
import { ScopedMemory } from '../ops/scoped-memory.ts';

/** A range of a GPU buffer, in bytes. */
export interface View extends AnyView {
  readonly buffer: GPUBuffer;
}

/** GPU buffers: every one has a label and a category. */
export class GpuMemory extends ScopedMemory<GPUBuffer> implements WritableMemory<View> {
  /** Without a device it only counts: a memory plan is a run of the code that allocates. */
  constructor(
    readonly device: GPUDevice | null,
    parent: GpuMemory | null = null,
  ) {
    super(parent);
  }

  /** A part of this memory that is freed on its own. */
  scope(): GpuMemory {
    return new GpuMemory(this.device, this);
  }

  /** A zeroed buffer; its size is rounded up to a multiple of 16 bytes. */
  allocate(
    label: string,
    bytes: number,
    category: MemoryCategory,
    usage: GPUBufferUsageFlags = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  ): View {
    const size = ScopedMemory.sizeOf(bytes);
    const buffer = this.device?.createBuffer({ label, size, usage }) ?? counted(label, size, usage);
    this.take(buffer, size, category);
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

  protected release(buffer: GPUBuffer): void {
    buffer.destroy();
  }
}

/** Stands in for a buffer where bytes are only counted. */
function counted(label: string, size: number, usage: number): GPUBuffer {
  return { label, size, usage, destroy() {} } as unknown as GPUBuffer;
}
