import type { Emitter } from '../../gpu/program.ts';
import type { RopeArgs } from '../arguments.ts';
import { itemGrid, sizesOf, widthOf } from './rowwise.ts';

export function ropeForward(e: Emitter, args: RopeArgs): void {
  emitRope(e, args, 1);
}

export function ropeBackward(e: Emitter, args: RopeArgs): void {
  emitRope(e, args, -1);
}

function emitRope(e: Emitter, args: RopeArgs, sign: 1 | -1): void {
  const { x, heads, headDim, rotaryDims, table, positions } = args;
  const half = rotaryDims / 2;
  const width = widthOf(headDim, half, ...sizesOf(x));
  e.add({
    kernel: {
      shader: 'rope',
      label: `rope ${heads}×${rotaryDims}${sign < 0 ? ' backward' : ''}`,
      access: positions ? ['write', 'read', 'read'] : ['write', 'read'],
      constants: {
        ...width.constants,
        HEADS: heads,
        HEAD: width.of(headDim),
        HALF: width.of(half),
        X_STRIDE: width.of(x.stride),
        X_COLUMN: width.of(x.column),
        SIGN: sign,
        POSITIONS: positions !== undefined,
        LAST_POSITION: Math.floor(table.size / (8 * half)) - 1,
      },
    },
    bindings: positions ? [x.view, table, positions] : [x.view, table],
    dims: 0,
    grid: itemGrid(heads * width.of(half)),
    flops: (dims) => 6 * dims.rows * heads * half,
  });
}
