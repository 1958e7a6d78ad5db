import { floatsToHalves } from '../../../src/weights/half.ts';

/** A tensor that a test writes into a file. */
export interface MadeTensor {
  dtype: string;
  shape: readonly number[];
  values: Float32Array;
}

/** Bytes of values in a type; those of types that are refused are zeros, of the right number. */
export function storedAs({ dtype, values }: Pick<MadeTensor, 'dtype' | 'values'>): Uint8Array<ArrayBuffer> {
  const of = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer.slice(0) as ArrayBuffer);
  if (dtype === 'F32') return of(Float32Array.from(values));
  if (dtype === 'F64') return of(Float64Array.from(values));
  if (dtype === 'F16') return of(floatsToHalves(values));
  if (dtype === 'BF16')
    return of(Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), rounded));
  return new Uint8Array(values.length);
}

/** float32 bits → bfloat16, to the nearest, ties to even. */
const rounded = (bits: number) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
