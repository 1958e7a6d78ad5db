/**
 * What changes from batch to batch in a recorded program. A program has several slots of it: 0 is the batch's, others
 * are those of the head's chunks of rows and of blocks that draw a mask; an operation names the slot that it reads.
 */
export interface Dims {
  /** Rows this dispatch works on: batch × length tokens, or the supervised rows of one head chunk. */
  rows: number;
  batch: number;
  length: number;
  /** Tokens already in the KV cache: query i of a row stands at position start + i. */
  start: number;
  /** First supervised row of a head chunk. */
  offset: number;
  /** Supervised tokens of the batch. */
  supervised: number;
  /** Optimizer step, from 1, and the run's seed: for dropout and AdamW's bias correction. */
  step: number;
  seed: number;
  /** Factor of the loss's gradient: 1 / n, with the n that the loss is divided by. */
  scale: number;
  /** How much of the adapter counts: 1 in training, 0 for the base alone. */
  strength: number;
  /** Number of the micro-batch within the step, for dropout. */
  micro: number;
  /** What is added to the number of an adapted module before its dropout mask is drawn (default 0). */
  firstModule?: number;
}

/**
 * A slot of dims as kernels read it, 48 bytes:
 *
 *     struct Dims { rows: u32, batch: u32, length: u32, start: u32, offset: u32, supervised: u32,
 *                   step: u32, seed: u32, scale: f32, strength: f32, micro: u32, first_module: u32 }
 *
 * On WebGPU it is the uniform that every kernel binds (`shaders/dims.wgsl`); in WebAssembly `assembly/dims.ts` reads it.
 */
export const DIMS_BYTES = 48;

export function packDims(dims: Dims, into: DataView, at: number): void {
  const ints = [
    dims.rows,
    dims.batch,
    dims.length,
    dims.start,
    dims.offset,
    dims.supervised,
    dims.step,
    dims.seed,
  ];
  ints.forEach((value, i) => {
    into.setUint32(at + 4 * i, value, true);
  });
  into.setFloat32(at + 32, dims.scale, true);
  into.setFloat32(at + 36, dims.strength, true);
  into.setUint32(at + 40, dims.micro, true);
  into.setUint32(at + 44, dims.firstModule ?? 0, true);
}
