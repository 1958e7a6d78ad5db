import { UserError } from '../errors.ts';
import type { View as AnyView, MemoryCategory, WritableMemory } from '../ops/memory.ts';
import { ScopedMemory } from '../ops/scoped-memory.ts';

/** A range of the one memory that WebAssembly computes on. */
export interface Block {
  readonly label: string;
  /** First byte. */
  readonly address: number;
  readonly size: number;
}

export interface View extends AnyView {
  readonly buffer: Block;
}

/** Blocks begin at whole cache lines. */
const ALIGNED = 64;
export const PAGE = 65536;
/** Addresses have 32 bits. */
export const MOST_BYTES = 2 ** 32 - PAGE;

/** The free ranges of a memory, by address; neighbours are one range. Without a memory it only counts. */
export class Heap {
  readonly #free: { begin: number; end: number }[];

  constructor(
    readonly memory: WebAssembly.Memory | null,
    first: number,
  ) {
    this.#free = [{ begin: cacheLines(first), end: memory?.buffer.byteLength ?? Number.POSITIVE_INFINITY }];
  }

  /** @throws UserError `wasm-full` */
  take(bytes: number): number {
    const size = cacheLines(bytes);
    let at = this.#free.findIndex(({ begin, end }) => end - begin >= size);
    if (at < 0) at = this.#grow(size);
    const range = this.#free[at];
    const { begin } = range;
    range.begin += size;
    if (range.begin === range.end) this.#free.splice(at, 1);
    return begin;
  }

  giveBack(begin: number, bytes: number): void {
    const end = begin + cacheLines(bytes);
    let at = this.#free.findIndex((range) => range.begin >= end);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, { begin, end });
    for (const i of [at, at - 1]) {
      const [left, right] = [this.#free[i], this.#free[i + 1]];
      if (left && right && left.end === right.begin)
        this.#free.splice(i, 2, { begin: left.begin, end: right.end });
    }
  }

  /** Takes so much from the system at once that `bytes` more fit at the end. */
  reserve(bytes: number): void {
    const last = this.#free.at(-1);
    const length = this.memory?.buffer.byteLength ?? 0;
    const there = last && last.end === length ? last.end - last.begin : 0;
    if (this.memory && there < bytes) this.#grow(bytes);
  }

  /** @returns index of the last free range, which has `bytes` now */
  #grow(bytes: number): number {
    const { memory } = this;
    if (!memory) throw new Error('a heap that only counts has no end');
    const end = memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const more = bytes - (last?.end === end ? last.end - last.begin : 0);
    try {
      if (end + more > MOST_BYTES) throw new RangeError('past the last address');
      memory.grow(Math.ceil(more / PAGE));
    } catch (cause) {
      throw new UserError(
        'wasm-full',
        'WebAssembly has used up its memory: it has at most 4 GB, and less where the machine has less. What was saved before is untouched. Use a browser with WebGPU, a smaller batch, a smaller max length, or a smaller model.',
        { cause },
      );
    }
    if (last?.end === end) last.end = memory.buffer.byteLength;
    else this.#free.push({ begin: end, end: memory.buffer.byteLength });
    return this.#free.length - 1;
  }
}

/** So many bytes that whole cache lines hold. */
export function cacheLines(bytes: number): number {
  return Math.max(ALIGNED, Math.ceil(bytes / ALIGNED) * ALIGNED);
}

/** Blocks of a heap, each zeroed when it is taken. */
export class ProcessorMemory extends ScopedMemory<Block> implements WritableMemory<View> {
  readonly largestBinding = Number.POSITIVE_INFINITY;

  constructor(
    readonly heap: Heap,
    parent: ProcessorMemory | null = null,
  ) {
    super(parent);
  }

  /** A part of this memory that is freed on its own. */
  scope(): ProcessorMemory {
    return new ProcessorMemory(this.heap, this);
  }

  allocate(label: string, bytes: number, category: MemoryCategory): View {
    const size = ScopedMemory.sizeOf(bytes);
    const block = { label, address: this.heap.take(size), size };
    this.take(block, size, category);
    const view = { buffer: block, offset: 0, size };
    this.clear(view);
    return view;
  }

  write(view: View, { buffer, byteOffset, byteLength }: ArrayBufferView, at = 0): void {
    if (at + byteLength > view.buffer.size - view.offset)
      throw new RangeError(`past the end of ${view.buffer.label}`);
    const into = this.heap.memory?.buffer;
    if (into) new Uint8Array(into).set(new Uint8Array(buffer, byteOffset, byteLength), addressOf(view) + at);
  }

  clear(view: View): void {
    const into = this.heap.memory?.buffer;
    if (into) new Uint8Array(into, addressOf(view), view.size).fill(0);
  }

  /** A copy of `bytes` from the beginning of a view. */
  read(view: View, bytes = view.size): Float32Array<ArrayBuffer> {
    const from = this.heap.memory?.buffer ?? new ArrayBuffer(0);
    return new Float32Array(new Uint8Array(from, addressOf(view), bytes).slice().buffer);
  }

  async settled(): Promise<void> {}

  protected release(block: Block): void {
    this.heap.giveBack(block.address, block.size);
  }
}

export function addressOf({ buffer, offset }: View): number {
  return buffer.address + offset;
}
