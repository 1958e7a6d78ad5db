import type { Emitter } from '../../gpu/program.ts';
import { Bindings } from './bindings.ts';
import { bindWeight, type RowRange, weightConstants } from './weight.ts';

/** Fewer rows than this are at most four row tiles, each of which decodes the weight: too few to write it first (reckoned). */
const LEAST_ROWS = 64;
/** What is written is as large as the weight in float32: more than this is not taken for it. */
const MOST_BYTES = 64 * 2 ** 20;
/** Threads of a workgroup, one row each. */
const THREADS = 64;

/**
 * On a software adapter rows of codes (q8, q4, nf4) as rows of float32, written once before the product, in scratch memory
 * that all linears share. The direct kernels there have no workgroup memory to keep decoded weights in: each tile of 16
 * rows decodes them again, which takes nf4 as long as the product. Elsewhere, or for few rows, the range as it is.
 *
 * @param rows most rows of the product, where they are known
 */
export function decodedOnce(e: Emitter, range: RowRange, k: number, rows: number | undefined): RowRange {
  const { weight, row, n } = range;
  const bytes = 4 * n * k;
  if (!e.software || !weight.quant || rows === undefined || rows < LEAST_ROWS || bytes > MOST_BYTES)
    return range;
  const { block } = weight.quant;
  const out = e.scratch('decoded weight', bytes);
  const bindings = bindWeight(new Bindings(), weight).write('OUT', out);
  e.add({
    kernel: {
      shader: 'decode_weight',
      label: `decode ${n}×${k} ${weight.type}`,
      access: bindings.access,
      constants: { ...bindings.constants, ...weightConstants(weight.type, k), THREADS, N: n, ROW0: row },
    },
    bindings: bindings.views,
    dims: 0,
    grid: () => [k / block, Math.ceil(n / THREADS), 1],
    flops: () => n * k,
  });
  return { ...range, row: 0, weight: { rows: n, cols: k, type: 'f32', data: out } };
}
