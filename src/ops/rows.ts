import type { View } from '../gpu/memory.ts';
import type { Emitter } from '../gpu/program.ts';
import type { Constants } from '../gpu/wgsl.ts';
import { itemGrid, place, sizesOf, widthOf } from './rowwise.ts';
import type { Matrix } from './types.ts';

/** Rows from one matrix to another; `dims.rows` of them. */

const MODES = { gather: 0, scatter: 1, copy: 2, append: 3 } as const;

interface Rows {
  x: Matrix;
  out: Matrix;
  width: number;
  dims?: number;
}

/** out[i] = x[index[dims.offset + i]]. */
export function gatherRows(e: Emitter, args: Rows & { index: View }): void {
  emitRows(e, 'gather', args, args.index);
}

/** out[index[dims.offset + i]] = x[i]. */
export function scatterRows(e: Emitter, args: Rows & { index: View }): void {
  emitRows(e, 'scatter', args, args.index);
}

/** out += x. */
export function addRows(e: Emitter, args: Rows): void {
  emitRows(e, 'copy', args, undefined, { ACCUMULATE: true });
}

/** Into a cache of `capacity` rows for each row of the batch, behind its first `dims.start` rows. */
export function appendRows(e: Emitter, args: Rows & { capacity: number }): void {
  emitRows(e, 'append', args, undefined, { CAPACITY: args.capacity });
}

function emitRows(
  e: Emitter,
  mode: keyof typeof MODES,
  args: Rows,
  index?: View,
  constants: Constants = {},
): void {
  const { x, out } = args;
  const width = widthOf(args.width, ...sizesOf(x, out));
  e.add({
    kernel: {
      shader: 'rows',
      label: `${mode} rows of ${args.width}`,
      access: index ? ['read', 'write', 'read'] : ['read', 'write'],
      constants: {
        ...width.constants,
        ...place('X', x, width),
        ...place('OUT', out, width),
        WIDTH: width.of(args.width),
        MODE: MODES[mode],
        ...constants,
      },
    },
    bindings: index ? [x.view, out.view, index] : [x.view, out.view],
    dims: args.dims ?? 0,
    grid: itemGrid(width.of(args.width)),
  });
}
