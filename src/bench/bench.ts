import { KernelChoice } from '../engine/gpu/kernel-choice.ts';
import { plainError, UserError } from '../errors.ts';
import { type Gpu, matrixFeature, openGpu, requestAdapter } from '../gpu/device.ts';
import { DimsSlots, Pipelines, type Program, ProgramBuilder, readBack, Scratch } from '../gpu/launcher.ts';
import type { View } from '../gpu/memory.ts';
import type { Emitter, Site } from '../gpu/program.ts';
import type { CommandStream } from '../gpu/stream.ts';
import { openTfjs } from '../gpu/tfjs.ts';
import { heldAs } from '../loading/base-dtype.ts';
import { encodeRows, heldValues } from '../loading/encode-rows.ts';
import type { Dims } from '../ops/dims.ts';
import type { Matrix, Weight, WeightType } from '../ops/types.ts';
import type { BenchHost, BenchOptions } from './results.ts';
import type { Contender } from './timing.ts';

/** What all measurements share: the device, tfjs on the same device, compiled kernels. */
export interface Bench {
  gpu: Gpu;
  pipelines: Pipelines;
  /** The tuner's choice: the run's own, made as a training run makes it. */
  choice: KernelChoice;
  tfjs: CommandStream;
  host: BenchHost;
  options: BenchOptions;
}

export async function openBench(
  adapterOf: GPU | undefined,
  host: BenchHost,
  options: BenchOptions,
): Promise<Bench> {
  const gpu = await openDevice(adapterOf, options);
  const adapter = await requestAdapter(adapterOf);
  if (!adapter) throw plainError(new UserError('no-adapter', 'There is no WebGPU adapter here.'));
  const tfjs = await openTfjs(gpu.device, adapter.info);
  const pipelines = new Pipelines(gpu.device);
  return { gpu, pipelines, choice: new KernelChoice(gpu, pipelines), tfjs, host, options };
}

/** A device of its own, whose buffers are counted apart. */
export async function openDevice(
  adapterOf: GPU | undefined,
  { matrices = false }: Pick<BenchOptions, 'matrices'> = {},
): Promise<Gpu> {
  const adapter = await requestAdapter(adapterOf);
  if (!adapter)
    throw plainError(
      new UserError(
        'no-adapter',
        'There is no WebGPU adapter here: update the graphics driver, or run in a browser that has one.',
      ),
    );
  return openGpu(adapter, {}, matrixFeature(adapter, matrices));
}

/** Pseudo-random in [−½, ½). */
export function noise(count: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (state / 2 ** 32 - 0.5) * scale;
  }
  return values;
}

export function upload(gpu: Gpu, data: Float32Array | Uint32Array | Int32Array | Uint8Array): View {
  const view = gpu.memory.allocate('bench', data.byteLength, 'other');
  gpu.device.queue.writeBuffer(view.buffer, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return view;
}

export function room(gpu: Gpu, floats: number): View {
  return gpu.memory.allocate('bench', 4 * floats, 'other');
}

export function matrix(view: View, stride: number): Matrix<View> {
  return { view, stride, column: 0 };
}

/** Float32 values as a weight of a type, and the values that it then has. */
export function weightOf(
  gpu: Gpu,
  values: Float32Array,
  rows: number,
  cols: number,
  type: WeightType,
): { weight: Weight<View>; values: Float32Array } {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const chunk = { stored: 'F32' as const, bytes };
  const held = heldAs('F32', cols, 'linear', type);
  const { data, scales } = encodeRows(chunk, held, 'bench');
  const weight = { ...held, rows, cols, data: upload(gpu, data), scales: scales && upload(gpu, scales) };
  return { weight, values: type === 'f32' ? values : heldValues(chunk, held, 'bench') };
}

export function freeWeight(gpu: Gpu, weight: Weight<View>): void {
  gpu.memory.free(weight.data.buffer);
  if (weight.scales) gpu.memory.free(weight.scales.buffer);
}

export function dimsOf(rows: number, values: Partial<Dims> = {}): Dims {
  return {
    rows,
    batch: 1,
    length: rows,
    start: 0,
    offset: 0,
    supervised: rows,
    step: 1,
    seed: 1,
    scale: 1 / rows,
    strength: 1,
    micro: 0,
    ...values,
  };
}

export interface Ours extends Contender {
  /** What was taken of each kind of product. */
  variant: string;
  flops: number;
  dispose(): void;
}

/** Where a piece of work has a choice of variants. */
export function sitesOf({ gpu, pipelines }: Bench, dims: Dims, emit: (e: Emitter) => void): Site[] {
  const slots = new DimsSlots(gpu, 1);
  slots.write([dims]);
  const scratch = new Scratch(gpu, 'other');
  const builder = new ProgramBuilder(gpu, pipelines, slots, scratch);
  emit(builder);
  scratch.free();
  gpu.memory.free(slots.view.buffer);
  return [...builder.sites.values()];
}

/**
 * Emits a piece of work, lets the tuner choose its kernels, compiles it and makes a contender of it.
 *
 * @param choices instead of the tuner's
 */
export async function ours(
  bench: Bench,
  dims: Dims,
  emit: (e: Emitter) => void,
  choices?: Readonly<Record<string, string>>,
): Promise<Ours> {
  const { gpu, pipelines, choice } = bench;
  const slots = new DimsSlots(gpu, 1);
  slots.write([dims]);
  const scratch = new Scratch(gpu, 'other');
  if (!choices) {
    const sites = new ProgramBuilder(gpu, pipelines, slots, scratch);
    emit(sites);
    await choice.choose([...sites.sites.values()], { scratch, slots: 1, rows: () => dims.rows });
  }
  const builder = new ProgramBuilder(gpu, pipelines, slots, scratch, choices ?? choice.choices);
  emit(builder);
  const program: Program = await builder.build();
  let flops = 0;
  for (const item of program.items) if ('dispatch' in item) flops += item.dispatch.flops?.(dims) ?? 0;
  return {
    variant: variantsOf(builder.chosen),
    flops,
    issue: () => program.run(),
    finish: async () => {
      await gpu.device.queue.onSubmittedWorkDone();
    },
    dispose() {
      scratch.free();
      gpu.memory.free(slots.view.buffer);
    },
  };
}

/** `forward quad-8x4, backward quad-8x4 …` from the tuner's keys. */
function variantsOf(chosen: Readonly<Record<string, string>>): string {
  const byOp = new Map<string, Set<string>>();
  for (const [key, variant] of Object.entries(chosen)) {
    const op = key.split(' ')[0].replace(/^linear-/, '');
    byOp.set(op, (byOp.get(op) ?? new Set()).add(variant));
  }
  return [...byOp].map(([op, variants]) => `${op} ${[...variants].join('/')}`).join(', ') || 'one';
}

export async function floatsOf(bench: Bench, view: View, count: number): Promise<Float32Array> {
  return new Float32Array(await readBack(bench.gpu, view)).subarray(0, count);
}

/** Work of tfjs on our device; `work` disposes of what it makes. */
export function tfjsContender(bench: Bench, work: () => void): Contender {
  return {
    issue: work,
    async finish() {
      bench.tfjs.submit();
      await bench.gpu.device.queue.onSubmittedWorkDone();
    },
  };
}
