import type { Gpu } from '../../gpu/device.ts';
import { DimsSlots, type Pipelines, ProgramBuilder, readBack, Scratch } from '../../gpu/launcher.ts';
import type { View } from '../../gpu/memory.ts';
import {
  type AttentionProblem,
  attentionBackwardReference,
  attentionReference,
} from '../reference/attention.ts';
import type { Matrix } from '../types.ts';
import { attentionBackward, attentionForward } from './attention.ts';
import type { AttentionOp } from './attention-variants.ts';
import { checkDims, error, random, TOLERANCE } from './self-check.ts';

/** Whether the forms of attention compute the right numbers on this adapter, as self-check.ts asks of the products. */

/** Grouped heads, more than one tile of queries and of keys, a window, and rows that do not fill a tile. */
const CASE = { heads: 4, kvHeads: 2, headDim: 64, scale: 0.125, window: 40, batch: 1, length: 70 };

const NEITHER = { 'attention-forward': Number.NaN, 'attention-backward': Number.NaN };

/** Names of those forms whose numbers are wrong here, by operation. */
export async function wrongAttention(
  gpu: Gpu,
  pipelines: Pipelines,
  variants: Record<AttentionOp, readonly string[]>,
): Promise<Record<AttentionOp, Set<string>>> {
  const wrong = { 'attention-forward': new Set<string>(), 'attention-backward': new Set<string>() };
  for (const name of new Set([...variants['attention-forward'], ...variants['attention-backward']])) {
    // One that a driver does not compile is as good as wrong.
    const errors = await check(gpu, pipelines, name).catch(() => NEITHER);
    // A comparison that NaN fails.
    for (const op of ['attention-forward', 'attention-backward'] as const)
      if (!(errors[op] <= TOLERANCE)) wrong[op].add(name);
  }
  return wrong;
}

async function check(gpu: Gpu, pipelines: Pipelines, name: string): Promise<Record<AttentionOp, number>> {
  const { heads, kvHeads, headDim, length } = CASE;
  const views: View[] = [];
  const put = (values: Float64Array, cols: number): Matrix<View> => {
    const view = gpu.memory.allocate('self-check', 4 * values.length, 'other');
    views.push(view);
    gpu.device.queue.writeBuffer(view.buffer, 0, Float32Array.from(values));
    return { view, stride: cols, column: 0 };
  };
  const [wide, narrow] = [heads * headDim, kvHeads * headDim];
  const problem: AttentionProblem = {
    ...CASE,
    q: random(length, wide, 1),
    k: random(length, narrow, 2),
    v: random(length, narrow, 3),
  };
  const dO = random(length, wide, 4);
  const room = (cols: number) => put(new Float64Array(length * cols), cols);
  const at = {
    ...{ q: put(problem.q.values, wide), k: put(problem.k.values, narrow), v: put(problem.v.values, narrow) },
    ...{ o: room(wide), lse: room(heads).view },
  };
  const gradients = { dq: room(wide), dk: room(narrow), dv: room(narrow) };
  const dims = new DimsSlots(gpu, 1);
  const scratch = new Scratch(gpu, 'other');
  try {
    dims.write([checkDims(length)]);
    const choices = new Proxy<Record<string, string>>({}, { get: () => name });
    const e = new ProgramBuilder(gpu, pipelines, dims, scratch, choices);
    attentionForward(e, { ...CASE, ...at });
    attentionBackward(e, { ...CASE, ...at, do: put(dO.values, wide), ...gradients });
    (await e.build()).run();
    const read = async ({ view, stride: cols }: Matrix<View>) => {
      const values = new Float32Array(await readBack(gpu, view, 4 * length * cols));
      return { rows: length, cols, values: Float64Array.from(values) };
    };
    const { o } = attentionReference(problem);
    const { dq, dk, dv } = attentionBackwardReference(problem, dO);
    return {
      'attention-forward': error(await read(at.o), o),
      'attention-backward': Math.max(
        error(await read(gradients.dq), dq),
        error(await read(gradients.dk), dk),
        error(await read(gradients.dv), dv),
      ),
    };
  } finally {
    scratch.free();
    for (const view of [...views, dims.view]) gpu.memory.free(view.buffer);
  }
}
