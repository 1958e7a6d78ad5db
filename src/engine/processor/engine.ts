import type { Batch } from '../../data/batch.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { processorOperations } from '../../ops/processor/operations.ts';
import type { Processor } from '../../processor/kernels.ts';
import type { ProcessorMemory, View } from '../../processor/memory.ts';
import { DimsSlots, Executor, type Program, Recorder } from '../../processor/program.ts';
import type { EngineInfo, MemoryReport, OptimizerSettings, StepResult } from '../engine.ts';
import { nextTask } from '../next-task.ts';
import { type ProgramBase, ProgramEngine, type ProgramName, type ProgramOptions } from '../program-engine.ts';
import { ProcessorDecoding } from './decoding.ts';

/** A model in WebAssembly's memory. */
export interface ProcessorBase extends ProgramBase {
  processor: Processor;
  /** The scope that the weights lie in; an engine opens one below it. */
  memory: ProcessorMemory;
}

/** Training and inference by our kernels on the processor. */
export class ProcessorEngine extends ProgramEngine<View> {
  readonly #memory: ProcessorMemory;
  readonly #executor: Executor;
  readonly #recorded: Readonly<Record<ProgramName, Program>>;

  constructor(
    readonly base: ProcessorBase,
    adapterSettings: AdapterSettings,
    modules: readonly AdapterModule[],
    readonly options: ProgramOptions,
  ) {
    const { config, processor } = base;
    const memory = base.memory.scope();
    let slots!: DimsSlots;
    super(base, adapterSettings, modules, options, {
      memory,
      software: true,
      unpadded: true,
      dims(count) {
        slots = new DimsSlots(memory, count);
        return slots;
      },
    });
    this.#memory = memory;
    const { maxRows, maxLength } = options.shape;
    // The logits of one row may take all tokens of a batch.
    const keys = Math.min(maxRows * maxLength, Math.max(maxLength, config.maxPositions));
    this.#executor = new Executor(processor, memory, keys, config.headDim);
    const scratch = new Map<string, View>();
    const record = (name: ProgramName) => {
      const recorder = new Recorder(memory, slots, scratch);
      this.programs[name](processorOperations(recorder, this.origins));
      return recorder.build();
    };
    this.#recorded = Object.fromEntries(this.programNames.map((name) => [name, record(name)])) as Record<
      ProgramName,
      Program
    >;
  }

  protected async run(program: ProgramName): Promise<void> {
    this.#executor.run(this.#recorded[program]);
    await nextTask();
  }

  protected async read(view: View, bytes?: number): Promise<Float32Array<ArrayBuffer>> {
    return this.#memory.read(view, bytes);
  }

  protected clear(view: View): void {
    this.#memory.clear(view);
  }

  protected newDecoding(sequences: number): ProcessorDecoding {
    const { base, config } = this;
    return new ProcessorDecoding(sequences, {
      processor: base.processor,
      memory: this.#memory,
      decoder: this.programs.decoder,
      rope: this.rope,
      headDim: config.headDim,
    });
  }

  step(
    batches: readonly Batch[],
    step: number,
    settings: OptimizerSettings,
    divisor?: number,
  ): Promise<StepResult> {
    return this.queue.run(async () => {
      const n = await this.takeStep(batches, step, settings, divisor);
      const result = await this.read(this.programs.head.result);
      const [loss, gradNorm, applied] = result;
      return { loss: loss / n, gradNorm, applied: applied !== 0, ...this.partsOf(result, n) };
    });
  }

  memory(): MemoryReport {
    const { base } = this;
    return {
      plan_bytes: this.options.planBytes,
      peak_bytes: base.processor.memory.peak,
      base_bytes: base.memory.of('base'),
      adapter_bytes: this.#memory.of('adapter'),
      optimizer_bytes: this.#memory.of('optimizer'),
      activation_bytes: this.#memory.of('activation'),
    };
  }

  info(): EngineInfo {
    const kernels = { products: this.base.processor.relaxed ? 'wasm relaxed SIMD' : 'wasm SIMD' };
    return { device: 'wasm', gpu: null, kernels, dispatchesPerStep: null, submitsPerStep: null };
  }

  /** Frees all that this engine took; the base and its other engines go on. */
  dispose(): Promise<void> {
    return this.queue.end(() => this.#memory.freeAll());
  }
}
