import type { Emitter } from '../../gpu/program.ts';
import type { MergeRounded } from '../arguments.ts';
import { ROUNDED_BLOCK as BLOCK } from '../types.ts';
import { Bindings } from './bindings.ts';
import { bindWeight, rowRanges, weightConstants } from './weight.ts';

/** Threads of a workgroup have the same columns of as many rows, so that they read the same of A. */
const THREADS = 64;

/** @throws Error where the columns are not whole blocks, or the result is not in blocks of 32 with scales in float16 */
export function mergeRounded(e: Emitter, args: MergeRounded): void {
  const { w, row0 = 0, n, k, lora, out } = args;
  if (k % BLOCK !== 0) throw new Error(`rows of ${k} columns are no whole blocks of ${BLOCK}`);
  for (const [part, { begin, end }] of (lora?.parts ?? [{ begin: 0, end: n }]).entries())
    for (const from of rowRanges(w, row0 + begin, end - begin))
      for (const to of rowRanges(out, row0 + begin + from.column, from.n)) {
        const { data, scales, type, quant } = to.weight;
        if (
          !scales ||
          quant?.block !== BLOCK ||
          quant.scaleType !== 'f16' ||
          (type !== 'q8' && type !== 'q4')
        )
          throw new Error(`a rounded weight in ${type}, not in blocks of ${BLOCK} with scales in float16`);
        const bindings = bindWeight(new Bindings(), from.weight)
          .write('OUT', data)
          .write('OUT_SCALES', scales);
        if (lora) bindings.read('A', lora.a).read('B', lora.b);
        e.add({
          kernel: {
            shader: 'merge_rounded',
            label: `merge ${to.n}×${k} ${from.weight.type} into ${type}${lora ? ' lora' : ''}`,
            access: bindings.access,
            constants: {
              ...bindings.constants,
              ...weightConstants(from.weight.type, k),
              THREADS,
              N: to.n,
              ROW0: from.row + to.column,
              OUT_ROW0: to.row,
              OUT_Q4: type === 'q4',
              ...(lora
                ? {
                    LORA: true,
                    RANK: lora.rank,
                    A_ROW: part * lora.rank,
                    B_ROW: begin + from.column + to.column,
                    SCALE: lora.scale,
                  }
                : {}),
            },
          },
          bindings: bindings.views,
          dims: 0,
          grid: () => [k / BLOCK, Math.ceil(to.n / THREADS), 1],
          flops: () => 2 * to.n * k * (4 + (lora?.rank ?? 0)),
        });
      }
}
