import type { Emitter } from '../../gpu/program.ts';
import type { RowNorms } from '../arguments.ts';
import { Bindings } from './bindings.ts';
import { rowThreads } from './rowwise.ts';
import { bindWeight, rowRanges, weightConstants } from './weight.ts';

/** Rows that share what they read of A. */
const ROWS = 4;

export function rowNorms(e: Emitter, args: RowNorms): void {
  const { w, row0 = 0, n, k, out, lora } = args;
  const parts = lora?.parts ?? [{ begin: 0, end: n }];
  const threads = rowThreads(e);
  for (const [part, { begin, end }] of parts.entries())
    for (const range of rowRanges(w, row0 + begin, end - begin)) {
      const bindings = bindWeight(new Bindings(), range.weight).write('OUT', out);
      if (lora) bindings.read('A', lora.a).read('B', lora.b);
      e.add({
        kernel: {
          shader: 'row_norms',
          label: `row norms ${range.n}×${k} ${range.weight.type}${lora ? ' lora' : ''}`,
          access: bindings.access,
          constants: {
            ...bindings.constants,
            ...weightConstants(range.weight.type, k),
            ...threads.constants,
            N: range.n,
            ROW0: range.row,
            COLUMN0: begin + range.column,
            ...(lora ? { LORA: true, RANK: lora.rank, A_ROW: part * lora.rank, SCALE: lora.scale } : {}),
          },
        },
        bindings: bindings.views,
        dims: 0,
        grid: () => threads.grid(Math.ceil(range.n / ROWS)),
        flops: () => 2 * range.n * k * (1 + (lora?.rank ?? 0)),
      });
    }
}
