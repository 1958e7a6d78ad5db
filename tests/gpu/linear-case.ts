import { type Gpu, openGpu, requestAdapter } from '../../src/gpu/device.ts';
import { DimsSlots, Pipelines, ProgramBuilder, readBack, Scratch } from '../../src/gpu/launcher.ts';
import type { View } from '../../src/gpu/memory.ts';
import type { Dims } from '../../src/gpu/program.ts';
import { linearBackward, linearForward } from '../../src/ops/linear.ts';
import { loraDown, loraDownBackward, loraUpBackward } from '../../src/ops/lora.ts';
import {
  type Dense,
  type DenseLora,
  dense,
  linearBackwardReference,
  linearReference,
  loraDownReference,
} from '../../src/ops/reference/linear.ts';
import type { GpuWeight, LoraBlock, Matrix } from '../../src/ops/types.ts';

/** One LoRA linear, forward and backward, on the device and in float64. */

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

export function upload(gpu: Gpu, data: Float64Array | Uint32Array<ArrayBuffer>): View {
  const bytes = data instanceof Uint32Array ? data : Float32Array.from(data);
  const view = gpu.memory.allocate('test', bytes.byteLength, 'other');
  gpu.device.queue.writeBuffer(view.buffer, 0, bytes);
  return view;
}

export function matrixOf(gpu: Gpu, m: Dense): Matrix {
  return { view: upload(gpu, m.values), stride: m.cols, column: 0 };
}

/** A program builder over one slot of dims. */
export async function builder(
  gpu: Gpu,
  dims: Dims,
  choices: Record<string, string> = {},
): Promise<ProgramBuilder> {
  let compiled = pipelines.get(gpu);
  if (!compiled) {
    compiled = new Pipelines(gpu.device);
    pipelines.set(gpu, compiled);
  }
  const slots = new DimsSlots(gpu, 1);
  slots.write([dims]);
  return new ProgramBuilder(gpu, compiled, slots, new Scratch(gpu), choices);
}

export async function readDense(gpu: Gpu, m: Matrix, rows: number, cols: number): Promise<Dense> {
  const all = new Float32Array(await readBack(gpu, m.view));
  return dense(rows, cols, (i, j) => all[i * m.stride + m.column + j]);
}

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

export interface Case {
  rows: number;
  k: number;
  /** Ends of the parts; the last is the number of output columns. */
  ends: number[];
  rank: number;
  dropout?: number;
  /** Name of the variant of every op, where it exists. */
  variant?: string;
  weight?: (gpu: Gpu, w: Dense) => { weight: GpuWeight; values: Dense };
  /** Extra columns around each matrix. */
  margin?: number;
}

export interface Outcome {
  errors: Record<string, number>;
  bytes: Record<string, Float32Array>;
  chosen: Record<string, string>;
}

/** Runs all five operations and compares each result with the reference. */
export async function runCase(gpu: Gpu, test: Case): Promise<Outcome> {
  const { rows, k, rank } = test;
  const n = test.ends[test.ends.length - 1];
  const count = test.ends.length;
  const x = randomDense(rows, k, 1);
  const { weight, values: w } = test.weight
    ? test.weight(gpu, randomDense(n, k, 2))
    : plainWeight(gpu, randomDense(n, k, 2));
  const dy = randomDense(rows, n, 3);
  const parts = test.ends.map((end, i) => ({ begin: test.ends[i - 1] ?? 0, end, module: 5 + i }));
  const p = test.dropout ?? 0;
  const dims = dimsOf(rows, { strength: 0.75 });
  const lora: DenseLora = {
    rank,
    parts,
    scale: 2,
    a: randomDense(count * rank, k, 4),
    b: randomDense(n, rank, 5),
    ...(p > 0 ? { dropout: { probability: p, seed: dims.seed, step: dims.step, micro: dims.micro } } : {}),
  };
  const block: LoraBlock = {
    rank,
    parts,
    scale: 2,
    dropout: p,
    a: upload(gpu, lora.a.values),
    b: upload(gpu, lora.b.values),
  };
  const old = { da: randomDense(count * rank, k, 6), db: randomDense(n, rank, 7) };
  const gradients = { a: upload(gpu, old.da.values), b: upload(gpu, old.db.values) };
  const margin = test.margin ?? 0;
  const place = (cols: number, data?: Dense): Matrix => {
    const wide = dense(rows, cols + margin, (i, j) =>
      j < margin / 2 || j >= cols + margin / 2 ? 999 : (data?.values[i * cols + j - margin / 2] ?? 999),
    );
    return { view: upload(gpu, wide.values), stride: cols + margin, column: margin / 2 };
  };
  const m = {
    x: place(k, x),
    dy: place(n, dy),
    s: place(count * rank),
    y: place(n),
    ds: place(count * rank),
    dx: place(k),
  };

  const choices = test.variant ? anyKey(test.variant) : {};
  const e = await builder(gpu, dims, choices);
  loraDown(e, { x: m.x, k, lora: block, s: m.s, training: true });
  linearForward(e, { x: m.x, w: weight, n, k, y: m.y, lora: { block, s: m.s } });
  loraUpBackward(e, { dy: m.dy, s: m.s, lora: block, gradients, ds: m.ds, n });
  loraDownBackward(e, { ds: m.ds, x: m.x, k, lora: block, gradients });
  linearBackward(e, { dy: m.dy, w: weight, n, k, dx: m.dx, lora: { block, ds: m.ds } });
  (await e.build()).run();

  const s = loraDownReference(x, lora);
  const expected = {
    s,
    y: linearReference(x, w, lora, s, dims.strength),
    ...linearBackwardReference(x, w, dy, lora),
  };
  expected.da.values.forEach((value, i) => {
    expected.da.values[i] = value + old.da.values[i];
  });
  expected.db.values.forEach((value, i) => {
    expected.db.values[i] = value + old.db.values[i];
  });
  const got = {
    s: await readDense(gpu, m.s, rows, count * rank),
    y: await readDense(gpu, m.y, rows, n),
    dx: await readDense(gpu, m.dx, rows, k),
    ds: await readDense(gpu, m.ds, rows, count * rank),
    da: await readDense(gpu, { view: gradients.a, stride: k, column: 0 }, count * rank, k),
    db: await readDense(gpu, { view: gradients.b, stride: rank, column: 0 }, n, rank),
  };
  const errors = Object.fromEntries(
    Object.entries(got).map(([name, value]) => [name, difference(value, expected[name as keyof typeof got])]),
  );
  const bytes = Object.fromEntries(
    Object.entries(got).map(([name, value]) => [name, Float32Array.from(value.values)]),
  );
  if (margin > 0) {
    const all = new Float32Array(await readBack(gpu, m.y.view));
    errors.margin = [...all].filter((value, i) => {
      const column = i % (n + margin);
      return i < rows * (n + margin) && (column < margin / 2 || column >= n + margin / 2) && value !== 999;
    }).length;
  }
  return { errors, bytes, chosen: e.chosen };
}

export function plainWeight(gpu: Gpu, w: Dense): { weight: GpuWeight; values: Dense } {
  return { weight: { rows: w.rows, cols: w.cols, type: 'f32', data: upload(gpu, w.values) }, values: w };
}

/** Choices that answer every key with one name. */
function anyKey(variant: string): Record<string, string> {
  return new Proxy({}, { get: () => variant, has: () => true });
}

/** The same values rounded to float16, two a word. */
export function halfWeight(gpu: Gpu, w: Dense): { weight: GpuWeight; values: Dense } {
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
