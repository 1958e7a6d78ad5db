import { type Batch, type LogProbabilities, logProbabilitiesOf, supervisedRows } from '../../data/batch.ts';
import { type Gpu, withMemory } from '../../gpu/device.ts';
import { DimsSlots, Pipelines, type Program, ProgramBuilder, readBack, Scratch } from '../../gpu/launcher.ts';
import type { View } from '../../gpu/memory.ts';
import { ropePositions } from '../../loading/rope-tables.ts';
import { methodOf } from '../../methods/list.ts';
import { joinValues, splitValues } from '../../methods/parameters.ts';
import type { AdapterWeights, LoraSettings } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { RopeTables } from '../../model/decoder.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { headChunkRows } from '../../model/sublayers/head.ts';
import type { DecoderWeights } from '../../model/weights.ts';
import { adamwHyper } from '../../ops/adamw.ts';
import { webgpuOperations } from '../../ops/webgpu/operations.ts';
import { BatchUpload } from '../batch-upload.ts';
import type {
  DecodeSession,
  Engine,
  EngineInfo,
  EngineShape,
  MemoryReport,
  OptimizerSettings,
  OptimizerState,
  StepResult,
} from '../engine.ts';
import { InOrder } from '../in-order.ts';
import { movementOf } from '../movement.ts';
import { RunPrograms } from '../run-programs.ts';
import { GpuDecoding } from './decoding.ts';
import type { KernelChoice } from './kernel-choice.ts';
import { Pace } from './pace.ts';

/** A model on the device: what engines share and none of them frees. */
export interface GpuBase {
  /** Its memory is the scope that the weights lie in; an engine opens one below it. */
  gpu: Gpu;
  pipelines: Pipelines;
  config: DecoderConfig;
  weights: DecoderWeights;
  ropeTables: RopeTables | null;
}

export interface GpuEngineOptions {
  shape: EngineShape;
  seed: number;
  /** Every layer computed twice, to keep only its input. */
  checkpointing: boolean;
  /** Batches carry positions and documents. */
  packing: boolean;
  kernels: Readonly<Record<string, string>>;
  /** Chooses variants by timing; without it `kernels` and the fixed preference decide. */
  choice?: KernelChoice;
  planBytes: number;
  /** Awaited once the buffers are there, before anything is compiled. */
  allocated?: () => Promise<void>;
}

/** Training and inference by our kernels: programs recorded once, replayed at every step. */
export class GpuEngine implements Engine {
  /** The device, with the memory of this engine alone. */
  readonly gpu: Gpu;
  readonly pipelines: Pipelines;
  readonly modules: readonly AdapterModule[];
  readonly positions: number;
  readonly #programs: RunPrograms<View>;
  readonly #dims: DimsSlots;
  readonly #scratch: Scratch;
  readonly #upload: BatchUpload<View>;
  readonly #pace: Pace;
  #train!: Program;
  #evaluate!: Program;
  #hidden!: Program;
  #logits!: Program;
  #update!: Program;
  #decoding: GpuDecoding | null = null;
  #chosen: Record<string, string> = {};
  #counts: { dispatches: number; submits: number } | null = null;
  /** What was asked for is put on the queue in order. */
  readonly #queue = new InOrder();

  static async create(
    base: GpuBase,
    lora: LoraSettings,
    modules: readonly AdapterModule[],
    options: GpuEngineOptions,
  ): Promise<GpuEngine> {
    const engine = new GpuEngine(base, lora, modules, options);
    await options.allocated?.();
    await engine.#build();
    return engine;
  }

  /** Bytes that an engine like this takes beside its weights: a run of the code that allocates, without a device. */
  static plan(
    base: Omit<GpuBase, 'pipelines' | 'ropeTables'>,
    lora: LoraSettings,
    modules: readonly AdapterModule[],
    options: Omit<GpuEngineOptions, 'planBytes'>,
  ): void {
    const pipelines = new Pipelines(base.gpu.device);
    new GpuEngine({ ...base, pipelines, ropeTables: null }, lora, modules, {
      ...options,
      planBytes: 0,
    }).#emit();
  }

  private constructor(
    readonly base: GpuBase,
    readonly lora: LoraSettings,
    modules: readonly AdapterModule[],
    readonly options: GpuEngineOptions,
  ) {
    const { config } = base;
    const { shape } = options;
    const memory = base.gpu.memory.scope();
    const gpu = withMemory(base.gpu, memory);
    this.gpu = gpu;
    this.pipelines = base.pipelines;
    const tokens = shape.maxRows * shape.maxLength;
    const { checkpointing, packing } = options;
    const chunkRows = headChunkRows(config, tokens, checkpointing ? 'short' : 'ample', gpu.software);
    const layout = methodOf(lora).layout(base.weights, modules, lora);
    this.#programs = new RunPrograms(memory, base, layout, { tokens, chunkRows, checkpointing, packing });
    this.modules = layout.modules;
    this.positions = config.rope
      ? Math.min(config.maxPositions, ropePositions(config, shape.maxLength))
      : config.maxPositions;
    this.#dims = new DimsSlots(gpu, this.#programs.slots, (slot) => this.#programs.mostRows(slot));
    this.#scratch = new Scratch(gpu);
    this.#upload = new BatchUpload(memory, this.#programs, this.#dims, options.seed);
    this.#pace = new Pace(gpu);
  }

  get #choices(): Readonly<Record<string, string>> {
    return this.options.choice?.choices ?? this.options.kernels;
  }

  get config(): DecoderConfig {
    return this.base.config;
  }

  /** The programs of a run, recorded but not compiled. */
  #emit(): ProgramBuilder[] {
    const { train, evaluate, hidden, logits, update } = this.#programs;
    return [train, evaluate, hidden, logits, update].map((emit) => {
      const builder = new ProgramBuilder(this.gpu, this.pipelines, this.#dims, this.#scratch, this.#choices);
      emit(webgpuOperations(builder));
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
    const programs = await Promise.all(builders.map((builder) => builder.build()));
    [this.#train, this.#evaluate, this.#hidden, this.#logits, this.#update] = programs;
    this.#chosen = Object.assign({}, ...builders.map((builder) => builder.chosen));
  }

  async step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult> {
    const supervised = batches.map(supervisedRows);
    const n =
      divisor ??
      Math.max(
        1,
        supervised.reduce((sum, one) => sum + one.count, 0),
      );
    const staging = await this.#queue.run(async () => {
      const encoder = this.gpu.stream.encoder();
      encoder.clearBuffer(this.#programs.head.result.buffer);
      encoder.clearBuffer(this.#programs.flat.gradients.buffer);
      for (const [i, { rate }] of this.#programs.layout.groups.entries()) {
        const own = { ...settings, learningRate: settings.learningRate * rate };
        this.gpu.memory.write(this.#programs.hyper[i], adamwHyper(own, step));
      }
      let dispatches = 0;
      let submits = 0;
      const add = (count: { dispatches: number; submits: number }) => {
        dispatches += count.dispatches;
        submits += count.submits;
      };
      for (const [micro, batch] of batches.entries()) {
        this.#upload.put(batch, supervised[micro], { divisor: n, strength: 1, step, micro });
        const last = micro === batches.length - 1;
        add(await this.#pace.run(this.#train, !last));
      }
      add(await this.#pace.run(this.#update, false));
      const staging = this.#pace.stage(this.#programs.head.result, 32);
      await this.#pace.submit();
      this.#counts = { dispatches, submits: submits + 1 };
      return staging;
    });
    const result = new Float32Array(await staging.read());
    if (this.gpu.failure) throw new Error(`the GPU refused a command: ${this.gpu.failure}`);
    return { loss: result[0] / n, gradNorm: result[1], applied: result[2] !== 0 };
  }

  evaluate(batch: Batch, strength: number): Promise<{ lossSum: number; tokens: number }> {
    return this.#queue.run(async () => {
      const supervised = supervisedRows(batch);
      this.#upload.put(batch, supervised, { divisor: Math.max(1, supervised.count), strength });
      this.gpu.stream.encoder().clearBuffer(this.#programs.head.result.buffer);
      await this.#pace.run(this.#evaluate, true);
      const [lossSum] = new Float32Array(await readBack(this.gpu, this.#programs.head.result, 4));
      return { lossSum, tokens: supervised.count };
    });
  }

  logProbabilities(batch: Batch, strength: number): Promise<LogProbabilities> {
    return this.#queue.run(async () => {
      const supervised = { ...supervisedRows(batch), weights: null };
      const { count } = supervised;
      if (count === 0) return logProbabilitiesOf(batch, supervised, new Float32Array(0));
      this.#upload.put(batch, supervised, { divisor: count, strength });
      await this.#pace.run(this.#evaluate, true);
      const losses = new Float32Array(await readBack(this.gpu, this.#programs.head.losses, 4 * count));
      return logProbabilitiesOf(batch, supervised, losses);
    });
  }

  logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    return this.#queue.run(async () => {
      const length = ids.length;
      const index = Uint32Array.from({ length }, (_, i) => i);
      const batch: Batch = {
        rows: 1,
        length,
        ids: Int32Array.from(ids),
        labels: new Int32Array(length).fill(-100),
        lengths: Int32Array.of(length),
      };
      const every = { count: length, index, targets: new Uint32Array(length), weights: null };
      this.#upload.put(batch, every, { divisor: length, strength });
      await this.#pace.run(this.#hidden, true);
      const { vocab } = this.config;
      const { chunkRows } = this.#programs.head;
      const all = new Float32Array(length * vocab);
      const [tokens] = this.#dims.values;
      for (let offset = 0; offset < length; offset += chunkRows) {
        const rows = Math.min(chunkRows, length - offset);
        this.#dims.write([tokens, { ...tokens, offset, rows }]);
        await this.#pace.run(this.#logits, true);
        all.set(
          new Float32Array(await readBack(this.gpu, this.#programs.head.z, 4 * rows * vocab)),
          offset * vocab,
        );
      }
      return all;
    });
  }

  decode(maxLength: number, strength: number): Promise<DecodeSession> {
    return this.#queue.run(async () => {
      // Within the queue: an engine that has ended takes no memory any more.
      this.#decoding ??= new GpuDecoding(
        this.gpu,
        this.pipelines,
        this.#programs.decoder,
        this.#pace,
        this.options.choice ?? this.options.kernels,
      );
      const session = await this.#decoding.open(maxLength, strength);
      return {
        feed: (ids) => this.#queue.run(() => session.feed(ids)),
        close: () => session.close(),
      };
    });
  }

  setAdapter(weights: AdapterWeights): Promise<void> {
    return this.#queue.run(async () => {
      this.gpu.memory.write(this.#programs.flat.weights, this.#programs.layout.pack(weights));
    });
  }

  getAdapter(): Promise<AdapterWeights> {
    return this.#queue.run(async () => {
      const flat = new Float32Array(await readBack(this.gpu, this.#programs.flat.weights));
      return this.#programs.layout.unpack(flat);
    });
  }

  getOptimizer(): Promise<OptimizerState> {
    const read = async (view: View) => {
      const flat = new Float32Array(await readBack(this.gpu, view));
      return joinValues(this.#programs.layout.unpack(flat));
    };
    return this.#queue.run(async () => ({
      m: await read(this.#programs.flat.m),
      v: await read(this.#programs.flat.v),
    }));
  }

  setOptimizer(state: OptimizerState): Promise<void> {
    return this.#queue.run(async () => {
      for (const key of ['m', 'v'] as const) {
        const weights = splitValues(state[key], this.modules, this.lora);
        this.gpu.memory.write(this.#programs.flat[key], this.#programs.layout.pack(weights));
      }
    });
  }

  async movement(): Promise<Float32Array | null> {
    return movementOf(await this.getAdapter(), this.base.weights.squaredNorms);
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
      kernels: { ...this.#chosen, ...this.#decoding?.chosen },
      dispatchesPerStep: this.#counts?.dispatches ?? null,
      submitsPerStep: this.#counts?.submits ?? null,
    };
  }

  /** Frees all that this engine took; the base and its other engines go on. */
  dispose(): Promise<void> {
    return this.#queue.end(() => {
      this.gpu.memory.freeAll();
      this.#pace.dispose();
    });
  }
}
