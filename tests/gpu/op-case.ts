import { type Gpu, openGpu, requestAdapter } from '../../src/gpu/device.ts';
import { DimsSlots, Pipelines, ProgramBuilder, readBack, Scratch } from '../../src/gpu/launcher.ts';
import type { View } from '../../src/gpu/memory.ts';
import type { Emitter } from '../../src/gpu/program.ts';
import type { Dims } from '../../src/ops/dims.ts';
import { type Dense, dense } from '../../src/ops/reference/linear.ts';
import type { Matrix, Weight } from '../../src/ops/types.ts';

/** What tests of single operations on the device share: matrices with margins, programs, comparisons. */

let opened: Promise<Gpu> | undefined;
const pipelines = new Map<Gpu, Pipelines>();

export function gpuOnce(): Promise<Gpu> {
  opened ??= requestAdapter(navigator.gpu).then((adapter) => {
    if (!adapter) throw new Error('no adapter');
    return openGpu(adapter);
  });
  return opened;
}

export function dimsOf(rows: number, values: Partial<Dims> = {}): Dims {
  return {
    rows,
    batch: 1,
    length: rows,
    start: 0,
    offset: 0,
    supervised: 1,
    step: 3,
    seed: 7,
    scale: 1,
    strength: 1,
    micro: 1,
    ...values,
  };
}

/** Pseudo-random in [−½, ½), rounded to float32. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 32 - 0.5);
  };
}

export function randomDense(rows: number, cols: number, seed: number): Dense {
  const next = noise(seed);
  return dense(rows, cols, next);
}

export function upload(
  gpu: Gpu,
  data: ArrayLike<number> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
): View {
  const bytes = data instanceof Uint32Array || data instanceof Int32Array ? data : Float32Array.from(data);
  const view = gpu.memory.allocate('test', bytes.byteLength, 'other');
  gpu.device.queue.writeBuffer(view.buffer, 0, bytes);
  return view;
}

export function matrixOf(gpu: Gpu, m: Dense): Matrix<View> {
  return { view: upload(gpu, m.values), stride: m.cols, column: 0 };
}

/** Stands around matrices; a kernel that reads or writes it is found out. */
export const GUARD = 999;

/** The matrix with `margin` columns of GUARD on either side and a row of it after. */
export function placed(gpu: Gpu, m: Dense, margin = 0): Matrix<View> {
  const wide = dense(m.rows + 1, m.cols + 2 * margin, (i, j) => {
    const inside = i < m.rows && j >= margin && j < margin + m.cols;
    return inside ? m.values[i * m.cols + j - margin] : GUARD;
  });
  return { view: upload(gpu, wide.values), stride: wide.cols, column: margin };
}

/** Room for a result. */
export function room(gpu: Gpu, rows: number, cols: number, margin = 0): Matrix<View> {
  return placed(
    gpu,
    dense(rows, cols, () => GUARD),
    margin,
  );
}

/**
 * What stands in a `placed` matrix.
 *
 * @throws Error if something was written around it
 */
export async function readPlaced(gpu: Gpu, m: Matrix<View>, rows: number, cols: number): Promise<Dense> {
  const all = new Float32Array(await readBack(gpu, m.view));
  for (let i = 0; i < (rows + 1) * m.stride; i++) {
    const [row, column] = [Math.floor(i / m.stride), (i % m.stride) - m.column];
    if (row === rows || column < 0 || column >= cols)
      if (all[i] !== GUARD) throw new Error(`row ${row}, column ${column} of ${rows} × ${cols} was written`);
  }
  return dense(rows, cols, (i, j) => all[i * m.stride + m.column + j]);
}

export async function readDense(gpu: Gpu, m: Matrix<View>, rows: number, cols: number): Promise<Dense> {
  const all = new Float32Array(await readBack(gpu, m.view));
  return dense(rows, cols, (i, j) => all[i * m.stride + m.column + j]);
}

export async function readFloats(gpu: Gpu, view: View, count: number): Promise<Float32Array> {
  return new Float32Array(await readBack(gpu, view)).subarray(0, count);
}

interface BuilderOptions {
  /** The tuner's choices. */
  choices?: Record<string, string>;
  /** False: the form that hardware gets, which a software device runs as well. Default: what the device is. */
  software?: boolean;
  pipelines?: Pipelines;
}

/** A program builder over one slot of dims. */
export function builder(
  gpu: Gpu,
  dims: Dims,
  { choices = {}, software = gpu.software, pipelines: own }: BuilderOptions = {},
): ProgramBuilder {
  let compiled = own ?? pipelines.get(gpu);
  if (!compiled) {
    compiled = new Pipelines(gpu.device);
    pipelines.set(gpu, compiled);
  }
  const slots = new DimsSlots(gpu, 1);
  slots.write([dims]);
  return new ProgramBuilder({ ...gpu, software }, compiled, slots, new Scratch(gpu), choices);
}

/** Emits, compiles and runs. */
export async function onDevice(
  gpu: Gpu,
  dims: Dims,
  emit: (e: Emitter) => void,
  options?: BuilderOptions,
): Promise<void> {
  const e = builder(gpu, dims, options);
  emit(e);
  (await e.build()).run();
}

/** Who works on a row: one thread where the device is software, a workgroup on hardware. */
export const FORMS: { form: string; software: boolean; choices: Record<string, string> }[] = [
  { form: 'a thread a row', software: true, choices: {} },
  { form: 'a workgroup a row', software: false, choices: { 'row-reduction': 'tree' } },
  { form: 'a workgroup a row, by subgroups', software: false, choices: { 'row-reduction': 'subgroups' } },
];

/** max |a − b| / max(1, max |b|); NaN is Infinity. */
export function difference(a: Dense, b: Dense): number {
  let worst = 0;
  let largest = 1;
  b.values.forEach((value, i) => {
    const d = Math.abs(a.values[i] - value);
    worst = Math.max(worst, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
    largest = Math.max(largest, Math.abs(value));
  });
  return worst / largest;
}

export function plainWeight(gpu: Gpu, w: Dense): { weight: Weight<View>; values: Dense } {
  return { weight: { rows: w.rows, cols: w.cols, type: 'f32', data: upload(gpu, w.values) }, values: w };
}

/** The same values rounded to float16, two a word. */
export function halfWeight(gpu: Gpu, w: Dense): { weight: Weight<View>; values: Dense } {
  const words = new Uint32Array(Math.ceil(w.values.length / 2));
  const values = dense(w.rows, w.cols);
  w.values.forEach((value, i) => {
    const bits = toHalf(value);
    words[i >> 1] |= bits << (16 * (i & 1));
    values.values[i] = fromHalf(bits);
  });
  return { weight: { rows: w.rows, cols: w.cols, type: 'f16', data: upload(gpu, words) }, values };
}

/** Bits of the float16 next to a small value, |value| < 1; enough for test data. */
function toHalf(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024));
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
