import { UserError } from '../errors.ts';
import { asHalfWords, bfloatsToHalves, decodeToFloats, refuseNotFiniteHalves } from '../weights/convert.ts';
import { isBlockType } from '../weights/gguf/blocks.ts';
import { floatsToHalves, halfValues, halvesToFloats } from '../weights/half.ts';
import { quantiseNf4, quantiseQ4_0, quantiseQ8_0 } from '../weights/quantise.ts';
import {
  layoutOf,
  type PackedRows,
  packedWords,
  type QuantLayout,
  repackBlocks,
  squaresOfPacked,
  unpackToFloats,
} from '../weights/repack.ts';
import type { StoredType } from '../weights/source.ts';
import { type Held, quantLayout } from './base-dtype.ts';

/** Rows as the kernels read them. */
export interface Encoded {
  data: Uint8Array;
  scales?: Uint8Array;
  /** Sum of the squared values. */
  squares: number;
}

/**
 * Whole rows, stored → `held`. Blocks of the file whose layout is asked for keep their values.
 * @throws UserError `not-finite`, `does-not-fit`
 */
export function encodeRows(
  chunk: { stored: StoredType; bytes: Uint8Array },
  held: Held,
  tensor: string,
): Encoded {
  const { stored, bytes } = chunk;
  const layout = quantLayout(held);
  if (layout) {
    const packed = packRows(stored, bytes, layout, tensor);
    return {
      data: bytesOf(packed.codes),
      scales: bytesOf(packed.scales),
      squares: squaresOfPacked(packed, layout),
    };
  }
  if (held.type === 'f16' && (stored === 'F16' || stored === 'BF16')) {
    const words = asHalfWords(bytes);
    refuseNotFiniteHalves(words, stored, tensor);
    const halves = stored === 'F16' ? words : bfloatsToHalves(words);
    refuseOverflow(halves, tensor);
    return { data: bytesOf(halves), squares: squaresOfHalves(halves) };
  }
  const values = decodeToFloats(bytes, stored, tensor);
  if (held.type === 'f16') {
    const halves = floatsToHalves(values);
    refuseOverflow(halves, tensor);
    return { data: bytesOf(halves), squares: squaresOfHalves(halves) };
  }
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return { data: bytesOf(values), squares };
}

/** Bytes that rows take. */
encodeRows.sizes = (held: Held, rows: number, cols: number): { data: number; scales: number } => {
  const values = rows * cols;
  const layout = quantLayout(held);
  if (!layout) return { data: (held.type === 'f32' ? 4 : 2) * values, scales: 0 };
  const words = packedWords(layout, values);
  return { data: 4 * words.codes, scales: 4 * words.scales };
};

/**
 * What the kernels decode from rows that are held so, as float32: for engines that compute in float32 alone.
 * @throws UserError as `encodeRows`
 */
export function heldValues(
  chunk: { stored: StoredType; bytes: Uint8Array },
  held: Held,
  tensor: string,
): Float32Array {
  const layout = quantLayout(held);
  if (layout) return unpackToFloats(packRows(chunk.stored, chunk.bytes, layout, tensor), layout);
  if (held.type === 'f32') return decodeToFloats(chunk.bytes, chunk.stored, tensor);
  const { data } = encodeRows(chunk, held, tensor);
  return halvesToFloats(asHalfWords(data));
}

function packRows(stored: StoredType, bytes: Uint8Array, layout: QuantLayout, tensor: string): PackedRows {
  if (isBlockType(stored) && sameLayout(layoutOf(stored), layout)) return repackBlocks(bytes, stored, tensor);
  const values = decodeToFloats(bytes, stored, tensor);
  if (layout.codes === 'nf4') return quantiseNf4(values);
  return layout.codes === 'q8'
    ? repackBlocks(quantiseQ8_0(values), 'Q8_0', tensor)
    : repackBlocks(quantiseQ4_0(values), 'Q4_0', tensor);
}

function sameLayout(a: QuantLayout, b: QuantLayout): boolean {
  return a.codes === b.codes && a.block === b.block && a.scaleType === b.scaleType;
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function refuseOverflow(halves: Uint16Array, tensor: string): void {
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i] & 0x7c00) === 0x7c00)
      throw new UserError(
        'does-not-fit',
        `The tensor ${tensor} holds a value that is too large for half precision (position ${i}). Nothing was changed. Choose auto or f32 as the base precision.`,
      );
  }
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
