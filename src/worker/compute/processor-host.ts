import type { Engine } from '../../engine/engine.ts';
import type { MemoryPlan } from '../../engine/memory-plan.ts';
import { type ProcessorBase, ProcessorEngine } from '../../engine/processor/engine.ts';
import { planMemory } from '../../engine/processor/memory-plan.ts';
import { UserError } from '../../errors.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import { loadWeights } from '../../loading/load-weights.ts';
import { sitesOf } from '../../methods/parameters.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { openProcessor, type Processor } from '../../processor/kernels.ts';
import { MOST_BYTES } from '../../processor/memory.ts';
import type { RunEvent } from '../../run/events.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { EngineNeed } from './engine-need.ts';
import { activeThreads, mostThreads } from './threads.ts';

/** One model on the processor, its base weights kept between engines. */
export class ProcessorHost {
  #opened: Promise<Processor> | null = null;
  #base: (ProcessorBase & { dtype: BaseDtype }) | null = null;

  constructor(
    readonly source: ModelSource,
    readonly config: DecoderConfig,
  ) {}

  #processor(): Promise<Processor> {
    this.#opened ??= openProcessor({ threads: mostThreads(), active: activeThreads }).catch((cause) => {
      this.#opened = null;
      throw new UserError(
        'no-wasm',
        'This browser could not start WebAssembly, so it can neither train nor generate here. Your files are untouched. Try a current Chrome, Edge, Firefox or Safari.',
        { cause },
      );
    });
    return this.#opened;
  }

  /** @throws UserError `no-wasm`, `too-large-for-wasm`, `wasm-full` */
  async engine(
    need: EngineNeed,
    listener: (event: RunEvent) => void,
  ): Promise<{ engine: Engine; warnings: string[] }> {
    const plan = await this.plan(need);
    if (plan.total > MOST_BYTES) throw tooLarge(plan);
    // What other engines took before is not this one's.
    (await this.#processor()).memory.forgetPeak();
    const { base, warnings } = await this.#loadBase(need, plan, listener);
    const modules = sitesOf(this.config, need.adapterSettings);
    const engine = new ProcessorEngine(base, need.adapterSettings, modules, {
      ...need,
      planBytes: plan.total,
    });
    return { engine, warnings };
  }

  /** Bytes that a run will take. */
  async plan(need: EngineNeed): Promise<MemoryPlan> {
    const { source, config } = this;
    const modules = sitesOf(config, need.adapterSettings);
    return planMemory(
      await this.#processor(),
      { source, config, dtype: need.dtype },
      need.adapterSettings,
      modules,
      need,
    );
  }

  async #loadBase(
    { dtype }: EngineNeed,
    plan: MemoryPlan,
    listener: (event: RunEvent) => void,
  ): Promise<{ base: ProcessorBase; warnings: string[] }> {
    const found = this.#base;
    if (found && found.dtype === dtype) return { base: found, warnings: [] };
    found?.memory.freeAll();
    this.#base = null;
    const processor = await this.#processor();
    // Taken from the system once, not bit by bit.
    processor.memory.heap.reserve(plan.total);
    const memory = processor.memory.scope();
    const { config } = this;
    const { weights, warnings } = await loadWeights({ memory }, this.source, config, dtype, {
      progress: (done, total) => listener({ type: 'progress', what: 'Loading the model', done, total }),
    });
    this.#base = { processor, memory, config, weights, dtype };
    return { base: this.#base, warnings };
  }

  /** Nothing may be under way. */
  dispose(): void {
    this.#base = null;
    void this.#opened?.then(({ crew }) => crew.end());
    this.#opened = null;
  }
}

function tooLarge({ total }: MemoryPlan): UserError {
  return new UserError(
    'too-large-for-wasm',
    `Without WebGPU this model would need ${(total / 1e9).toFixed(1)} GB, but the browser gives WebAssembly at most 4 GB. Nothing was changed. Hold the base in fewer bits, use a browser with WebGPU, or choose a smaller model.`,
  );
}
