import { DIMS_BYTES, type Dims, packDims } from '../ops/dims.ts';
import { type View as AnyView, type MemoryCategory, slice } from '../ops/memory.ts';
import { type Gpu, hasSubgroupsOf8 } from './device.ts';
import type { View } from './memory.ts';
import type { Dispatch, Emitter, Kernel, Site } from './program.ts';
import { shaderText } from './shaders.ts';

/** Dims slots stand this far apart: the device's largest uniform alignment. */
const SLOT_BYTES = 256;

interface CompiledPipeline {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

/** Compiles kernels once a device, asynchronously; the same kernel and constants give the same pipeline. */
export class Pipelines {
  readonly #cache = new Map<string, Promise<CompiledPipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(readonly device: GPUDevice) {}

  get(kernel: Kernel): Promise<CompiledPipeline> {
    const key = JSON.stringify([kernel.shader, kernel.access, sorted(kernel.constants)]);
    let compiled = this.#cache.get(key);
    if (!compiled) {
      compiled = this.#compile(kernel);
      this.#cache.set(key, compiled);
    }
    return compiled;
  }

  get size(): number {
    return this.#cache.size;
  }

  /** The WGSL that is compiled. */
  protected text(kernel: Kernel): string {
    return shaderText(kernel.shader, kernel.constants);
  }

  async #compile(kernel: Kernel): Promise<CompiledPipeline> {
    const layout = this.#layout(kernel.access);
    const code = this.text(kernel);
    const module = this.device.createShaderModule({ label: kernel.label, code });
    try {
      const pipeline = await this.device.createComputePipelineAsync({
        label: kernel.label,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      });
      return { pipeline, layout };
    } catch (error) {
      const messages = (await module.getCompilationInfo()).messages;
      const text = messages.map((m) => `${m.lineNum}:${m.linePos} ${m.message}`).join('\n');
      throw new Error(`${kernel.shader} (${kernel.label}) does not compile: ${text || String(error)}`);
    }
  }

  #layout(access: readonly ('read' | 'write')[]): GPUBindGroupLayout {
    const key = access.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.device.createBindGroupLayout({
        label: key,
        entries: [
          {
            binding: 0,
            visibility: GPUShaderStage.COMPUTE,
            buffer: { type: 'uniform', minBindingSize: DIMS_BYTES },
          },
          ...access.map(
            (kind, i): GPUBindGroupLayoutEntry => ({
              binding: i + 1,
              visibility: GPUShaderStage.COMPUTE,
              buffer: { type: kind === 'read' ? 'read-only-storage' : 'storage' },
            }),
          ),
        ],
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

function sorted(constants: Kernel['constants']): [string, unknown][] {
  return Object.entries(constants).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Uniform slots that the dispatches of a program read; written once a batch. */
export class DimsSlots {
  readonly view: View;
  readonly #bytes: DataView<ArrayBuffer>;
  readonly values: Dims[] = [];

  /** @param mostRows largest number of rows of a slot; without it, those that were written */
  constructor(
    readonly gpu: Gpu,
    readonly count: number,
    readonly mostRows: (slot: number) => number | undefined = (slot) => this.values[slot]?.rows,
  ) {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.view = gpu.memory.allocate('dims', count * SLOT_BYTES, 'other', usage);
    this.#bytes = new DataView(new ArrayBuffer(count * SLOT_BYTES));
  }

  /** Writes all slots; slots after `dims` keep their old values. */
  write(dims: readonly Dims[]): void {
    dims.forEach((value, i) => {
      packDims(value, this.#bytes, i * SLOT_BYTES);
      this.values[i] = value;
    });
    this.gpu.device.queue.writeBuffer(this.view.buffer, 0, this.#bytes.buffer, 0, dims.length * SLOT_BYTES);
  }

  slot(i: number): View {
    return slice(this.view, i * SLOT_BYTES, DIMS_BYTES);
  }
}

interface Recorded {
  dispatch: Dispatch;
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
}

type Item = { clear: View } | { dispatch: Dispatch };

/** Scratch buffers by name: as large as the largest that was asked for, shared by all programs of an engine. */
export class Scratch {
  readonly #views = new Map<string, View>();
  readonly #all: View[] = [];

  constructor(
    readonly gpu: Gpu,
    readonly category: MemoryCategory = 'activation',
  ) {}

  get(name: string, bytes: number): View {
    const found = this.#views.get(name);
    if (found && found.size >= bytes) return { ...found, size: Math.max(16, Math.ceil(bytes / 16) * 16) };
    // A smaller one stays alive: dispatches that were emitted before hold it.
    const view = this.gpu.memory.allocate(`scratch ${name}`, bytes, this.category);
    this.#views.set(name, view);
    this.#all.push(view);
    return view;
  }

  free(): void {
    for (const view of this.#all) this.gpu.memory.free(view.buffer);
    this.#all.length = 0;
    this.#views.clear();
  }
}

/** Who writes a program does not know what its views are of; here they are of GPU buffers. */
function onGpu(view: AnyView): View {
  return view as View;
}

/** Collects dispatches; `build` compiles them. */
export class ProgramBuilder implements Emitter {
  readonly #items: Item[] = [];
  readonly choices: Readonly<Record<string, string>>;
  readonly chosen: Record<string, string> = {};
  /** Operations with several variants, by key; the first of each. */
  readonly sites = new Map<string, Site>();
  readonly software: boolean;

  constructor(
    readonly gpu: Gpu,
    readonly pipelines: Pipelines,
    readonly dims: DimsSlots,
    readonly scratchSpace: Scratch,
    choices: Readonly<Record<string, string>> = {},
  ) {
    this.choices = choices;
    this.software = gpu.software;
  }

  get limits(): GPUSupportedLimits {
    return this.gpu.device.limits;
  }

  get features(): ReadonlySet<string> {
    return this.gpu.device.features;
  }

  get subgroupsOf8(): boolean {
    return hasSubgroupsOf8(this.gpu.device);
  }

  add(dispatch: Dispatch): void {
    if (dispatch.bindings.length !== dispatch.kernel.access.length)
      throw new Error(
        `${dispatch.kernel.label}: ${dispatch.bindings.length} bindings for ${dispatch.kernel.access.length}`,
      );
    this.#items.push({ dispatch });
  }

  site(site: Site): void {
    if (!this.sites.has(site.key)) this.sites.set(site.key, site);
  }

  clear(view: AnyView): void {
    this.#items.push({ clear: onGpu(view) });
  }

  scratch(name: string, bytes: number): View {
    return this.scratchSpace.get(name, bytes);
  }

  mostRows(slot: number): number | undefined {
    return this.dims.mostRows(slot);
  }

  /** Floating-point operations of all dispatches at these dims. */
  flops(dims: Dims): number {
    let flops = 0;
    for (const item of this.#items) if ('dispatch' in item) flops += item.dispatch.flops?.(dims) ?? 0;
    return flops;
  }

  async build(): Promise<Program> {
    const items = await Promise.all(
      this.#items.map(async (item): Promise<Recorded | { clear: View }> => {
        if ('clear' in item) return item;
        const { kernel, bindings, dims } = item.dispatch;
        const { pipeline, layout } = await this.pipelines.get(kernel);
        const group = this.gpu.device.createBindGroup({
          label: kernel.label,
          layout,
          entries: [this.dims.slot(dims), ...bindings].map((view, binding) => ({
            binding,
            resource: onGpu(view),
          })),
        });
        return { dispatch: item.dispatch, pipeline, group };
      }),
    );
    return new Program(this.gpu, this.dims, items);
  }
}

/** A recorded program, replayed at every step. */
export class Program {
  constructor(
    readonly gpu: Gpu,
    readonly dims: DimsSlots,
    readonly items: readonly (Recorded | { clear: View })[],
  ) {}

  get dispatches(): number {
    return this.items.filter((item) => 'dispatch' in item).length;
  }

  /**
   * Records the dispatches on the stream in parts of about `flopsPerPart()` floating-point operations, asked anew for
   * each; the caller submits between them, so that no submit runs for long. The dims slots must have been written. A
   * dispatch with an empty grid is left out.
   */
  *parts(
    flopsPerPart = () => Number.POSITIVE_INFINITY,
  ): Generator<{ dispatches: number; flops: number; last: boolean }> {
    let pass: GPUComputePassEncoder | null = null;
    let flops = 0;
    let dispatches = 0;
    for (const item of this.items) {
      if ('clear' in item) {
        pass?.end();
        pass = null;
        this.gpu.stream.encoder().clearBuffer(item.clear.buffer, item.clear.offset, item.clear.size);
        continue;
      }
      const dims = this.dims.values[item.dispatch.dims];
      const [x, y, z] = item.dispatch.grid(dims);
      if (x === 0 || y === 0 || z === 0) continue;
      const cost = item.dispatch.flops?.(dims) ?? 0;
      if (flops > 0 && flops + cost > flopsPerPart()) {
        pass?.end();
        pass = null;
        yield { dispatches, flops, last: false };
        flops = 0;
        dispatches = 0;
      }
      pass ??= this.gpu.stream.encoder().beginComputePass();
      pass.setPipeline(item.pipeline);
      pass.setBindGroup(0, item.group);
      pass.dispatchWorkgroups(x, y, z);
      dispatches++;
      flops += cost;
    }
    pass?.end();
    yield { dispatches, flops, last: true };
  }

  /** Records and submits everything at once. */
  run(): void {
    for (const _ of this.parts()) this.gpu.stream.submit();
  }
}

/** Reads a view back to the CPU. */
export async function readBack(gpu: Gpu, view: View, bytes = view.size): Promise<ArrayBuffer> {
  const size = Math.ceil(bytes / 4) * 4;
  const staging = gpu.device.createBuffer({
    label: 'read back',
    size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  gpu.stream.encoder().copyBufferToBuffer(view.buffer, view.offset, staging, 0, size);
  gpu.stream.submit();
  try {
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
