import type { MemoryCategory } from './memory.ts';

/**
 * What was taken of a device's memory, by who frees it and what it is for, with live and peak bytes. Whoever takes memory
 * opens a scope and frees it: the device's memory is the root, a model's base weights are a scope of it, and each engine
 * over that base is a scope of the model's. A scope counts its own buffers and those of the scopes below it.
 */
export abstract class ScopedMemory<Buffer extends object> {
  readonly #live = new Map<
    Buffer,
    { bytes: number; category: MemoryCategory; owner: ScopedMemory<Buffer> }
  >();
  #bytes = 0;
  #peak = 0;

  constructor(readonly parent: ScopedMemory<Buffer> | null) {}

  get bytes(): number {
    return this.#bytes;
  }

  get peak(): number {
    return this.#peak;
  }

  /** Counts the peak from here on. */
  forgetPeak(): void {
    this.#peak = this.#bytes;
  }

  /** Sum of live bytes of one category. */
  of(category: MemoryCategory): number {
    let sum = 0;
    for (const entry of this.#live.values()) if (entry.category === category) sum += entry.bytes;
    return sum;
  }

  /** What a buffer of so many bytes takes: a multiple of 16. */
  protected static sizeOf(bytes: number): number {
    return Math.max(16, Math.ceil(bytes / 16) * 16);
  }

  /** Counts a buffer that was made for this scope. */
  protected take(buffer: Buffer, bytes: number, category: MemoryCategory): void {
    for (let scope: ScopedMemory<Buffer> | null = this; scope; scope = scope.parent) {
      scope.#live.set(buffer, { bytes, category, owner: this });
      scope.#bytes += bytes;
      scope.#peak = Math.max(scope.#peak, scope.#bytes);
    }
  }

  /** Gives a buffer back to the device. */
  protected abstract release(buffer: Buffer): void;

  /** Frees a buffer of this scope or of one below it; another scope's is left alone. */
  free(buffer: Buffer): void {
    const entry = this.#live.get(buffer);
    if (!entry) return;
    for (let scope: ScopedMemory<Buffer> | null = entry.owner; scope; scope = scope.parent) {
      scope.#live.delete(buffer);
      scope.#bytes -= entry.bytes;
    }
    this.release(buffer);
  }

  /** Frees everything in this scope and below it. */
  freeAll(): void {
    for (const buffer of [...this.#live.keys()]) this.free(buffer);
  }
}
