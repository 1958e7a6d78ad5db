import { type Batch, type LogProbabilities, logProbabilitiesOf, supervisedRows } from '../../data/batch.ts';
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
import { processorOperations } from '../../ops/processor/operations.ts';
import type { Processor } from '../../processor/kernels.ts';
import type { ProcessorMemory, View } from '../../processor/memory.ts';
import { DimsSlots, Executor, type Program, Recorder } from '../../processor/program.ts';
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
import { type Emit, RunPrograms } from '../run-programs.ts';
import { ProcessorDecoding } from './decoding.ts';

/** A model in WebAssembly's memory: what engines share and none of them frees. */
export interface ProcessorBase {
  processor: Processor;
  /** The scope that the weights lie in; an engine opens one below it. */
  memory: ProcessorMemory;
  config: DecoderConfig;
  weights: DecoderWeights;
  ropeTables: RopeTables | null;
}

export interface ProcessorEngineOptions {
  shape: EngineShape;
  seed: number;
  /** Every layer computed twice, to keep only its input. */
  checkpointing: boolean;
  /** Batches carry positions and documents. */
  packing: boolean;
  planBytes: number;
}

/** Training and inference by our kernels on the processor: programs recorded once, replayed at every step. */
export class ProcessorEngine implements Engine {
  readonly memoryScope: ProcessorMemory;
  readonly modules: readonly AdapterModule[];
  readonly positions: number;
  readonly #programs: RunPrograms<View>;
  readonly #dims: DimsSlots;
  readonly #upload: BatchUpload<View>;
  readonly #executor: Executor;
  readonly #recorded: Record<'train' | 'evaluate' | 'hidden' | 'logits' | 'update', Program>;
  #decoding: ProcessorDecoding | null = null;
  /** What was asked for is computed in order. */
  readonly #queue = new InOrder();

  constructor(
    readonly base: ProcessorBase,
    readonly lora: LoraSettings,
    modules: readonly AdapterModule[],
    readonly options: ProcessorEngineOptions,
  ) {
    const { config } = base;
    const { shape, checkpointing, packing } = options;
    const memory = base.memory.scope();
    this.memoryScope = memory;
    const tokens = shape.maxRows * shape.maxLength;
    const chunkRows = headChunkRows(config, tokens, checkpointing ? 'short' : 'ample', true);
    const layout = methodOf(lora).layout(base.weights, modules, lora);
    this.#programs = new RunPrograms(memory, base, layout, { tokens, chunkRows, checkpointing, packing });
    this.modules = layout.modules;
    this.positions = config.rope
      ? Math.min(config.maxPositions, ropePositions(config, shape.maxLength))
      : config.maxPositions;
    this.#dims = new DimsSlots(memory, this.#programs.slots);
    this.#upload = new BatchUpload(memory, this.#programs, this.#dims, options.seed);
    this.#executor = new Executor(base.processor, memory, shape.maxLength, config.headDim);
    const scratch = new Map<string, View>();
    const record = (emit: Emit) => {
      const recorder = new Recorder(memory, this.#dims, scratch);
      emit(processorOperations(recorder));
      return recorder.build();
    };
    const { train, evaluate, hidden, logits, update } = this.#programs;
    this.#recorded = {
      train: record(train),
      evaluate: record(evaluate),
      hidden: record(hidden),
      logits: record(logits),
      update: record(update),
    };
  }

  get config(): DecoderConfig {
    return this.base.config;
  }

  step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult> {
    return this.#queue.run(async () => {
      const supervised = batches.map(supervisedRows);
      const all = supervised.reduce((sum, one) => sum + one.count, 0);
      const n = divisor ?? Math.max(1, all);
      const { head, flat, hyper, layout } = this.#programs;
      this.memoryScope.clear(head.result);
      this.memoryScope.clear(flat.gradients);
      for (const [i, { rate }] of layout.groups.entries()) {
        const own = { ...settings, learningRate: settings.learningRate * rate };
        this.memoryScope.write(hyper[i], adamwHyper(own, step));
      }
      for (const [micro, batch] of batches.entries()) {
        this.#upload.put(batch, supervised[micro], { divisor: n, strength: 1, step, micro });
        this.#executor.run(this.#recorded.train);
      }
      this.#executor.run(this.#recorded.update);
      const [loss, gradNorm, applied] = this.memoryScope.read(head.result);
      return { loss: loss / n, gradNorm, applied: applied !== 0 };
    });
  }

  evaluate(batch: Batch, strength: number): Promise<{ lossSum: number; tokens: number }> {
    return this.#queue.run(async () => {
      const { result } = this.#programs.head;
      const supervised = supervisedRows(batch);
      this.#upload.put(batch, supervised, { divisor: Math.max(1, supervised.count), strength });
      this.memoryScope.clear(result);
      this.#executor.run(this.#recorded.evaluate);
      return { lossSum: this.memoryScope.read(result)[0], tokens: supervised.count };
    });
  }

  logProbabilities(batch: Batch, strength: number): Promise<LogProbabilities> {
    return this.#queue.run(async () => {
      const supervised = { ...supervisedRows(batch), weights: null };
      const { count } = supervised;
      if (count === 0) return logProbabilitiesOf(batch, supervised, new Float32Array(0));
      this.#upload.put(batch, supervised, { divisor: count, strength });
      this.#executor.run(this.#recorded.evaluate);
      const losses = this.memoryScope.read(this.#programs.head.losses, 4 * count);
      return logProbabilitiesOf(batch, supervised, losses);
    });
  }

  logits(ids: readonly number[], strength: number): Promise<Float32Array> {
    return this.#queue.run(async () => {
      const { length } = ids;
      const { vocab } = this.config;
      const batch: Batch = {
        ...{ rows: 1, length, ids: Int32Array.from(ids), lengths: Int32Array.of(length) },
        labels: new Int32Array(length).fill(-100),
      };
      const index = Uint32Array.from({ length }, (_, i) => i);
      const every = { count: length, index, targets: new Uint32Array(length), weights: null };
      const tokens = this.#upload.put(batch, every, { divisor: length, strength });
      this.#executor.run(this.#recorded.hidden);
      const { chunkRows, z } = this.#programs.head;
      const all = new Float32Array(length * vocab);
      for (let offset = 0; offset < length; offset += chunkRows) {
        const rows = Math.min(chunkRows, length - offset);
        this.#dims.write([tokens, { ...tokens, offset, rows }]);
        this.#executor.run(this.#recorded.logits);
        all.set(this.memoryScope.read(z, 4 * rows * vocab), offset * vocab);
      }
      return all;
    });
  }

  decode(maxLength: number, strength: number): Promise<DecodeSession> {
    return this.#queue.run(async () => {
      const { base, memoryScope, config } = this;
      this.#decoding ??= new ProcessorDecoding(
        base.processor,
        memoryScope,
        this.#programs.decoder,
        config.headDim,
      );
      const session = this.#decoding.open(maxLength, strength);
      return {
        feed: (ids) => this.#queue.run(() => session.feed(ids)),
        close: () => session.close(),
      };
    });
  }

  setAdapter(weights: AdapterWeights): Promise<void> {
    return this.#queue.run(async () => {
      const { flat, layout } = this.#programs;
      this.memoryScope.write(flat.weights, layout.pack(weights));
    });
  }

  getAdapter(): Promise<AdapterWeights> {
    return this.#queue.run(async () => {
      const { flat, layout } = this.#programs;
      return layout.unpack(this.memoryScope.read(flat.weights));
    });
  }

  getOptimizer(): Promise<OptimizerState> {
    const read = (view: View) => joinValues(this.#programs.layout.unpack(this.memoryScope.read(view)));
    return this.#queue.run(async () => ({
      m: read(this.#programs.flat.m),
      v: read(this.#programs.flat.v),
    }));
  }

  setOptimizer(state: OptimizerState): Promise<void> {
    return this.#queue.run(async () => {
      for (const key of ['m', 'v'] as const) {
        const weights = splitValues(state[key], this.modules, this.lora);
        this.memoryScope.write(this.#programs.flat[key], this.#programs.layout.pack(weights));
      }
    });
  }

  async movement(): Promise<Float32Array | null> {
    return movementOf(await this.getAdapter(), this.base.weights.squaredNorms);
  }

  memory(): MemoryReport {
    const { memoryScope: memory, base } = this;
    return {
      plan_bytes: this.options.planBytes,
      peak_bytes: base.processor.memory.peak,
      base_bytes: base.memory.of('base'),
      adapter_bytes: memory.of('adapter'),
      optimizer_bytes: memory.of('optimizer'),
      activation_bytes: memory.of('activation'),
    };
  }

  info(): EngineInfo {
    const kernels = { products: this.base.processor.relaxed ? 'wasm relaxed SIMD' : 'wasm SIMD' };
    return { device: 'wasm', gpu: null, kernels, dispatchesPerStep: null, submitsPerStep: null };
  }

  /** Frees all that this engine took; the base and its other engines go on. */
  dispose(): Promise<void> {
    return this.#queue.end(() => this.memoryScope.freeAll());
  }
}
