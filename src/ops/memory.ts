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

/** Part of a view; `offset` and `size` in bytes. WebGPU wants bound offsets at multiples of 256. */
export function slice<V extends View>(view: V, offset: number, size: number): V {
  return { ...view, offset: view.offset + offset, size };
}
