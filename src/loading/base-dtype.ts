import type { DecoderConfig } from '../model/config.ts';
import type { QuantBlocks, WeightType } from '../ops/types.ts';
import { isBlockType } from '../weights/gguf/blocks.ts';
import { layoutOf, NF4_LAYOUT, type QuantLayout } from '../weights/repack.ts';
import type { StoredType } from '../weights/source.ts';

/** How base matrices are held while an adapter is trained on them. Vectors (norms, biases) are always float32. */
export type BaseDtype = 'auto' | 'f32' | 'f16' | 'q8' | 'q4' | 'nf4';

/** As the kernels read a matrix. */
export interface Held {
  type: WeightType;
  quant?: QuantBlocks;
}

/** What a matrix is for. A head of its own counts as an embedding. */
export type MatrixUse = 'linear' | 'embedding' | 'positions';

/**
 * How a matrix is held. `auto` keeps the file's values. `q8` and `q4` round every matrix as ggml's Q8_0 and Q4_0;
 * blocks of the file with codes of that width stay as they are. `nf4` rounds the linear layers of the blocks, as
 * bitsandbytes does, and leaves embedding and head as in the file. Learned positions are never quantised, nor rows
 * that are not whole blocks.
 */
export function heldAs(stored: StoredType, cols: number, use: MatrixUse, dtype: BaseDtype): Held {
  if (dtype === 'f32') return { type: 'f32' };
  if (dtype === 'f16') return half(cols);
  const whole = cols % (dtype === 'nf4' ? NF4_LAYOUT.block : 32) === 0;
  const rounds = whole && (use === 'linear' || (use === 'embedding' && dtype !== 'nf4'));
  if (dtype === 'auto' || !rounds) return asStored(stored, cols);
  if (dtype === 'nf4') return quantised(NF4_LAYOUT);
  if (isBlockType(stored) && layoutOf(stored).codes === dtype) return asStored(stored, cols);
  return quantised(layoutOf(dtype === 'q8' ? 'Q8_0' : 'Q4_0'));
}

/** The type that keeps the values. bfloat16 counts as a half here: whoever loads it looks whether all values fit. */
function asStored(stored: StoredType, cols: number): Held {
  if (isBlockType(stored)) return quantised(layoutOf(stored));
  return stored === 'F32' ? { type: 'f32' } : half(cols);
}

/** Rows of halves begin at whole words. */
function half(cols: number): Held {
  return { type: cols % 4 === 0 ? 'f16' : 'f32' };
}

function quantised({ codes, block, scaleType }: QuantLayout): Held {
  return { type: codes, quant: { block, scaleType } };
}

/** The layout of a quantised matrix, null for the others. */
export function quantLayout({ type, quant }: Held): QuantLayout | null {
  return quant && type !== 'f32' && type !== 'f16' ? { codes: type, ...quant } : null;
}

export function sameHeld(a: Held, b: Held): boolean {
  return a.type === b.type && a.quant?.block === b.quant?.block && a.quant?.scaleType === b.quant?.scaleType;
}

/** What a tensor of the model is for; null where it is a vector. */
export function matrixUse(config: DecoderConfig, name: string, shape: readonly number[]): MatrixUse | null {
  const names = config.family.tensors;
  if (shape.length < 2) return null;
  if (name === names.positions) return 'positions';
  return name === names.embedding || name === names.head ? 'embedding' : 'linear';
}
