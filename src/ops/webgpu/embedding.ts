import type { Emitter } from '../../gpu/program.ts';
import type { Embed, EmbedBackward } from '../arguments.ts';
import { Bindings } from './bindings.ts';
import { itemGrid, place, sizesOf, threadGrid, widthOf } from './rowwise.ts';
import { bindWeight, weightConstants } from './weight.ts';

/** The table may be cut over several bindings: then one dispatch a part, which writes the rows whose ids it holds. */
export function embed(e: Emitter, args: Embed): void {
  const { ids, table, first = 0, out, positions, positionTable: learned } = args;
  const width = widthOf(args.width, ...sizesOf(out));
  const parts = table.parts ?? [{ begin: 0, end: table.rows, weight: table }];
  for (const { begin, end, weight } of parts) {
    const bindings = bindWeight(new Bindings().read('IDS', ids), weight).write('OUT', out.view);
    if (learned) bindings.read('LEARNED', learned.data);
    if (learned && positions) bindings.read('POSITIONS', positions);
    e.add({
      kernel: {
        shader: 'embedding',
        label: `embedding ${table.rows}×${args.width} ${weight.type}`,
        access: bindings.access,
        constants: {
          ...bindings.constants,
          ...weightConstants(weight.type, args.width),
          ...width.constants,
          OUT_STRIDE: width.of(out.stride),
          OUT_COLUMN: width.of(out.column),
          WIDTH: width.of(args.width),
          SCALE: args.scale,
          BEGIN: first + begin,
          END: first + end,
          LEARNED: learned !== undefined,
          LEARNED_F16: learned?.type === 'f16',
          LEARNED_ROWS: learned?.rows ?? 1,
          POSITIONS: positions !== undefined,
        },
      },
      bindings: bindings.views,
      dims: 0,
      grid: itemGrid(width.of(args.width)),
    });
  }
}

/** A thread for each value of the table adds up its rows in their order: WGSL has no float atomics. */
export function embedBackward(e: Emitter, args: EmbedBackward): void {
  const { ids, first, dout, gradient, count } = args;
  const width = widthOf(args.width, ...sizesOf(dout));
  const items = count * width.of(args.width);
  e.add({
    kernel: {
      shader: 'embedding_backward',
      label: `embedding gradient ${count}×${args.width}`,
      access: ['read', 'read', 'write'],
      constants: {
        ...width.constants,
        ...place('DOUT', dout, width),
        WIDTH: width.of(args.width),
        BEGIN: first,
        COUNT: count,
      },
    },
    bindings: [ids, dout.view, gradient],
    dims: 0,
    grid: () => threadGrid(items),
  });
}
