import type { Batch } from '../../data/batch.ts';
import { type Gpu, withMemory } from '../../gpu/device.ts';
import { DimsSlots, Pipelines, type Program, ProgramBuilder, readBack, Scratch } from '../../gpu/launcher.ts';
import type { View } from '../../gpu/memory.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { webgpuOperations } from '../../ops/webgpu/operations.ts';
import type { EngineInfo, MemoryReport, OptimizerSettings, StepResult } from '../engine.ts';
import { type ProgramBase, ProgramEngine, type ProgramName, type ProgramOptions } from '../program-engine.ts';
import { GpuDecoding } from './decoding.ts';
import type { KernelChoice } from './kernel-choice.ts';
import { Pace } from './pace.ts';

/** A model on the device. */
export interface GpuBase extends ProgramBase {
  /** Its memory is the scope that the weights lie in; an engine opens one below it. */
  gpu: Gpu;
  pipelines: Pipelines;
}

export interface GpuEngineOptions extends ProgramOptions {
  kernels: Readonly<Record<string, string>>;
  /** Chooses variants by timing; without it `kernels` and the fixed preference decide. */
  choice?: KernelChoice;
  /** Awaited once the buffers are there, before anything is compiled. */
  allocated?: () => Promise<void>;
}

/** Training and inference by our kernels on WebGPU. */
export class GpuEngine extends ProgramEngine<View> {
  /** The device, with the memory of this engine alone. */
  readonly gpu: Gpu;
  readonly pipelines: Pipelines;
  readonly #dims: DimsSlots;
  readonly #scratch: Scratch;
  readonly #pace: Pace;
  #recorded!: Readonly<Record<ProgramName, Program>>;
  #chosen: Record<string, string> = {};
  /** Of the step under way, and of the last that was asked for. */
  #counting = { dispatches: 0, submits: 0 };
  #counts: { dispatches: number; submits: number } | null = null;

  static async create(
    base: GpuBase,
    adapterSettings: AdapterSettings,
    modules: readonly AdapterModule[],
    options: GpuEngineOptions,
  ): Promise<GpuEngine> {
    const engine = new GpuEngine(base, adapterSettings, modules, options);
    await options.allocated?.();
    await engine.#build();
    return engine;
  }

  /** Bytes that an engine like this takes beside its weights: a run of the code that allocates, without a device. */
  static plan(
    base: Omit<GpuBase, 'pipelines'>,
    adapterSettings: AdapterSettings,
    modules: readonly AdapterModule[],
    options: Omit<GpuEngineOptions, 'planBytes'>,
  ): void {
    const pipelines = new Pipelines(base.gpu.device);
    new GpuEngine({ ...base, pipelines }, adapterSettings, modules, {
      ...options,
      planBytes: 0,
    }).#emit();
  }

  private constructor(
    readonly base: GpuBase,
    adapterSettings: AdapterSettings,
    modules: readonly AdapterModule[],
    readonly options: GpuEngineOptions,
  ) {
    const memory = base.gpu.memory.scope();
    const gpu = withMemory(base.gpu, memory);
    let slots!: DimsSlots;
    super(base, adapterSettings, modules, options, {
      memory,
      software: gpu.software,
      unpadded: false,
      dims(count, mostRows) {
        slots = new DimsSlots(gpu, count, mostRows);
        return slots;
      },
    });
    this.gpu = gpu;
    this.pipelines = base.pipelines;
    this.#dims = slots;
    this.#scratch = new Scratch(gpu);
    this.#pace = new Pace(gpu);
  }

  get #choices(): Readonly<Record<string, string>> {
    return this.options.choice?.choices ?? this.options.kernels;
  }

  /** The programs of a run, recorded but not compiled. */
  #emit(): ProgramBuilder[] {
    return this.programNames.map((name) => {
      const builder = new ProgramBuilder(this.gpu, this.pipelines, this.#dims, this.#scratch, this.#choices);
      this.programs[name](webgpuOperations(builder));
      return builder;
    });
  }

  async #build(): Promise<void> {
    const { choice } = this.options;
    let builders = this.#emit();
    if (choice) {
      const { count, mostRows } = this.#dims;
      await choice.choose(
        builders.flatMap(({ sites }) => [...sites.values()]),
        { scratch: this.#scratch, slots: count, rows: mostRows },
      );
      builders = this.#emit();
    }
    const built = await Promise.all(builders.map((builder) => builder.build()));
    this.#recorded = Object.fromEntries(this.programNames.map((name, i) => [name, built[i]])) as Record<
      ProgramName,
      Program
    >;
    this.#chosen = Object.assign({}, ...builders.map((builder) => builder.chosen));
  }

  protected async run(program: ProgramName, submit: boolean): Promise<void> {
    const { dispatches, submits } = await this.#pace.run(this.#recorded[program], submit);
    this.#counting.dispatches += dispatches;
    this.#counting.submits += submits;
  }

  protected async read(view: View, bytes?: number): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array(await readBack(this.gpu, view, bytes));
  }

  protected clear({ buffer }: View): void {
    this.gpu.stream.encoder().clearBuffer(buffer);
  }

  protected newDecoding(sequences: number): GpuDecoding {
    const { choice, kernels } = this.options;
    return new GpuDecoding(sequences, {
      gpu: this.gpu,
      pipelines: this.pipelines,
      decoder: this.programs.decoder,
      rope: this.rope,
      pace: this.#pace,
      kernels: choice ?? kernels,
    });
  }

  async step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult> {
    // The next step may be put on the queue while this one's result is awaited.
    const { staging, n } = await this.queue.run(async () => {
      this.#counting = { dispatches: 0, submits: 0 };
      const n = await this.takeStep(batches, step, settings, divisor);
      const staging = this.#pace.stage(this.programs.head.result, 32);
      await this.#pace.submit();
      const { dispatches, submits } = this.#counting;
      this.#counts = { dispatches, submits: submits + 1 };
      return { staging, n };
    });
    const result = new Float32Array(await staging.read());
    if (this.gpu.failure) throw new Error(`the GPU refused a command: ${this.gpu.failure}`);
    return {
      ...{ loss: result[0] / n, gradNorm: result[1], applied: result[2] !== 0 },
      ...this.partsOf(result, n),
    };
  }

  memory(): MemoryReport {
    const { memory, buffers } = this.gpu;
    return {
      plan_bytes: this.options.planBytes,
      peak_bytes: buffers.peak,
      base_bytes: this.base.gpu.memory.of('base'),
      adapter_bytes: memory.of('adapter'),
      optimizer_bytes: memory.of('optimizer'),
      activation_bytes: memory.of('activation'),
    };
  }

  info(): EngineInfo {
    return {
      device: this.gpu.software ? 'software' : 'webgpu',
      gpu: this.gpu.info,
      kernels: { ...this.#chosen, ...this.decodings.chosen },
      dispatchesPerStep: this.#counts?.dispatches ?? null,
      submitsPerStep: this.#counts?.submits ?? null,
    };
  }

  /** Frees all that this engine took; the base and its other engines go on. */
  dispose(): Promise<void> {
    return this.queue.end(() => {
      this.gpu.memory.freeAll();
      this.#pace.dispose();
    });
  }
}
