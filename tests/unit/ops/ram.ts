import { vi } from 'vitest';
import type { Gpu } from '../../../src/gpu/device.ts';
import { GpuMemory } from '../../../src/gpu/memory.ts';
import type { View } from '../../../src/ops/memory.ts';

/** A “device” whose buffers are bytes that can be read at once, so that models load into it as onto a GPU. */
export class Ram {
  readonly gpu: Gpu;
  readonly #bytes = new WeakMap<object, ArrayBuffer>();
  readonly #scratch = new Map<string, View>();

  constructor() {
    vi.stubGlobal('GPUBufferUsage', { STORAGE: 128, COPY_SRC: 4, COPY_DST: 8 });
    const device = {
      limits: { maxStorageBufferBindingSize: 1 << 30 },
      createBuffer: ({ label, size }: { label: string; size: number }) => {
        const buffer = { label, size, destroy: () => this.#bytes.delete(buffer) };
        this.#bytes.set(buffer, new ArrayBuffer(size));
        return buffer;
      },
      queue: {
        onSubmittedWorkDone: async () => {},
        writeBuffer: (buffer: object, offset: number, data: BufferSource, begin = 0, count?: number) =>
          new Uint8Array(this.bytes(buffer), offset).set(bytesOf(data, begin, count)),
      },
    } as unknown as GPUDevice;
    this.gpu = { device, software: true, memory: new GpuMemory(device) } as unknown as Gpu;
  }

  bytes(buffer: object): ArrayBuffer {
    const bytes = this.#bytes.get(buffer);
    if (!bytes) throw new Error('a buffer that was freed, or is of other memory');
    return bytes;
  }

  write(view: View, data: BufferSource): void {
    new Uint8Array(this.bytes(view.buffer), view.offset).set(bytesOf(data));
  }

  read(view: View): Float32Array<ArrayBuffer> {
    return new Float32Array(this.bytes(view.buffer).slice(view.offset, view.offset + view.size));
  }

  scratch(name: string, bytes: number): View {
    const found = this.#scratch.get(name);
    if (found && found.size >= bytes) return found;
    const made = this.gpu.memory.allocate(name, bytes, 'activation');
    this.#scratch.set(name, made);
    return made;
  }
}

/** As WebGPU counts: in elements of a typed array, else in bytes. */
function bytesOf(data: BufferSource, begin = 0, count?: number): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data, begin, count);
  const unit = 'BYTES_PER_ELEMENT' in data ? (data.BYTES_PER_ELEMENT as number) : 1;
  const length = count === undefined ? data.byteLength - begin * unit : count * unit;
  return new Uint8Array(data.buffer, data.byteOffset + begin * unit, length);
}
