import { toHalf } from './half.ts';
import { NF4_VALUES, type PackedRows } from './repack.ts';

/**
 * float32 → ggml's Q8_0 and Q4_0 blocks and bitsandbytes' NF4, with their rounding (`quantize_row_*_ref` in
 * ggml-quants.c; `dQuantizeNF4` in bitsandbytes' kernels), so that a model quantised here is the one that
 * their programs would make. Rows of whole blocks: a multiple of 32 values (NF4: 64).
 */

const BLOCK = 32;
const { fround } = Math;

/** Q8_0: d = max |x| / 127, q = x / d rounded half away from zero. @returns 34 bytes a block. */
export function quantiseQ8_0(values: Float32Array): Uint8Array<ArrayBuffer> {
  const blocks = values.length / BLOCK;
  const bytes = new Uint8Array(blocks * 34);
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCK;
    const at = block * 34;
    let largest = 0;
    for (let j = 0; j < BLOCK; j++) largest = Math.max(largest, Math.abs(values[from + j]));
    const d = fround(largest / 127);
    const inverse = d === 0 ? 0 : fround(1 / d);
    writeHalf(bytes, at, d);
    for (let j = 0; j < BLOCK; j++) {
      const scaled = fround(values[from + j] * inverse);
      // C's roundf: half away from zero. Adding 0.5 is exact below 2^22.
      bytes[at + 2 + j] = Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5);
    }
  }
  return bytes;
}

/** Q4_0: d = (the value largest in magnitude) / −8, q = x / d + 8.5 cut to an integer of 0 … 15. @returns 18 bytes a block. */
export function quantiseQ4_0(values: Float32Array): Uint8Array<ArrayBuffer> {
  const blocks = values.length / BLOCK;
  const bytes = new Uint8Array(blocks * 18);
  const codes = new Uint8Array(BLOCK);
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCK;
    const at = block * 18;
    let extreme = 0;
    for (let j = 0; j < BLOCK; j++) {
      if (Math.abs(values[from + j]) > Math.abs(extreme)) extreme = values[from + j];
    }
    const d = fround(extreme / -8);
    const inverse = d === 0 ? 0 : fround(1 / d);
    writeHalf(bytes, at, d);
    for (let j = 0; j < BLOCK; j++)
      codes[j] = Math.min(15, Math.trunc(fround(fround(values[from + j] * inverse) + 8.5)));
    for (let j = 0; j < 16; j++) bytes[at + 2 + j] = codes[j] | (codes[j + 16] << 4);
  }
  return bytes;
}

function writeHalf(bytes: Uint8Array, at: number, value: number): void {
  const half = toHalf(value);
  bytes[at] = half & 0xff;
  bytes[at + 1] = half >> 8;
}

/** Midpoints between neighbouring NF4 values: where the nearest one changes. */
const NF4_STEPS = NF4_VALUES.slice(1).map((value, i) => fround((value + NF4_VALUES[i]) / 2));

/** NF4 without double quantisation: d = max |x| of 64 values, the code of the nearest value of x / d. */
export function quantiseNf4(values: Float32Array): PackedRows {
  const blocks = values.length / 64;
  const codes = new Uint32Array(values.length / 8);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const from = block * 64;
    let largest = 0;
    for (let j = 0; j < 64; j++) largest = Math.max(largest, Math.abs(values[from + j]));
    scales[block] = largest;
    const inverse = largest === 0 ? 0 : fround(1 / largest);
    for (let j = 0; j < 64; j++) {
      const scaled = fround(values[from + j] * inverse);
      let code = 0;
      while (code < 15 && scaled > NF4_STEPS[code]) code++;
      codes[(from + j) >> 3] |= code << (4 * (j & 7));
    }
  }
  return { codes, scales: new Uint32Array(scales.buffer) };
}
