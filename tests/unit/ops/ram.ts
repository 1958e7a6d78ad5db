import type { MemoryCategory, View, WritableMemory } from '../../../src/ops/memory.ts';

/** Memory of an executor in Node: a buffer is its bytes. */
export class Ram implements WritableMemory {
  readonly largestBinding = Number.POSITIVE_INFINITY;
  readonly #live = new Map<object, { bytes: ArrayBuffer; category: MemoryCategory }>();
  readonly #scratch = new Map<string, View>();

  allocate(label: string, bytes: number, category: MemoryCategory): View {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const buffer = { label };
    this.#live.set(buffer, { bytes: new ArrayBuffer(size), category });
    return { buffer, offset: 0, size };
  }

  /** Memory by name, as large as the largest that was asked for. */
  scratch(name: string, bytes: number): View {
    const found = this.#scratch.get(name);
    if (found && found.size >= bytes) return found;
    const made = this.allocate(name, bytes, 'activation');
    this.#scratch.set(name, made);
    return made;
  }

  of(category: MemoryCategory): number {
    return [...this.#live.values()].reduce(
      (sum, one) => sum + (one.category === category ? one.bytes.byteLength : 0),
      0,
    );
  }

  bytes(buffer: object): ArrayBuffer {
    const found = this.#live.get(buffer);
    if (!found) throw new Error('a buffer that was freed, or is of other memory');
    return found.bytes;
  }

  write(view: View, { buffer, byteOffset, byteLength }: ArrayBufferView, at = 0): void {
    const into = new Uint8Array(this.bytes(view.buffer), view.offset + at);
    into.set(new Uint8Array(buffer, byteOffset, byteLength));
  }

  read(view: View): Float32Array<ArrayBuffer> {
    return new Float32Array(this.bytes(view.buffer).slice(view.offset, view.offset + view.size));
  }

  async settled(): Promise<void> {}

  freeAll(): void {
    this.#live.clear();
    this.#scratch.clear();
  }
}
