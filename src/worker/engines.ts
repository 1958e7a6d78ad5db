import { initialAdapter } from '../adapters/init.ts';
import type { AdapterModule, LoraSettings } from '../adapters/types.ts';
import { UserError } from '../errors.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { DecoderWeights } from '../model/decoder-weights.ts';
import { adapterModules } from '../model/names.ts';
import type { BaseDtype } from '../train/base-dtype.ts';
import type { Engine, EngineShape } from '../train/engine.ts';
import type { RunEvent } from '../train/events.ts';
import { GpuEngine } from '../train/gpu-engine.ts';
import { KernelChoice } from '../train/kernel-choice.ts';
import { loadWeights } from '../train/load-weights.ts';
import { type MemoryPlan, planMemory } from '../train/memory-plan.ts';
import { makeRopeTables, type RopeTables } from '../train/rope-tables.ts';
import type { ModelSource } from '../weights/source.ts';
import { type OpenGpu, openHardware } from './hardware.ts';
import { storeChoices, storedChoices } from './kernel-store.ts';
import { openPlainEngine } from './plain-host.ts';

/** What an engine is made for; another need makes another engine over the same base weights. */
export interface EngineNeed {
  device: 'webgpu' | 'software' | 'wasm';
  lora: LoraSettings;
  shape: EngineShape;
  seed: number;
  dtype: BaseDtype;
  checkpointing: boolean;
  packing: boolean;
  kernels: Readonly<Record<string, string>>;
}

interface Base {
  dtype: BaseDtype;
  maxLength: number;
  weights: DecoderWeights;
  ropeTables: RopeTables | null;
}

/** Keeps one engine over one model, and the base weights between engines. */
export class EngineHost {
  #open: OpenGpu | null = null;
  #base: Base | null = null;
  #choice: KernelChoice | null = null;
  #engine: { key: string; engine: Engine } | null = null;
  readonly warnings: string[] = [];

  constructor(
    readonly source: ModelSource,
    readonly config: DecoderConfig,
    readonly onLost: (reason: string) => void,
  ) {}

  /** Times that the device was lost (not by us); everything on it is gone, and the next engine opens another. */
  losses = 0;

  async #openGpu(): Promise<OpenGpu> {
    if (this.#open) return this.#open;
    const open = await openHardware((reason) => {
      if (this.#open !== open) return;
      this.losses++;
      this.#open = null;
      this.#base = null;
      this.#engine = null;
      this.#choice = null;
      this.onLost(reason);
    });
    this.#open = open;
    return open;
  }

  get engine(): Engine | null {
    return this.#engine?.engine ?? null;
  }

  /** An engine for this need: the one there is where it fits. Its adapter is as it was left. */
  async ensure(need: EngineNeed, listener: (event: RunEvent) => void): Promise<Engine> {
    const key = JSON.stringify(need);
    if (this.#engine?.key === key) return this.#engine.engine;
    this.#engine?.engine.dispose();
    this.#engine = null;
    const modules = adapterModules(this.config, need.lora.targets);
    const engine =
      need.device === 'wasm'
        ? await openPlainEngine(this.source, this.config, need, listener)
        : await this.#gpuEngine(need, modules, listener);
    await engine.setAdapter(initialAdapter(engine.modules, need.lora, need.seed));
    this.#engine = { key, engine };
    return engine;
  }

  async #gpuEngine(
    need: EngineNeed,
    modules: readonly AdapterModule[],
    listener: (event: RunEvent) => void,
  ): Promise<Engine> {
    const { gpu, pipelines } = await this.#openGpu();
    const plan = await this.plan(need);
    gpu.device.pushErrorScope('out-of-memory');
    try {
      const base = await this.#loadBase(need, listener);
      listener({ type: 'state', state: 'tuning', detail: 'Compiling the kernels' });
      const choice = await this.#chooser(need.kernels);
      const engine = await GpuEngine.create(
        gpu,
        pipelines,
        this.config,
        base.weights,
        base.ropeTables,
        need.lora,
        modules,
        {
          ...need,
          choice,
          planBytes: plan?.total ?? 0,
        },
      );
      await storeChoices(gpu, choice.choices);
      this.warnings.push(...choice.warnings.splice(0));
      return engine;
    } finally {
      const error = await gpu.device.popErrorScope();
      if (error) this.#outOfMemory(plan);
    }
  }

  /** What was chosen on this adapter before; `asked` (`--kernels`, a resumed run) goes before it. */
  async #chooser(asked: Readonly<Record<string, string>>): Promise<KernelChoice> {
    const { gpu, pipelines } = this.#open!;
    this.#choice ??= new KernelChoice(gpu, pipelines, await storedChoices(gpu));
    Object.assign(this.#choice.choices, asked);
    return this.#choice;
  }

  #outOfMemory(plan: MemoryPlan | null): never {
    const { gpu } = this.#open!;
    gpu.memory.freeCategories('base', 'adapter', 'optimizer', 'activation', 'other');
    this.#base = null;
    const wanted = plan ? ` It needs about ${Math.round(plan.total / 1e6)} MB.` : '';
    throw new UserError(
      'out-of-memory',
      `The GPU ran out of memory.${wanted} Nothing was lost. Take a smaller batch or shorter rows, or turn on activation checkpointing.`,
    );
  }

  async #loadBase(need: EngineNeed, listener: (event: RunEvent) => void): Promise<Base> {
    const { maxLength } = need.shape;
    const found = this.#base;
    if (found && found.dtype === need.dtype && found.maxLength >= maxLength) return found;
    const { gpu } = this.#open!;
    gpu.memory.freeCategories('base', 'other');
    const { weights, warnings } = await loadWeights(gpu, this.source, this.config, need.dtype, {
      progress: (done, total) => listener({ type: 'progress', what: 'Loading the model', done, total }),
    });
    this.warnings.push(...warnings);
    this.#base = {
      dtype: need.dtype,
      maxLength,
      weights,
      ropeTables: makeRopeTables(gpu, this.config, maxLength),
    };
    return this.#base;
  }

  /** Bytes that a run will take; null where there is no GPU to plan for. */
  async plan(need: EngineNeed): Promise<MemoryPlan | null> {
    if (need.device === 'wasm') return null;
    const { gpu } = await this.#openGpu();
    const modules = adapterModules(this.config, need.lora.targets);
    return planMemory(gpu, this.source, this.config, need.dtype, need.lora, modules, need);
  }

  dispose(): void {
    this.#engine?.engine.dispose();
    this.#engine = null;
    this.#base = null;
    this.#choice = null;
    const open = this.#open;
    this.#open = null;
    open?.gpu.device.destroy();
  }
}
