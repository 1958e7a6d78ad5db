import { halfValues } from '../half.ts';
import type { StoredType } from '../source.ts';

/**
 * ggml's quantised blocks, decoded to float32. Layouts from ggml's `ggml-common.h` and
 * `dequantize_row_*` in `ggml-quants.c`. Each product here is exact in double precision and rounded once on
 * the store, as ggml's float32 arithmetic gives it.
 */

export type BlockType = Exclude<StoredType, 'F32' | 'F16' | 'BF16'>;

export const BLOCK_TYPES: Readonly<Record<BlockType, { values: number; bytes: number }>> = {
  Q4_0: { values: 32, bytes: 18 },
  Q4_1: { values: 32, bytes: 20 },
  Q5_0: { values: 32, bytes: 22 },
  Q5_1: { values: 32, bytes: 24 },
  Q8_0: { values: 32, bytes: 34 },
  Q4_K: { values: 256, bytes: 144 },
  Q5_K: { values: 256, bytes: 176 },
  Q6_K: { values: 256, bytes: 210 },
};

export function isBlockType(stored: StoredType): stored is BlockType {
  return Object.hasOwn(BLOCK_TYPES, stored);
}

/** Consecutive values that share one scale and minimum. */
export function runLength(type: BlockType): 16 | 32 {
  return type === 'Q6_K' ? 16 : 32;
}

/**
 * Calls `emit(run, scale, minimum)` for each run of `runLength(type)` values, in order, with their integer codes in
 * `codes` (reused between calls).
 */
export function eachRun(
  bytes: Uint8Array,
  type: BlockType,
  codes: Int8Array,
  emit: (run: number, scale: number, minimum: number) => void,
): void {
  const { bytes: size } = BLOCK_TYPES[type];
  const blocks = bytes.byteLength / size;
  const decode = RUNS[type];
  for (let block = 0; block < blocks; block++) decode(bytes, block * size, block, codes, emit);
}

/** Whole blocks → float32. */
export function decodeBlocks(bytes: Uint8Array, type: BlockType): Float32Array {
  const { values, bytes: size } = BLOCK_TYPES[type];
  const result = new Float32Array((bytes.byteLength / size) * values);
  const length = runLength(type);
  const codes = new Int8Array(length);
  let position = 0;
  eachRun(bytes, type, codes, (_run, scale, minimum) => {
    for (let j = 0; j < length; j++) result[position + j] = scale * codes[j] + minimum;
    position += length;
  });
  return result;
}

type RunDecoder = (
  bytes: Uint8Array,
  at: number,
  block: number,
  codes: Int8Array,
  emit: (run: number, scale: number, minimum: number) => void,
) => void;

/** What a float16 says. */
const half = (bits: number) => halfValues()[bits];

const u16 = (bytes: Uint8Array, at: number) => bytes[at] | (bytes[at + 1] << 8);
const u32 = (bytes: Uint8Array, at: number) => u16(bytes, at) | (u16(bytes, at + 2) << 16);

/** 6-bit scale and minimum of sub-block j (0 … 7), packed in 12 bytes. */
function kScale(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j] & 63 : (bytes[at + j + 4] & 15) | ((bytes[at + j - 4] >> 6) << 4);
}
function kMinimum(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j + 4] & 63 : (bytes[at + j + 4] >> 4) | ((bytes[at + j] >> 6) << 4);
}

/** Low nibbles are values 0 … 15 of the block, high nibbles 16 … 31. */
function nibbles(bytes: Uint8Array, at: number, codes: Int8Array): void {
  for (let j = 0; j < 16; j++) {
    codes[j] = bytes[at + j] & 15;
    codes[j + 16] = bytes[at + j] >> 4;
  }
}
function fifthBits(bits: number, codes: Int8Array): void {
  for (let j = 0; j < 32; j++) codes[j] |= ((bits >>> j) & 1) << 4;
}

const RUNS: Readonly<Record<BlockType, RunDecoder>> = {
  Q4_0(bytes, at, block, codes, emit) {
    const scale = half(u16(bytes, at));
    nibbles(bytes, at + 2, codes);
    emit(block, scale, -8 * scale);
  },
  Q4_1(bytes, at, block, codes, emit) {
    nibbles(bytes, at + 4, codes);
    emit(block, half(u16(bytes, at)), half(u16(bytes, at + 2)));
  },
  Q5_0(bytes, at, block, codes, emit) {
    const scale = half(u16(bytes, at));
    nibbles(bytes, at + 6, codes);
    fifthBits(u32(bytes, at + 2), codes);
    emit(block, scale, -16 * scale);
  },
  Q5_1(bytes, at, block, codes, emit) {
    nibbles(bytes, at + 8, codes);
    fifthBits(u32(bytes, at + 4), codes);
    emit(block, half(u16(bytes, at)), half(u16(bytes, at + 2)));
  },
  Q8_0(bytes, at, block, codes, emit) {
    for (let j = 0; j < 32; j++) codes[j] = bytes[at + 2 + j];
    emit(block, half(u16(bytes, at)), 0);
  },
  Q4_K(bytes, at, block, codes, emit) {
    const scale = half(u16(bytes, at));
    const minimum = half(u16(bytes, at + 2));
    for (let j = 0; j < 8; j++) {
      const data = at + 16 + (j >> 1) * 32;
      const shift = (j & 1) * 4;
      for (let l = 0; l < 32; l++) codes[l] = (bytes[data + l] >> shift) & 15;
      emit(block * 8 + j, scale * kScale(bytes, at + 4, j), -minimum * kMinimum(bytes, at + 4, j));
    }
  },
  Q5_K(bytes, at, block, codes, emit) {
    const scale = half(u16(bytes, at));
    const minimum = half(u16(bytes, at + 2));
    for (let j = 0; j < 8; j++) {
      const data = at + 48 + (j >> 1) * 32;
      const shift = (j & 1) * 4;
      for (let l = 0; l < 32; l++) {
        codes[l] = ((bytes[data + l] >> shift) & 15) | (((bytes[at + 16 + l] >> j) & 1) << 4);
      }
      emit(block * 8 + j, scale * kScale(bytes, at + 4, j), -minimum * kMinimum(bytes, at + 4, j));
    }
  },
  Q6_K(bytes, at, block, codes, emit) {
    const scale = half(u16(bytes, at + 208));
    for (let run = 0; run < 16; run++) {
      // Eight runs (128 values) share 64 bytes of low nibbles and 32 bytes of high bit pairs.
      const part = run >> 3;
      const quarter = (run >> 1) & 3;
      const low = at + part * 64 + (quarter & 1) * 32 + (run & 1) * 16;
      const high = at + 128 + part * 32 + (run & 1) * 16;
      for (let l = 0; l < 16; l++) {
        const four = (bytes[low + l] >> ((quarter >> 1) * 4)) & 15;
        codes[l] = (four | (((bytes[high + l] >> (quarter * 2)) & 3) << 4)) - 32;
      }
      emit(block * 16 + run, scale * ((bytes[at + 192 + run] << 24) >> 24), 0);
    }
  },
};
