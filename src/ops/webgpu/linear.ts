import type { Emitter } from '../../gpu/program.ts';
import type { Constants } from '../../gpu/wgsl.ts';
import type { LinearBackward, LinearForward } from '../arguments.ts';
import type { Dims } from '../dims.ts';
import { dropoutThreshold } from '../dropout-hash.ts';
import type { LoraBlock, LoraPart, Matrix, Weight } from '../types.ts';
import { Bindings, samePlace } from './bindings.ts';
import { decodedOnce } from './decode-weight.ts';
import { chooseVariant, isTile, type Shape, type Variant } from './linear-variants.ts';
import { bindWeight, rowRanges, weightConstants } from './weight.ts';

/** @throws Error if a residual shares its buffer with `y` without being `y` */
export function linearForward(e: Emitter, args: LinearForward): void {
  const slot = args.dims ?? 0;
  for (const coded of rowRanges(args.w, args.row0 ?? 0, args.n)) {
    const { x, y, k, residual, lora } = args;
    const range = decodedOnce(e, coded, k, args.rowsHint ?? e.mostRows?.(slot));
    const inPlace = residual !== undefined && samePlace(residual, y);
    const bindings = bindWeight(new Bindings().read('X', x.view), range.weight).write('Y', y.view);
    if (args.bias) bindings.read('BIAS', args.bias);
    if (residual && !inPlace) bindings.read('RESIDUAL', residual.view);
    if (lora) bindings.read('S', byFours(lora.s).view).read('B', lora.block.b);
    const bounds = lora ? lora.block.parts.flatMap((part) => [part.begin, part.end]) : [];
    const shape: Shape = {
      op: 'linear-forward',
      n: range.n,
      k,
      weight: range.weight.type,
      rows: args.rowsHint,
      alignment: alignmentOf(bounds.map((bound) => bound - range.column)),
    };
    const variant = chooseVariant(e, shape, slot, (again) => linearForward(again, args));
    e.add({
      kernel: {
        shader: variant.shader,
        label: `linear forward ${k}→${range.n} ${range.weight.type}${lora ? ' lora' : ''} ${variant.name}`,
        access: bindings.access,
        constants: {
          ...bindings.constants,
          ...weightConstants(range.weight.type, k),
          ...(lora ? partConstants(lora.block.parts, 0) : {}),
          ...variant.constants,
          ROW0: range.row,
          N: range.n,
          COLUMN0: range.column,
          X_STRIDE: x.stride,
          X_COLUMN: x.column,
          X_VEC: x.stride % 4 === 0 && x.column % 4 === 0,
          Y_STRIDE: y.stride,
          Y_COLUMN: y.column,
          ...writtenByFours('Y', variant, [
            ...[y.stride, y.column, range.n, range.column],
            ...(residual ? [residual.stride, residual.column] : []),
          ]),
          BIAS: args.bias !== undefined,
          RESIDUAL: residual !== undefined && !inPlace,
          RESIDUAL_IN_PLACE: inPlace,
          ...(residual && !inPlace
            ? { RESIDUAL_STRIDE: residual.stride, RESIDUAL_COLUMN: residual.column }
            : {}),
          LORA: lora !== undefined,
          ...(lora
            ? {
                RANK: lora.block.rank,
                LORA_SCALE: lora.block.scale,
                S_STRIDE: lora.s.stride,
                S_COLUMN: lora.s.column,
              }
            : {}),
        },
      },
      bindings: bindings.views,
      dims: slot,
      grid: (dims) => [Math.ceil(range.n / variant.columns), Math.ceil(dims.rows / variant.rows), 1],
      flops: (dims) => 2 * dims.rows * range.n * (k + (lora?.block.rank ?? 0)),
    });
  }
}

export function linearBackward(e: Emitter, args: LinearBackward): void {
  const slot = args.dims ?? 0;
  rowRanges(args.w, args.row0 ?? 0, args.n).forEach((coded, i) => {
    const range = decodedOnce(e, coded, args.k, e.mostRows?.(slot));
    const lora = i === 0 ? args.lora : undefined;
    emitBackward(e, {
      op: 'linear backward',
      dy: { ...args.dy, column: args.dy.column + range.column },
      w: range.weight,
      row0: range.row,
      n: range.n,
      k: args.k,
      dx: args.dx,
      accumulate: i > 0 || (args.accumulate ?? false),
      scale: 1,
      lora,
      dims: slot,
    });
  });
}

/** One dispatch of dX = scale·dY·W + …; also what dS = scale·dY·B is made of. */
export function emitBackward(
  e: Emitter,
  args: {
    op: string;
    dy: Matrix;
    w: Weight;
    row0: number;
    n: number;
    k: number;
    dx: Matrix;
    accumulate: boolean;
    scale: number;
    lora?: { block: LoraBlock; ds: Matrix };
    dims: number;
  },
): void {
  const { dy, dx, w, n, k, lora } = args;
  const bindings = bindWeight(new Bindings().read('DY', dy.view), w).write('DX', dx.view);
  if (lora) bindings.read('DS', byFours(lora.ds).view).read('A', lora.block.a);
  const shape: Shape = { op: 'linear-backward', n, k, weight: w.type, alignment: 64 };
  const variant = chooseVariant(e, shape, args.dims, (again) => emitBackward(again, args));
  const dropout = lora ? lora.block.dropout : 0;
  const slot = dropout > 0 ? (lora?.block.maskDims ?? args.dims) : args.dims;
  e.add({
    kernel: {
      shader: variant.shader,
      label: `${args.op} ${n}→${k} ${w.type}${lora ? ' lora' : ''} ${variant.name}`,
      access: bindings.access,
      constants: {
        ...bindings.constants,
        ...weightConstants(w.type, k),
        ...variant.constants,
        ...dropoutConstants(dropout),
        ROW0: args.row0,
        N: n,
        DY_STRIDE: dy.stride,
        DY_COLUMN: dy.column,
        DY_VEC: dy.stride % 4 === 0 && dy.column % 4 === 0 && n % 4 === 0,
        DX_STRIDE: dx.stride,
        DX_COLUMN: dx.column,
        ...writtenByFours('DX', variant, [dx.stride, dx.column, k]),
        SCALE: args.scale,
        ACCUMULATE: args.accumulate,
        LORA: lora !== undefined,
        ...(lora
          ? {
              ...partConstants(lora.block.parts, dropout),
              RANK: lora.block.rank,
              DS_STRIDE: lora.ds.stride,
              DS_COLUMN: lora.ds.column,
            }
          : {}),
      },
    },
    bindings: bindings.views,
    dims: slot,
    grid: (dims: Dims) => [Math.ceil(k / variant.columns), Math.ceil(dims.rows / variant.rows), 1],
    flops: (dims) => 2 * dims.rows * k * (n + (lora ? lora.block.rank * lora.block.parts.length : 0)),
  });
}

/** Whether a tile writes its result four floats at a time; a direct kernel never does. */
export function writtenByFours(name: string, variant: Variant, sizes: readonly number[]): Constants {
  return isTile(variant) ? { [`${name}_VEC`]: sizes.every((size) => size % 4 === 0) } : {};
}

/** Sums of an adapter, which are read four at a time: ranks are padded to multiples of 4. */
export function byFours(sums: Matrix): Matrix {
  if (sums.stride % 4 !== 0 || sums.column % 4 !== 0)
    throw new Error(`sums of an adapter in column ${sums.column} of ${sums.stride}: not by fours`);
  return sums;
}

/** The modules' numbers only where a mask is drawn from them: they need not agree for a pipeline to be shared. */
export function partConstants(parts: readonly LoraPart[], dropout: number): Constants {
  const list = (values: number[]) => `array<u32, ${parts.length}>(${values.map((v) => `${v}u`).join(', ')})`;
  return {
    PARTS: parts.length,
    PART_BEGIN: list(parts.map((part) => part.begin)),
    PART_END: list(parts.map((part) => part.end)),
    ...(dropout > 0 ? { PART_MODULE: list(parts.map((part) => part.module)) } : {}),
  };
}

export function dropoutConstants(probability: number): Constants {
  if (probability === 0) return { DROPOUT: false };
  return {
    DROPOUT: true,
    DROPOUT_THRESHOLD: dropoutThreshold(probability),
    DROPOUT_KEEP: 1 / (1 - probability),
  };
}

/** The largest power of two up to 64 that divides all bounds. */
function alignmentOf(bounds: readonly number[]): number {
  let alignment = 64;
  while (bounds.some((bound) => bound % alignment !== 0)) alignment /= 2;
  return alignment;
}
