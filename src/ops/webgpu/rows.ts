import type { Emitter } from '../../gpu/program.ts';
import type { Constants } from '../../gpu/wgsl.ts';
import type { Appended, IndexedRows, Rows } from '../arguments.ts';
import type { View } from '../memory.ts';
import { itemGrid, place, sizesOf, widthOf } from './rowwise.ts';

/** Rows from one matrix to another; `dims.rows` of them. */

const MODES = { gather: 0, scatter: 1, copy: 2, append: 3 } as const;

export function gatherRows(e: Emitter, args: IndexedRows): void {
  emitRows(e, 'gather', args, args.index);
}

export function scatterRows(e: Emitter, args: IndexedRows): void {
  emitRows(e, 'scatter', args, args.index);
}

export function addRows(e: Emitter, args: Rows & { factor?: number }): void {
  const { factor = 1 } = args;
  emitRows(e, 'copy', args, undefined, {
    ACCUMULATE: true,
    ...(factor === 1 ? {} : { SCALED: true, FACTOR: factor }),
  });
}

export function appendRows(e: Emitter, args: Appended): void {
  const { capacity, positions } = args;
  emitRows(e, 'append', args, positions, { CAPACITY: capacity, ...(positions && { POSITIONS: true }) });
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
