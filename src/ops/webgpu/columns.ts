import type { Emitter } from '../../gpu/program.ts';
import type { ScaleColumns, ScaleColumnsBackward } from '../arguments.ts';
import { Bindings, samePlace } from './bindings.ts';
import { itemGrid, place, sizesOf, threadGrid, widthOf } from './rowwise.ts';

/** A factor of each column, which is trained. */

/** @throws Error if a residual shares its buffer with `out` without being `out` */
export function scaleColumns(e: Emitter, args: ScaleColumns): void {
  const { x, out, scale, over, bias, residual } = args;
  const inPlace = residual !== undefined && samePlace(residual, out);
  const width = widthOf(args.width, ...sizesOf(x, out, ...(residual ? [residual] : [])));
  const bindings = new Bindings().read('X', x.view).read('SCALE', scale).write('OUT', out.view);
  if (over) bindings.read('OVER', over);
  if (bias) bindings.read('BIAS', bias);
  if (residual && !inPlace) bindings.read('RESIDUAL', residual.view);
  e.add({
    kernel: {
      shader: 'scale_columns',
      label: `scale ${args.width} columns`,
      access: bindings.access,
      constants: {
        ...bindings.constants,
        ...width.constants,
        ...place('X', x, width),
        ...place('OUT', out, width),
        ...(residual && !inPlace ? place('RESIDUAL', residual, width) : {}),
        WIDTH: width.of(args.width),
        OVER: over !== undefined,
        BIAS: bias !== undefined,
        RESIDUAL: residual !== undefined && !inPlace,
        RESIDUAL_IN_PLACE: inPlace,
      },
    },
    bindings: bindings.views,
    dims: args.dims ?? 0,
    grid: itemGrid(width.of(args.width)),
    flops: (dims) => 4 * dims.rows * args.width,
  });
}

/** Ranges of rows that are summed apart on a GPU, so that there are enough threads, and rows of the shortest. */
const MOST_CHUNKS = 64;
const CHUNK_ROWS = 16;

/** @throws Error if `dx` shares its buffer with `dy` or `x` without being one of them */
export function scaleColumnsBackward(e: Emitter, args: ScaleColumnsBackward): void {
  const { dy, x, dx, scale, over, gradient } = args;
  const [intoDy, intoX] = [samePlace(dx, dy), samePlace(dx, x)];
  const apart = !intoDy && !intoX;
  const width = widthOf(args.width, ...sizesOf(dy, x, dx));
  const rows = dy.view.size / (4 * dy.stride);
  const chunks = e.software ? 1 : Math.max(1, Math.min(MOST_CHUNKS, Math.ceil(rows / CHUNK_ROWS)));
  const out = chunks === 1 ? gradient : e.scratch('column sums', 4 * args.width * chunks);
  const bindings = new Bindings();
  if (intoDy) bindings.write('DY', dy.view);
  else bindings.read('DY', dy.view);
  if (intoX) bindings.write('X', x.view);
  else bindings.read('X', x.view);
  bindings.read('SCALE', scale).write('OUT', out);
  if (over) bindings.read('OVER', over);
  if (apart) bindings.write('DX', dx.view);
  const groups = Math.ceil(width.of(args.width) / 64);
  e.add({
    kernel: {
      shader: 'scale_columns_backward',
      label: `scale ${args.width} columns backward`,
      access: bindings.access,
      constants: {
        ...bindings.constants,
        ...width.constants,
        ...place('DY', dy, width),
        ...place('X', x, width),
        ...(apart ? place('DX', dx, width) : {}),
        WIDTH: width.of(args.width),
        CHUNKS: chunks,
        OVER: over !== undefined,
        INTO_DY: intoDy,
        INTO_X: intoX,
        APART: apart,
      },
    },
    bindings: bindings.views,
    dims: args.dims ?? 0,
    grid: (dims) => [groups, dims.rows === 0 ? 0 : chunks, 1],
    flops: (dims) => 4 * dims.rows * args.width,
  });
  if (chunks === 1) return;
  const sum = new Bindings().read('PARTIAL', out).write('GRADIENT', gradient);
  e.add({
    kernel: {
      shader: 'sum_partials',
      label: `sum ${chunks} partials of ${args.width}`,
      access: sum.access,
      constants: { ...sum.constants, LENGTH: args.width, CHUNKS: chunks },
    },
    bindings: sum.views,
    dims: args.dims ?? 0,
    grid: (dims) => threadGrid(dims.rows === 0 ? 0 : args.width),
    flops: () => args.width * chunks,
  });
}
