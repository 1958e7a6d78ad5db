import type { WeightType } from '../ops/types.ts';
import { asHalfWords, bfloatsToHalves, decodeToFloats, refuseNotFiniteHalves } from '../weights/convert.ts';
import { floatsToHalves, halfValues } from '../weights/half.ts';
import type { StoredType } from '../weights/source.ts';

/** Rows as the kernels read them. */
export interface Encoded {
  data: Uint8Array;
  scales?: Uint8Array;
  /** Sum of the squared values. */
  squares: number;
}

/** Whole rows of `cols` values, stored → `type`. */
export function encodeRows(
  chunk: { rows: number; stored: StoredType; bytes: Uint8Array },
  cols: number,
  type: WeightType,
  tensor: string,
): Encoded {
  if (type === 'f16' && (chunk.stored === 'F16' || chunk.stored === 'BF16')) {
    const words = asHalfWords(chunk.bytes);
    refuseNotFiniteHalves(words, chunk.stored, tensor);
    const halves = chunk.stored === 'F16' ? words : bfloatsToHalves(words);
    return { data: bytesOf(halves), squares: squaresOfHalves(halves) };
  }
  const values = decodeToFloats(chunk.bytes, chunk.stored, tensor);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  if (type === 'f32') return { data: bytesOf(values), squares };
  if (type === 'f16') return { data: bytesOf(floatsToHalves(values)), squares };
  throw new Error(`no encoder for ${type} from ${chunk.stored}, ${cols} columns`);
}

/** Bytes that a weight takes. */
encodeRows.sizes = (type: WeightType, rows: number, cols: number): { data: number; scales: number } => {
  const values = rows * cols;
  if (type === 'f32') return { data: 4 * values, scales: 0 };
  if (type === 'f16') return { data: 2 * values, scales: 0 };
  throw new Error(`no layout for ${type}`);
};

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function squaresOfHalves(halves: Uint16Array): number {
  const table = halfValues();
  let sum = 0;
  for (let i = 0; i < halves.length; i++) {
    const value = table[halves[i]];
    sum += value * value;
  }
  return sum;
}
