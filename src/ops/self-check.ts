import type { Gpu } from '../gpu/device.ts';
import { DimsSlots, type Pipelines, ProgramBuilder, readBack, Scratch } from '../gpu/launcher.ts';
import type { View } from '../gpu/memory.ts';
import type { Dims } from '../gpu/program.ts';
import { linearBackward, linearForward } from './linear.ts';
import type { LinearOp } from './linear-variants.ts';
import { loraDown, loraDownBackward, loraUpBackward } from './lora.ts';
import {
  columns,
  type Dense,
  type DenseLora,
  dense,
  linearReference,
  loraDownReference,
  plus,
  rows,
  times,
  transposedTimes,
} from './reference/linear.ts';
import type { GpuWeight, LoraBlock, Matrix } from './types.ts';

/**
 * Whether the variants of the matrix products compute the right numbers on this adapter: a small adapted linear,
 * forward and backward, against float64. Drivers have bugs, and a kernel that they break must not train anything.
 */

/** Odd rows, two parts, sizes that every variant takes. */
const CASE = { rows: 21, k: 64, ends: [64, 128], rank: 8, scale: 2 };
/** Sums of 64 to 128 products in float32 are this exact by far. */
export const TOLERANCE = 1e-4;

const OPS: readonly LinearOp[] = ['linear-forward', 'linear-backward', 'lora-gradient'];

export type Variants = Record<LinearOp, readonly string[]>;

/** Names of those variants whose numbers are wrong here, by operation. */
export async function wrongVariants(
  gpu: Gpu,
  pipelines: Pipelines,
  variants: Variants,
): Promise<Record<LinearOp, Set<string>>> {
  const wrong = {
    'linear-forward': new Set<string>(),
    'linear-backward': new Set<string>(),
    'lora-gradient': new Set<string>(),
  };
  // A comparison that NaN fails.
  for (const { op, name, error } of await variantErrors(gpu, pipelines, variants))
    if (!(error <= TOLERANCE)) wrong[op].add(name);
  return wrong;
}

/** Largest relative error of each of these variants against float64. */
export async function variantErrors(
  gpu: Gpu,
  pipelines: Pipelines,
  variants: Variants,
): Promise<{ op: LinearOp; name: string; error: number }[]> {
  const found = new Map<string, { op: LinearOp; name: string; error: number }>();
  const count = Math.max(...Object.values(variants).map((names) => names.length));
  // Side by side: nearly all of the time is the driver's, compiling.
  const rounds = Array.from({ length: count }, async (_, i) => {
    const name = (op: LinearOp) => variants[op][Math.min(i, variants[op].length - 1)];
    const half = OPS.some((op) => name(op)?.startsWith('half'));
    const errorsOf = (names: typeof name) => check(gpu, pipelines, names, half ? 'f16' : 'f32');
    const errors = await errorsOf(name).catch(async () => {
      // One that a driver does not compile is as good as wrong; the others of its round are tried without it.
      const apart = {
        'linear-forward': Number.NaN,
        'linear-backward': Number.NaN,
        'lora-gradient': Number.NaN,
      };
      for (const op of OPS) {
        const alone = errorsOf((other) => (other === op ? name(op) : ''));
        apart[op] = await alone.then((found) => found[op]).catch(() => Number.NaN);
      }
      return apart;
    });
    return { name, errors };
  });
  for (const { name, errors } of await Promise.all(rounds))
    for (const op of OPS)
      if (name(op) !== undefined) found.set(`${op} ${name(op)}`, { op, name: name(op), error: errors[op] });
  return [...found.values()];
}

/** Largest relative error by operation, each variant by its name for the operation. */
async function check(
  gpu: Gpu,
  pipelines: Pipelines,
  name: (op: LinearOp) => string | undefined,
  type: 'f32' | 'f16',
): Promise<Record<LinearOp, number>> {
  const { rows: count, k, ends, rank, scale } = CASE;
  const n = ends[ends.length - 1];
  const wide = ends.length * rank;
  const parts = ends.map((end, i) => ({ begin: ends[i - 1] ?? 0, end, module: i }));
  const views: View[] = [];
  const room = (rowsOf: number, cols: number): Matrix => {
    const view = gpu.memory.allocate('self-check', 4 * rowsOf * cols, 'other');
    views.push(view);
    return { view, stride: cols, column: 0 };
  };
  const put = (values: Dense): Matrix => {
    const place = room(values.rows, values.cols);
    gpu.device.queue.writeBuffer(place.view.buffer, 0, Float32Array.from(values.values));
    return place;
  };
  const putHalf = (values: Dense): View => {
    const { view } = room(values.rows, values.cols / 2);
    gpu.device.queue.writeBuffer(view.buffer, 0, Uint16Array.from(values.values, halfBits));
    return view;
  };
  const x = random(count, k, 1);
  const w = random(n, k, 2);
  // Exact in float16 as well.
  w.values.forEach((value, i) => {
    w.values[i] = Math.round(512 * value) / 512;
  });
  const dy = random(count, n, 3);
  const lora: DenseLora = { rank, parts, scale, a: random(wide, k, 4), b: random(n, rank, 5) };
  const block: LoraBlock = { rank, parts, scale, dropout: 0, a: put(lora.a).view, b: put(lora.b).view };
  const gradients = { a: room(wide, k).view, b: room(n, rank).view };
  const weight: GpuWeight = { rows: n, cols: k, type, data: type === 'f16' ? putHalf(w) : put(w).view };
  const at = {
    x: put(x),
    dy: put(dy),
    s: room(count, wide),
    y: room(count, n),
    ds: room(count, wide),
    dx: room(count, k),
  };
  const dims = new DimsSlots(gpu, 1);
  const scratch = new Scratch(gpu, 'other');
  try {
    dims.write([checkDims(count)]);
    const choices = new Proxy<Record<string, string>>(
      {},
      { get: (_, key) => name(String(key).split(' ')[0] as LinearOp) ?? '' },
    );
    const e = new ProgramBuilder(gpu, pipelines, dims, scratch, choices);
    loraDown(e, { x: at.x, k, lora: block, s: at.s, training: false });
    linearForward(e, { x: at.x, w: weight, n, k, y: at.y, lora: { block, s: at.s } });
    loraUpBackward(e, { dy: at.dy, s: at.s, lora: block, gradients, ds: at.ds, n });
    loraDownBackward(e, { ds: at.ds, x: at.x, k, lora: block, gradients });
    linearBackward(e, { dy: at.dy, w: weight, n, k, dx: at.dx, lora: { block, ds: at.ds } });
    (await e.build()).run();
    const read = async (view: View, rowsOf: number, cols: number): Promise<Dense> => {
      const values = new Float32Array(await readBack(gpu, view, 4 * rowsOf * cols));
      return { rows: rowsOf, cols, values: Float64Array.from(values) };
    };
    const s = await read(at.s.view, count, wide);
    const ds = await read(at.ds.view, count, wide);
    // Each result against what should follow from the device's own inputs, so that one wrong kernel is not laid on
    // the next.
    const forward = Math.max(
      error(s, loraDownReference(x, lora)),
      error(await read(at.y.view, count, n), linearReference(x, w, lora, s)),
    );
    let dx = times(dy, w);
    const dsTrue = dense(count, wide);
    const db = dense(n, rank);
    parts.forEach((part, p) => {
      const [from, to] = [p * rank, (p + 1) * rank];
      const dyPart = columns(dy, part.begin, part.end);
      const dsPart = times(dyPart, rows(lora.b, part.begin, part.end));
      const dbPart = transposedTimes(dyPart, columns(s, from, to));
      dx = plus(dx, times(columns(ds, from, to), rows(lora.a, from, to)));
      for (let i = 0; i < count; i++)
        for (let j = 0; j < rank; j++)
          dsTrue.values[i * wide + from + j] = scale * dsPart.values[i * rank + j];
      for (let i = 0; i < dbPart.values.length; i++)
        db.values[part.begin * rank + i] = scale * dbPart.values[i];
    });
    return {
      'linear-forward': forward,
      'linear-backward': Math.max(error(ds, dsTrue), error(await read(at.dx.view, count, k), dx)),
      'lora-gradient': Math.max(
        error(await read(gradients.a, wide, k), transposedTimes(ds, x)),
        error(await read(gradients.b, n, rank), db),
      ),
    };
  } finally {
    scratch.free();
    for (const view of [...views, dims.view]) gpu.memory.free(view.buffer);
  }
}

/** max |ours − theirs| / max(1, max |theirs|), NaN where there is one. */
export function error(ours: Dense, theirs: Dense): number {
  let largest = 1;
  let difference = 0;
  for (let i = 0; i < theirs.values.length; i++) {
    largest = Math.max(largest, Math.abs(theirs.values[i]));
    const apart = Math.abs(ours.values[i] - theirs.values[i]);
    if (Number.isNaN(apart)) return apart;
    difference = Math.max(difference, apart);
  }
  return difference / largest;
}

/** Bits of a float16: of a multiple of 1/512 that is not above 1. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const size = Math.abs(value);
  const exponent = Math.floor(Math.log2(size));
  return (value < 0 ? 0x8000 : 0) | (((exponent + 15) << 10) + (size / 2 ** exponent - 1) * 1024);
}

/** Uniform in [−½, ½), exact in float32. */
export function random(rowsOf: number, cols: number, seed: number): Dense {
  let state = seed;
  return dense(rowsOf, cols, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 32 - 0.5);
  });
}

/** One sequence of `count` tokens. */
export function checkDims(count: number): Dims {
  return {
    rows: count,
    batch: 1,
    length: count,
    start: 0,
    offset: 0,
    supervised: 1,
    step: 1,
    seed: 0,
    scale: 1,
    strength: 1,
    micro: 0,
  };
}
