import type { QuantBlocks, WeightType } from '../../../src/ops/types.ts';
import { quantiseQ4_0, quantiseQ8_0 } from '../../../src/weights/quantise.ts';
import { type PackedRows, repackBlocks } from '../../../src/weights/repack.ts';

/**
 * A weight and an adapter whose numbers have so few bits that every sum of theirs is exact in float32, in whatever order:
 * what comes of the rounding is then one answer to the bit.
 */

/** How W is held, as words of its data and its scales. */
export interface HeldWords {
  type: WeightType;
  quant?: QuantBlocks;
  data: Uint32Array<ArrayBuffer>;
  scales?: Uint32Array<ArrayBuffer>;
}

export interface RoundingCase {
  rows: number;
  k: number;
  row0: number;
  n: number;
  rank: number;
  scale: number;
  strength: number;
  parts: { begin: number; end: number; module: number }[];
  held: HeldWords;
  a: Float32Array<ArrayBuffer>;
  b: Float32Array<ArrayBuffer>;
  /** W [rows, k], and W + strength · scale · BA of the rows from row0 on [n, k]. */
  base: Float32Array<ArrayBuffer>;
  merged: Float32Array<ArrayBuffer>;
}

export const HELD = ['f32', 'f16', 'q8', 'q4'] as const;

/** Whole numbers from −size to size that look random and are always the same. */
function integers(seed: number): (size: number) => number {
  let state = seed * 2654435761 + 1;
  return (size) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 8) % (2 * size + 1)) - size;
  };
}

/** More rows than are decoded at once, more columns too, and a part that ends within a group of rows. */
export function roundingCase(type: (typeof HELD)[number], k = 1088): RoundingCase {
  const [rows, row0, n, rank] = [74, 2, 71, 8];
  const next = integers(type.length + k);
  const parts = [
    { begin: 0, end: 37, module: 0 },
    { begin: 37, end: n, module: 1 },
  ];
  const base = new Float32Array(rows * k);
  const held = heldWords(type, base, next);
  const a = Float32Array.from({ length: parts.length * rank * k }, () => next(8) / 8);
  const b = Float32Array.from({ length: n * rank }, () => next(8) / 8);
  const [scale, strength] = [0.5, 0.25];
  const merged = Float32Array.from({ length: n * k }, (_, i) => {
    const [row, column] = [Math.floor(i / k), i % k];
    const part = row < parts[0].end ? 0 : 1;
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[row * rank + r] * a[(part * rank + r) * k + column];
    return base[(row0 + row) * k + column] + scale * strength * sum;
  });
  return { rows, k, row0, n, rank, scale, strength, parts, held, a, b, base, merged };
}

function heldWords(
  type: (typeof HELD)[number],
  base: Float32Array,
  next: (size: number) => number,
): HeldWords {
  const each = (of: (i: number) => number) => {
    for (let i = 0; i < base.length; i++) base[i] = of(i);
  };
  if (type === 'f32') {
    each(() => next(2047) / 2048);
    return { type, data: new Uint32Array(Float32Array.from(base).buffer) };
  }
  if (type === 'f16') {
    each(() => next(1023) / 1024);
    const data = new Uint32Array(base.length / 2);
    base.forEach((value, i) => {
      data[i >> 1] |= exactHalf(value) << (16 * (i & 1));
    });
    return { type, data };
  }
  const quant: QuantBlocks = { block: 32, scaleType: 'f16' };
  const [size, bits, zero] = type === 'q8' ? [127, 8, 0] : [8, 4, 8];
  const data = new Uint32Array((base.length * bits) / 32);
  each((i) => {
    const code = Math.max(-size, Math.min(size - (type === 'q4' ? 1 : 0), next(size)));
    data[Math.floor((i * bits) / 32)] |= ((code + zero) & (2 ** bits - 1)) << ((i * bits) % 32);
    return code / 128;
  });
  const scales = new Uint32Array(base.length / 32).fill(exactHalf(1 / 128) | (exactHalf(-zero / 128) << 16));
  return { type, quant, data, scales };
}

/** Bits of a half for what is one. */
function exactHalf(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.abs(value) / 2 ** exponent - 1;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (fraction * 1024);
}

/** What the export writes of these values, in the layout of the kernels. */
export function exported(values: Float32Array, type: 'q8' | 'q4'): PackedRows {
  return type === 'q8'
    ? repackBlocks(quantiseQ8_0(values), 'Q8_0', 'test')
    : repackBlocks(quantiseQ4_0(values), 'Q4_0', 'test');
}

/** Blocks at the edges: zeros, equal magnitudes of both signs, scales below the smallest normal half, and one value alone. */
export function edgeBlocks(): Float32Array<ArrayBuffer> {
  const block = (of: (i: number) => number) => Float32Array.from({ length: 32 }, (_, i) => of(i));
  const blocks = [
    block(() => 0),
    block((i) => (i % 2 === 0 ? 0.75 : -0.75)),
    block((i) => (i % 2 === 0 ? -0.75 : 0.75)),
    block((i) => (i - 15.5) * 2 ** -20),
    block((i) => (i - 15.5) * 2 ** -27),
    block((i) => (i === 9 ? -3 : 0)),
    block((i) => (i - 15.5) * 1000),
    block((i) => Math.fround(0.37 * Math.sin(7 * i + 1))),
  ];
  const all = new Float32Array(32 * blocks.length);
  for (const [i, values] of blocks.entries()) all.set(values, 32 * i);
  return all;
}
