import { UserError } from '../errors.ts';
import { BLOCK_TYPES, decodeBlocks, isBlockType } from './gguf/blocks.ts';
import { bfloatsToFloats, halfOfBits, halfValues, halvesToFloats, toHalf } from './half.ts';
import type { StoredType } from './source.ts';

/** Between the types that weights are stored in and those that we compute in. */

let bfloatFits: Uint8Array | null = null;

/** True where every bfloat16 value is also a half (±∞ and NaN count as fitting: they are refused elsewhere). */
export function bfloatsFitHalf(values: Uint16Array): boolean {
  if (!bfloatFits) {
    bfloatFits = new Uint8Array(65536);
    const table = halfValues();
    for (let bits = 0; bits < 65536; bits++) {
      const [value] = bfloatsToFloats(Uint16Array.of(bits));
      bfloatFits[bits] = !Number.isFinite(value) || table[toHalf(value)] === value ? 1 : 0;
    }
  }
  for (let i = 0; i < values.length; i++) if (bfloatFits[values[i]] === 0) return false;
  return true;
}

/** Whole bfloat16 → half where each value fits (see `bfloatsFitHalf`). */
export function bfloatsToHalves(values: Uint16Array): Uint16Array {
  const result = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = halfOfBits(values[i] << 16);
  return result;
}

/** Values in a block, and bytes that a block takes; plain types are blocks of one. */
export function blockOf(stored: StoredType): { values: number; bytes: number } {
  if (isBlockType(stored)) return BLOCK_TYPES[stored];
  return { values: 1, bytes: stored === 'F32' ? 4 : 2 };
}

/** Bytes of `count` values; `count` must be a whole number of blocks. */
export function storedBytes(stored: StoredType, count: number): number {
  const { values, bytes } = blockOf(stored);
  return (count / values) * bytes;
}

/** The bytes as 16-bit words; copied where they do not start at an even address. */
export function asHalfWords(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1);
}

/**
 * Any stored type → float32.
 * @param bytes whole blocks.
 * @param tensor for the message.
 * @throws UserError `not-finite` where a value is NaN or ±∞.
 */
export function decodeToFloats(bytes: Uint8Array, stored: StoredType, tensor: string): Float32Array {
  let values: Float32Array;
  if (stored === 'F32') {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    values = new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
  } else if (stored === 'F16') values = halvesToFloats(asHalfWords(bytes));
  else if (stored === 'BF16') values = bfloatsToFloats(asHalfWords(bytes));
  else values = decodeBlocks(bytes, stored);
  refuseNotFinite(values, tensor);
  return values;
}

/** @throws UserError `not-finite` */
export function refuseNotFinite(values: Float32Array, tensor: string): void {
  for (let i = 0; i < values.length; i++) {
    // x − x is 0 for every finite x, and NaN for ±∞ and NaN.
    if (values[i] - values[i] !== 0) throw notFinite(tensor, i);
  }
}

/** As `refuseNotFinite`, on half or bfloat16 bit patterns. @throws UserError `not-finite` */
export function refuseNotFiniteHalves(bits: Uint16Array, stored: 'F16' | 'BF16', tensor: string): void {
  const exponent = stored === 'F16' ? 0x7c00 : 0x7f80;
  for (let i = 0; i < bits.length; i++) if ((bits[i] & exponent) === exponent) throw notFinite(tensor, i);
}

function notFinite(tensor: string, index: number): UserError {
  return new UserError(
    'not-finite',
    `The tensor ${tensor} holds a value that is not a number (NaN or infinity, at position ${index}). The model file is damaged or was saved from a run that diverged; nothing was trained. Get the file again, or choose another model.`,
  );
}
