import type { Emitter } from '../../gpu/program.ts';
import type { LoraDown, LoraDownBackward, LoraUp, LoraUpBackward } from '../arguments.ts';
import type { View } from '../memory.ts';
import type { LoraBlock, Matrix, Weight } from '../types.ts';
import { Bindings } from './bindings.ts';
import { byFours, dropoutConstants, emitBackward, partConstants, writtenByFours } from './linear.ts';
import { chooseVariant } from './linear-variants.ts';
import { threadGrid } from './rowwise.ts';
import { bindWeight, weightConstants } from './weight.ts';

/**
 * The products of an adapter that are not part of the big ones in linear.ts: the down projection and the gradients.
 * With dropout, X̃ = M∘X / (1 − p) has one mask M a part, drawn again wherever it is needed (dropout-hash.ts).
 */

export function loraDown(e: Emitter, args: LoraDown): void {
  const { x, k, lora, s } = args;
  const total = lora.parts.length * lora.rank;
  const dropout = args.training ? lora.dropout : 0;
  const slot = (dropout > 0 ? lora.maskDims : args.dims) ?? args.dims ?? 0;
  const w = matrixWeight(lora.a, total, k);
  // Each part has a mask of its own, so that with dropout each is a product of its own.
  const ranges = dropout > 0 ? lora.parts.map((_, i) => ({ row: i * lora.rank, n: lora.rank, part: i })) : [];
  if (dropout === 0) ranges.push({ row: 0, n: total, part: 0 });
  for (const range of ranges) {
    const bindings = bindWeight(new Bindings().read('X', x.view), w).write('Y', s.view);
    const variant = chooseVariant(
      e,
      { op: 'linear-forward', n: range.n, k, weight: 'f32', rows: args.rowsHint, alignment: 64 },
      args.dims ?? 0,
      (again) => loraDown(again, args),
    );
    e.add({
      kernel: {
        shader: variant.shader,
        label: `lora down ${k}→${range.n}${dropout > 0 ? ' dropout' : ''} ${variant.name}`,
        access: bindings.access,
        constants: {
          ...bindings.constants,
          ...weightConstants('f32', k),
          ...variant.constants,
          ...dropoutConstants(dropout),
          ...(dropout > 0 ? partConstants(lora.parts, dropout) : {}),
          PART: range.part,
          ROW0: range.row,
          N: range.n,
          COLUMN0: range.row,
          X_STRIDE: x.stride,
          X_COLUMN: x.column,
          X_VEC: x.stride % 4 === 0 && x.column % 4 === 0,
          Y_STRIDE: s.stride,
          Y_COLUMN: s.column,
          ...writtenByFours('Y', variant, [s.stride, s.column, range.n, range.row]),
        },
      },
      bindings: bindings.views,
      dims: slot,
      grid: (dims) => [Math.ceil(range.n / variant.columns), Math.ceil(dims.rows / variant.rows), 1],
      flops: (dims) => 2 * dims.rows * range.n * k,
    });
  }
}

/** S·Bᵀ as the linear product of each part, times a factor, added to what stands in Y. */
export function loraUp(e: Emitter, args: LoraUp): void {
  const { s, lora, y } = args;
  const { rank } = lora;
  const slot = args.dims ?? 0;
  const b = matrixWeight(lora.b, lora.parts[lora.parts.length - 1].end, rank);
  lora.parts.forEach(({ begin, end }, part) => {
    const n = end - begin;
    const column = s.column + part * rank;
    const bindings = bindWeight(new Bindings().read('X', s.view), b).write('Y', y.view);
    const variant = chooseVariant(
      e,
      { op: 'linear-forward', n, k: rank, weight: 'f32', rows: args.rowsHint, alignment: 64 },
      slot,
      (again) => loraUp(again, args),
    );
    e.add({
      kernel: {
        shader: variant.shader,
        label: `lora up ${rank}→${n} ${variant.name}`,
        access: bindings.access,
        constants: {
          ...bindings.constants,
          ...weightConstants('f32', rank),
          ...variant.constants,
          ROW0: begin,
          N: n,
          COLUMN0: begin,
          X_STRIDE: s.stride,
          X_COLUMN: column,
          X_VEC: s.stride % 4 === 0 && column % 4 === 0,
          Y_STRIDE: y.stride,
          Y_COLUMN: y.column,
          RESIDUAL_IN_PLACE: true,
          UP_ALONE: true,
          LORA_SCALE: lora.scale,
        },
      },
      bindings: bindings.views,
      dims: slot,
      grid: (dims) => [Math.ceil(n / variant.columns), Math.ceil(dims.rows / variant.rows), 1],
      flops: (dims) => 2 * dims.rows * n * rank,
    });
  });
}

export function loraUpBackward(e: Emitter, args: LoraUpBackward): void {
  const { dy, s, lora, ds, n } = args;
  const b = matrixWeight(lora.b, n, lora.rank);
  lora.parts.forEach((part, i) => {
    emitBackward(e, {
      op: 'lora up backward',
      dy: { ...dy, column: dy.column + part.begin },
      w: b,
      row0: part.begin,
      n: part.end - part.begin,
      k: lora.rank,
      dx: { ...ds, column: ds.column + i * lora.rank },
      accumulate: false,
      scale: lora.scale,
      dims: args.dims ?? 0,
    });
  });
  if (!args.gradients) return;
  emitGradient(e, {
    of: 'b',
    wide: dy,
    columns: n,
    narrow: s,
    lora,
    scale: lora.scale,
    dropout: 0,
    gradient: args.gradients.b,
    dims: args.dims ?? 0,
  });
}

export function loraDownBackward(e: Emitter, args: LoraDownBackward): void {
  emitGradient(e, {
    of: 'a',
    wide: args.x,
    columns: args.k,
    narrow: args.ds,
    lora: args.lora,
    scale: 1,
    dropout: args.lora.dropout,
    gradient: args.gradients.a,
    dims: (args.lora.dropout > 0 ? args.lora.maskDims : args.dims) ?? args.dims ?? 0,
  });
}

/** On a GPU, ranges of rows that are summed apart, so that there are enough workgroups. */
const MOST_CHUNKS = 16;
/** Rows of a panel of the tile: in fewer it is emptied before it is full. */
const CHUNK_ROWS = 16;
/** Bytes of their sums: a large gradient has enough workgroups with few ranges. */
const PARTIAL_BYTES = 8 << 20;

/** How many ranges the gradient of `length` floats is summed in, over as many rows as `wide` has room for. */
function chunksOf(e: Emitter, length: number, wide: Matrix): number {
  if (e.software) return 1;
  const rows = wide.view.size / (4 * wide.stride);
  const affordable = Math.floor(PARTIAL_BYTES / (4 * length));
  return Math.max(1, Math.min(MOST_CHUNKS, Math.ceil(rows / CHUNK_ROWS), affordable));
}

function emitGradient(
  e: Emitter,
  args: {
    of: 'a' | 'b';
    wide: Matrix;
    columns: number;
    narrow: Matrix;
    lora: LoraBlock;
    scale: number;
    dropout: number;
    gradient: View;
    dims: number;
  },
): void {
  const { wide, narrow, columns, lora } = args;
  const parts = lora.parts.length;
  const ofA = args.of === 'a';
  const variant = chooseVariant(
    e,
    { op: 'lora-gradient', n: columns, k: lora.rank, weight: 'f32', alignment: 64 },
    args.dims,
    (again) => emitGradient(again, args),
  );
  const length = ofA ? parts * lora.rank * columns : columns * lora.rank;
  const chunks = chunksOf(e, length, wide);
  const out = chunks === 1 ? args.gradient : e.scratch('lora gradient partials', 4 * length * chunks);
  const bindings = new Bindings()
    .read('WIDE', wide.view)
    .read('NARROW', byFours(narrow).view)
    .write('OUT', out);
  const rankTiles = Math.ceil(lora.rank / variant.rows);
  const widest = ofA ? columns : Math.max(...lora.parts.map((part) => part.end - part.begin));
  const bounds = lora.parts.flatMap((part) => [part.begin, part.end]);
  e.add({
    kernel: {
      shader: variant.shader,
      label: `lora gradient ${args.of} ${columns}×${lora.rank} ${variant.name}`,
      access: bindings.access,
      constants: {
        ...bindings.constants,
        ...variant.constants,
        ...partConstants(lora.parts, args.dropout),
        ...dropoutConstants(args.dropout),
        CHUNKS: chunks,
        SCALE: args.scale,
        GRADIENT_OF_A: ofA,
        RANK: lora.rank,
        RANK_TILES: rankTiles,
        C: columns,
        C_VEC: [columns, wide.stride, wide.column, ...(ofA ? [] : bounds)].every((v) => v % 4 === 0),
        WIDE_STRIDE: wide.stride,
        WIDE_COLUMN: wide.column,
        NARROW_STRIDE: narrow.stride,
        NARROW_COLUMN: narrow.column,
        OUT_LENGTH: length,
        ...writtenByFours('OUT', variant, ofA ? [columns] : []),
      },
    },
    bindings: bindings.views,
    dims: args.dims,
    grid: (dims) => [Math.ceil(widest / variant.columns), dims.rows === 0 ? 0 : chunks, parts * rankTiles],
    flops: (dims) => 2 * dims.rows * length,
  });
  if (chunks === 1) return;
  const sum = new Bindings().read('PARTIAL', out).write('GRADIENT', args.gradient);
  e.add({
    kernel: {
      shader: 'sum_partials',
      label: `sum ${chunks} partials of ${length}`,
      access: sum.access,
      constants: { ...sum.constants, LENGTH: length, CHUNKS: chunks },
    },
    bindings: sum.views,
    dims: args.dims,
    grid: (dims) => threadGrid(dims.rows === 0 ? 0 : length),
    flops: () => length * chunks,
  });
}

/** An adapter's matrix as a weight, for the kernels of the big products. */
function matrixWeight(view: View, rows: number, cols: number): Weight {
  return { rows, cols, type: 'f32', data: view };
}
