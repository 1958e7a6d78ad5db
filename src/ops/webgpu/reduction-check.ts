import type { Gpu } from '../../gpu/device.ts';
import { DimsSlots, type Pipelines, ProgramBuilder, readBack, Scratch } from '../../gpu/launcher.ts';
import type { View } from '../../gpu/memory.ts';
import { crossEntropyReference } from '../reference/cross-entropy.ts';
import { type Dense, dense } from '../reference/linear.ts';
import { rmsNormReference } from '../reference/norm.ts';
import { crossEntropy } from './cross-entropy.ts';
import { rmsNormForward } from './norm.ts';
import { checkDims, error, random, TOLERANCE } from './self-check.ts';

/** Whether rows are summed, and their largest found, rightly on this adapter, as self-check.ts asks of the products. */

/** More columns than a workgroup has threads, and not a multiple of them. */
const CASE = { rows: 3, cols: 300, eps: 1e-5 };

/** Names of those forms of a reduction (ops/rowwise.ts) whose numbers are wrong here. */
export async function wrongReductions(
  gpu: Gpu,
  pipelines: Pipelines,
  names: readonly string[],
): Promise<Set<string>> {
  const wrong = new Set<string>();
  for (const name of names) {
    // One that a driver does not compile is as good as wrong.
    const error = await check(gpu, pipelines, name).catch(() => Number.NaN);
    // A comparison that NaN fails.
    if (!(error <= TOLERANCE)) wrong.add(name);
  }
  return wrong;
}

async function check(gpu: Gpu, pipelines: Pipelines, name: string): Promise<number> {
  const { rows, cols, eps } = CASE;
  const views: View[] = [];
  const put = (values: ArrayLike<number> | Uint32Array<ArrayBuffer>): View => {
    const bytes = values instanceof Uint32Array ? values : Float32Array.from(values);
    const view = gpu.memory.allocate('self-check', bytes.byteLength, 'other');
    views.push(view);
    gpu.device.queue.writeBuffer(view.buffer, 0, bytes);
    return view;
  };
  const matrix = (m: Dense) => ({ view: put(m.values), stride: cols, column: 0 });
  const x = random(rows, cols, 1);
  const weight = random(1, cols, 2).values;
  // Scores up to 20 apart: the largest matters.
  const z = dense(rows, cols, (i, j) => 40 * x.values[i * cols + j]);
  const targets = Uint32Array.of(7, 0, cols - 1);
  const [y, losses, rstd] = [
    matrix(dense(rows, cols)),
    put(new Float64Array(rows)),
    put(new Float64Array(rows)),
  ];
  const dims = new DimsSlots(gpu, 1);
  const scratch = new Scratch(gpu, 'other');
  try {
    dims.write([checkDims(rows)]);
    const choices = new Proxy<Record<string, string>>({}, { get: () => name });
    const e = new ProgramBuilder(gpu, pipelines, dims, scratch, choices);
    rmsNormForward(e, { x: matrix(x), y, weight: put(weight), width: cols, eps, rstd, addOne: false });
    crossEntropy(e, {
      logits: matrix(z),
      targets: put(targets),
      weights: put(new Float64Array(rows).fill(1)),
      losses,
      vocab: cols,
      gradient: false,
    });
    (await e.build()).run();
    const read = async (view: View, width: number): Promise<Dense> => {
      const values = new Float32Array(await readBack(gpu, view, 4 * rows * width));
      return { rows, cols: width, values: Float64Array.from(values) };
    };
    const expected = crossEntropyReference(z, targets, new Float64Array(rows).fill(1));
    return Math.max(
      error(await read(y.view, cols), rmsNormReference(x, weight, eps).y),
      error(await read(losses, 1), { rows, cols: 1, values: expected }),
    );
  } finally {
    scratch.free();
    for (const view of [...views, dims.view]) gpu.memory.free(view.buffer);
  }
}
