import { UserError } from '../errors.ts';
import { BLOCK_TYPES, type BlockType, eachRun, runLength } from './gguf/blocks.ts';
import { halfValues, toHalf } from './half.ts';

/**
 * The layouts in which quantised base matrices lie on the GPU. Three, each with its codes and its scales in an
 * array of its own (GGUF's 18- to 210-byte blocks are not aligned to words; these are).
 *
 * A matrix is [rows, width], row-major; `width` is a multiple of 32 (nf4: of 64). Column c of row r:
 *
 * **q4**: unsigned 4-bit codes, eight to a u32, in order along the row.
 *     word  = codes[r · width/8 + (c >> 3)]
 *     q     = (word >> (4 · (c & 7))) & 15
 *     value = d · q + m
 *
 * **q8**: signed 8-bit codes, four to a u32, in order along the row.
 *     word  = codes[r · width/4 + (c >> 2)]
 *     q     = bitcast<i32>(word << (24 − 8 · (c & 3))) >> 24
 *     value = d · q + m
 *
 * **nf4**: as q4, but the code is an index into `NF4_VALUES` and there is no minimum.
 *     value = d · NF4_VALUES[q]
 *
 * `d` and `m` are shared by `block` consecutive columns (32; 16 for Q6_K; 64 for nf4). Their place:
 *     b = r · width/block + floor(c / block)
 *     scaleType 'f16' (q4, q8): (d, m) = unpack2x16float(scales[b])            one u32 a block
 *     scaleType 'f32' (q4, q8): d = f32 at scales[2b], m = f32 at scales[2b+1]   two u32 a block
 *     scaleType 'f32' (nf4):    d = f32 at scales[b]                            one u32 a block
 *
 * Every GGUF block type keeps its values: d and m are those of the file where they are halves there (Q4_0, Q4_1,
 * Q5_0, Q5_1, Q8_0), and float32 products of them for the K types, which multiply a half by a 6- or 8-bit
 * integer. `unpackToFloats` is the reference for kernels that decode these.
 *
 * Rows are independent, so a matrix is repacked in any pieces of whole rows.
 */
export interface QuantLayout {
  codes: 'q4' | 'q8' | 'nf4';
  block: 16 | 32 | 64;
  scaleType: 'f16' | 'f32';
}

export interface PackedRows {
  codes: Uint32Array;
  scales: Uint32Array;
}

/** The layout that keeps a block type's values. */
export function layoutOf(type: BlockType): QuantLayout {
  const codes = type === 'Q4_0' || type === 'Q4_1' || type === 'Q4_K' ? 'q4' : 'q8';
  return { codes, block: runLength(type), scaleType: type.endsWith('_K') ? 'f32' : 'f16' };
}

export const NF4_LAYOUT: QuantLayout = { codes: 'nf4', block: 64, scaleType: 'f32' };

/** u32 words that `values` values take: codes and scales. */
export function packedWords(layout: QuantLayout, values: number): { codes: number; scales: number } {
  const scaleWords = layout.codes !== 'nf4' && layout.scaleType === 'f32' ? 2 : 1;
  return { codes: values / (layout.codes === 'q8' ? 4 : 8), scales: (values / layout.block) * scaleWords };
}

/**
 * GGUF blocks → `layoutOf(type)`.
 * @param bytes whole rows of whole blocks.
 * @param tensor for the message.
 * @throws UserError `not-finite` where a scale is NaN, ±∞ or too large for its place.
 */
export function repackBlocks(bytes: Uint8Array, type: BlockType, tensor: string): PackedRows {
  const layout = layoutOf(type);
  const { values, bytes: size } = BLOCK_TYPES[type];
  const words = packedWords(layout, (bytes.byteLength / size) * values);
  const codes = new Uint32Array(words.codes);
  const scales = new Uint32Array(words.scales);
  const floatScales = new Float32Array(scales.buffer);
  const run = new Int8Array(layout.block);
  const perWord = layout.codes === 'q8' ? 4 : 8;
  const bits = 32 / perWord;
  const mask = layout.codes === 'q8' ? 0xff : 0xf;
  const half = layout.scaleType === 'f16';
  eachRun(bytes, type, run, (index, d, m) => {
    // Largest half: an offset of −16·d may not fit where d itself does.
    if (!(Math.abs(d) <= (half ? 65504 : 3e38) && Math.abs(m) <= (half ? 65504 : 3e38)))
      throw badScale(tensor, index);
    let word = (index * layout.block) / perWord;
    for (let i = 0; i < layout.block; i += perWord, word++) {
      let packed = 0;
      for (let j = 0; j < perWord; j++) packed |= (run[i + j] & mask) << (bits * j);
      codes[word] = packed;
    }
    if (half) scales[index] = toHalf(d) | (toHalf(m) << 16);
    else {
      floatScales[2 * index] = d;
      floatScales[2 * index + 1] = m;
    }
  });
  return { codes, scales };
}

function badScale(tensor: string, block: number): UserError {
  return new UserError(
    'not-finite',
    `The tensor ${tensor} has a scale that is not a usable number (block ${block}). The model file is damaged; nothing was trained. Get the file again, or choose another model.`,
  );
}

/** Packed rows → float32: the reference for kernels. */
export function unpackToFloats({ codes, scales }: PackedRows, layout: QuantLayout): Float32Array {
  const perWord = layout.codes === 'q8' ? 4 : 8;
  const values = new Float32Array(codes.length * perWord);
  const floatScales = new Float32Array(scales.buffer, scales.byteOffset, scales.length);
  const half = halfValues();
  for (let i = 0; i < values.length; i++) {
    const word = codes[Math.floor(i / perWord)];
    const lane = i % perWord;
    const block = Math.floor(i / layout.block);
    if (layout.codes === 'nf4') {
      values[i] = floatScales[block] * NF4_VALUES[(word >>> (4 * lane)) & 15];
      continue;
    }
    const q = layout.codes === 'q4' ? (word >>> (4 * lane)) & 15 : (word << (24 - 8 * lane)) >> 24;
    const d = layout.scaleType === 'f16' ? half[scales[block] & 0xffff] : floatScales[2 * block];
    const m = layout.scaleType === 'f16' ? half[scales[block] >>> 16] : floatScales[2 * block + 1];
    values[i] = d * q + m;
  }
  return values;
}

/** Σ value², block by block: (d·q + m)² summed is d²·Σq² + 2dm·Σq + block·m². */
export function squaresOfPacked({ codes, scales }: PackedRows, layout: QuantLayout): number {
  const perWord = layout.codes === 'q8' ? 4 : 8;
  const words = layout.block / perWord;
  const floatScales = new Float32Array(scales.buffer, scales.byteOffset, scales.length);
  const half = halfValues();
  const nf4 = layout.codes === 'nf4';
  let total = 0;
  for (let block = 0, at = 0; at < codes.length; block++) {
    let sum = 0;
    let squares = 0;
    for (const end = at + words; at < end; at++) {
      const word = codes[at];
      for (let lane = 0; lane < perWord; lane++) {
        const code = perWord === 4 ? (word << (24 - 8 * lane)) >> 24 : (word >>> (4 * lane)) & 15;
        const q = nf4 ? NF4_VALUES[code] : code;
        sum += q;
        squares += q * q;
      }
    }
    if (nf4) {
      total += floatScales[block] ** 2 * squares;
      continue;
    }
    const d = layout.scaleType === 'f16' ? half[scales[block] & 0xffff] : floatScales[2 * block];
    const m = layout.scaleType === 'f16' ? half[scales[block] >>> 16] : floatScales[2 * block + 1];
    total += d * d * squares + 2 * d * m * sum + layout.block * m * m;
  }
  return total;
}

/**
 * The 16 values of the NormalFloat4 data type (QLoRA, arXiv 2305.14314, appendix E), as bitsandbytes has them:
 * quantiles of the normal distribution, scaled to [−1, 1], with an exact zero.
 */
export const NF4_VALUES: readonly number[] = [
  -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
];
