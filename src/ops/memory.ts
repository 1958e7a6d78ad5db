/** Memory of whatever executes a program, as those who write programs see it: ranges that they pass on unopened. */

export type MemoryCategory = 'base' | 'adapter' | 'optimizer' | 'activation' | 'other';

/** A range of a buffer, in bytes. What a buffer is, the executor alone knows. */
export interface View {
  readonly buffer: object;
  readonly offset: number;
  readonly size: number;
}

/** Where buffers come from. */
export interface Memory<V extends View = View> {
  /** A zeroed buffer; its size is rounded up to a multiple of 16 bytes. */
  allocate(label: string, bytes: number, category: MemoryCategory): V;
}

/** Memory that is filled from outside programs, with weights and tables. */
export interface WritableMemory<V extends View = View> extends Memory<V> {
  /** @param at first byte in the view */
  write(view: V, data: ArrayBufferView, at?: number): void;
  /** Waits until what was written has been copied, to bound how much of it is held twice. */
  settled(): Promise<void>;
  /** Live bytes of one category. */
  of(category: MemoryCategory): number;
  /** Most bytes that an operation takes as one view. */
  readonly largestBinding: number;
}

/** Part of a view; `offset` and `size` in bytes. WebGPU wants bound offsets at multiples of 256. */
export function slice<V extends View>(view: V, offset: number, size: number): V {
  return { ...view, offset: view.offset + offset, size };
}
