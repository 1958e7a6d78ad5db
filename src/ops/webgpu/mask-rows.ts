import type { Emitter } from '../../gpu/program.ts';
import type { MaskRows } from '../arguments.ts';
import { dropoutConstants } from './linear.ts';
import { itemGrid, place, sizesOf, widthOf } from './rowwise.ts';

const MODES: Record<MaskRows['mode'], number> = { kept: 0, added: 1, left: 2 };

export function maskRows(e: Emitter, args: MaskRows): void {
  const { x, out, mode, lora } = args;
  const width = widthOf(args.width, ...sizesOf(x, out));
  e.add({
    kernel: {
      shader: 'mask_rows',
      label: `${mode} by dropout, rows of ${args.width}`,
      access: ['read', 'write'],
      constants: {
        ...width.constants,
        ...place('X', x, width),
        ...place('OUT', out, width),
        ...dropoutConstants(lora.dropout),
        WIDTH: width.of(args.width),
        MODE: MODES[mode],
        MODULE: lora.parts[0].module,
      },
    },
    bindings: [x.view, out.view],
    dims: lora.maskDims ?? 0,
    grid: itemGrid(width.of(args.width)),
    flops: (dims) => 12 * dims.rows * args.width,
  });
}
