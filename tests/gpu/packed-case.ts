import type { Gpu } from '../../src/gpu/device.ts';
import { type Dense, dense } from '../../src/ops/reference/linear.ts';
import type { Weight } from '../../src/ops/types.ts';
import { toHalf } from '../../src/weights/half.ts';
import { packedWords, type QuantLayout, unpackToFloats } from '../../src/weights/repack.ts';
import type { Case } from './linear-case.ts';
import { noise, upload } from './op-case.ts';

/** Weights in 8 and 4 bits, in every layout that they are held in. */

export const LAYOUTS: QuantLayout[] = [
  { codes: 'q4', block: 32, scaleType: 'f16' },
  { codes: 'q4', block: 32, scaleType: 'f32' },
  { codes: 'q8', block: 32, scaleType: 'f16' },
  { codes: 'q8', block: 32, scaleType: 'f32' },
  { codes: 'q8', block: 16, scaleType: 'f32' },
  { codes: 'nf4', block: 64, scaleType: 'f32' },
];

export const PACKED_SHAPES: Case[] = [
  { rows: 37, k: 192, ends: [96, 128, 160], rank: 8, margin: 4 },
  { rows: 1, k: 64, ends: [30, 61], rank: 4, dropout: 0.3, margin: 3 },
];

/** Random codes and scales, of about the size that weights have. */
export function randomPacked(
  gpu: Gpu,
  rows: number,
  cols: number,
  layout: QuantLayout,
): { weight: Weight; values: Dense } {
  const next = noise(rows * cols);
  const words = packedWords(layout, rows * cols);
  const codes = Uint32Array.from({ length: words.codes }, () => (next() + 0.5) * 2 ** 32);
  const scales = new Uint32Array(words.scales);
  const floats = new Float32Array(scales.buffer);
  const size = layout.codes === 'q8' ? 0.01 : layout.codes === 'q4' ? 0.1 : 1;
  for (let i = 0; i < scales.length; i++) {
    if (layout.scaleType === 'f32') floats[i] = size * next();
    else scales[i] = toHalf(size * next()) | (toHalf(next()) << 16);
  }
  const values = unpackToFloats({ codes, scales }, layout);
  const { block, scaleType } = layout;
  return {
    weight: {
      rows,
      cols,
      type: layout.codes,
      quant: { block, scaleType },
      data: upload(gpu, codes),
      scales: upload(gpu, scales),
    },
    values: dense(rows, cols, (i, j) => values[i * cols + j]),
  };
}
