import type { Engine } from '../../engine/engine.ts';
import { GpuEngine } from '../../engine/gpu/engine.ts';
import { KernelChoice } from '../../engine/gpu/kernel-choice.ts';
import { planMemory } from '../../engine/gpu/memory-plan.ts';
import type { MemoryPlan } from '../../engine/memory-plan.ts';
import { UserError } from '../../errors.ts';
import { type Gpu, withMemory } from '../../gpu/device.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import { loadWeights } from '../../loading/load-weights.ts';
import { initialAdapter, sitesOf } from '../../methods/parameters.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { DecoderWeights } from '../../model/weights.ts';
import type { RunEvent } from '../../run/events.ts';
import type { ModelSource } from '../../weights/source.ts';
import { storeChoices, storedChoices } from '../storage/kernel-store.ts';
import { DeviceLost, PATIENCE, watchDevice } from './device-lost.ts';
import type { EngineNeed } from './engine-need.ts';
import { type OpenGpu, openHardware } from './hardware.ts';
import { ProcessorHost } from './processor-host.ts';

interface Base {
  dtype: BaseDtype;
  /** The device, with the memory of this base. */
  gpu: Gpu;
  weights: DecoderWeights;
}

/** Keeps one engine over one model, and the base weights between engines. */
export class EngineHost {
  #open: OpenGpu | null = null;
  #base: Base | null = null;
  #choice: KernelChoice | null = null;
  readonly #processor: ProcessorHost;
  #engine: { key: string; engine: Engine } | null = null;
  /** What waits for the device. */
  readonly #waiting = new Set<(error: Error) => void>();
  #unwatch: (() => void) | null = null;
  readonly warnings: string[] = [];

  constructor(
    readonly source: ModelSource,
    readonly config: DecoderConfig,
    readonly patience = PATIENCE,
  ) {
    this.#processor = new ProcessorHost(source, config);
  }

  /** Times that the device was lost; the next engine opens another. */
  losses = 0;
  /** Devices that came to an end. */
  #ended = 0;

  async #openGpu(): Promise<OpenGpu> {
    if (this.#open) return this.#open;
    const open = await openHardware((reason) => {
      if (this.#open === open) this.lose(reason);
    });
    open.gpu.device.addEventListener('uncapturederror', ({ error }) => {
      if (error instanceof GPUOutOfMemoryError && this.#open === open) this.#end(outOfMemory(null));
    });
    this.#open = open;
    this.#watch();
    return open;
  }

  /** The device is lost, or taken for lost. */
  lose(reason: string): void {
    this.losses++;
    this.#end(new DeviceLost(reason));
  }

  /** Lets go of the device, so that all its memory is free, and tells who waits for it why. */
  #end(error: Error): void {
    const open = this.#open;
    this.#ended++;
    this.#open = null;
    this.#base = null;
    this.#engine = null;
    this.#choice = null;
    open?.gpu.device.destroy();
    this.#watch();
    for (const reject of [...this.#waiting]) reject(error);
  }

  /**
   * `work`, or a rejection as soon as the device it needs is lost or silent, when `work` itself may never settle.
   * @throws DeviceLost
   */
  unlessLost<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      this.#watch();
      const done = () => {
        this.#waiting.delete(reject);
        this.#watch();
      };
      work.then(resolve, reject).then(done, done);
    });
  }

  /** The device is watched while something waits for it. */
  #watch(): void {
    const gpu = this.#open?.gpu;
    if (this.#waiting.size > 0 && gpu) {
      this.#unwatch ??= watchDevice(
        () => gpu.device.queue.onSubmittedWorkDone(),
        () => this.lose('the graphics card does not answer'),
        this.patience[gpu.software ? 'software' : 'hardware'],
      );
      return;
    }
    this.#unwatch?.();
    this.#unwatch = null;
  }

  get engine(): Engine | null {
    return this.#engine?.engine ?? null;
  }

  /** An engine for this need: the one there is where it fits. Its adapter is as it was left. */
  async ensure(need: EngineNeed, listener: (event: RunEvent) => void): Promise<Engine> {
    const key = JSON.stringify(need);
    const ended = this.#ended;
    if (this.#engine?.key === key) return this.#engine.engine;
    const before = this.#engine?.engine;
    this.#engine = null;
    // What was asked of it before is done first.
    await before?.dispose();
    const engine =
      need.device === 'wasm'
        ? await this.#onProcessor(need, listener)
        : await this.#gpuEngine(need, listener);
    await engine.setAdapter(initialAdapter(engine.modules, need.adapterSettings, need.seed));
    if (this.#ended !== ended) throw new DeviceLost('the device was lost while the engine was made');
    this.#engine = { key, engine };
    return engine;
  }

  async #onProcessor(need: EngineNeed, listener: (event: RunEvent) => void): Promise<Engine> {
    const { engine, warnings } = await this.#processor.engine(need, listener);
    this.#warn(warnings, listener);
    return engine;
  }

  async #gpuEngine(need: EngineNeed, listener: (event: RunEvent) => void): Promise<Engine> {
    const { gpu, pipelines } = await this.#openGpu();
    const modules = sitesOf(this.config, need.adapterSettings);
    const plan = await this.plan(need);
    const { device } = gpu;
    // What other engines took before is not this one's.
    gpu.buffers.peak = gpu.buffers.live;
    device.pushErrorScope('out-of-memory');
    // Rejects where the device is lost.
    const ran = () => device.popErrorScope().catch(() => null);
    const enough = async () => {
      const error = await ran();
      device.pushErrorScope('out-of-memory');
      if (error) throw outOfMemory(plan);
    };
    try {
      const base = await this.#loadBase(need, listener);
      await enough();
      listener({ type: 'state', state: 'tuning', detail: 'Compiling the kernels' });
      const choice = await this.#chooser(need.kernels);
      const engine = await GpuEngine.create(
        { ...base, pipelines, config: this.config },
        need.adapterSettings,
        modules,
        {
          ...need,
          choice,
          planBytes: plan.total,
          allocated: enough,
        },
      );
      await enough();
      await ran();
      await storeChoices(gpu, choice.choices);
      this.#warn(choice.warnings.splice(0), listener);
      return engine;
    } catch (error) {
      // Whatever else failed may follow from it.
      const full = isOutOfMemory(error) ? error : (await ran()) ? outOfMemory(plan) : null;
      // So that all of it is free.
      if (full && this.#open?.gpu === gpu) this.#end(full);
      throw full ?? error;
    }
  }

  /** What was chosen on this adapter before; `asked` (`--kernels`, a resumed run) goes before it. */
  async #chooser(asked: Readonly<Record<string, string>>): Promise<KernelChoice> {
    const { gpu, pipelines } = this.#onDevice();
    if (!this.#choice) {
      const known = await storedChoices(gpu);
      this.#onDevice(gpu);
      this.#choice = new KernelChoice(gpu, pipelines, known);
    }
    Object.assign(this.#choice.choices, asked);
    return this.#choice;
  }

  /**
   * The open device, which is still `gpu`: what was begun on one that is gone must leave nothing behind for the next.
   * @throws DeviceLost
   */
  #onDevice(gpu?: OpenGpu['gpu']): OpenGpu {
    if (!this.#open || (gpu && this.#open.gpu !== gpu)) throw new DeviceLost('the device was lost');
    return this.#open;
  }

  #warn(texts: readonly string[], listener: (event: RunEvent) => void): void {
    this.warnings.push(...texts);
    for (const text of texts) listener({ type: 'warning', text });
  }

  async #loadBase(need: EngineNeed, listener: (event: RunEvent) => void): Promise<Base> {
    const found = this.#base;
    if (found && found.dtype === need.dtype) return found;
    const { gpu } = this.#onDevice();
    found?.gpu.memory.freeAll();
    this.#base = null;
    const own = withMemory(gpu, gpu.memory.scope());
    const { weights, warnings } = await loadWeights(own, this.source, this.config, need.dtype, {
      progress: (done, total) => listener({ type: 'progress', what: 'Loading the model', done, total }),
    });
    this.#onDevice(gpu);
    this.#warn(warnings, listener);
    this.#base = { dtype: need.dtype, gpu: own, weights };
    return this.#base;
  }

  /** Bytes that a run will take. */
  async plan(need: EngineNeed): Promise<MemoryPlan> {
    if (need.device === 'wasm') return this.#processor.plan(need);
    const { gpu } = await this.#openGpu();
    const modules = sitesOf(this.config, need.adapterSettings);
    return planMemory(
      gpu,
      { source: this.source, config: this.config, dtype: need.dtype },
      need.adapterSettings,
      modules,
      need,
    );
  }

  async dispose(): Promise<void> {
    const engine = this.#engine?.engine;
    this.#engine = null;
    await engine?.dispose();
    this.#processor.dispose();
    this.#base = null;
    this.#choice = null;
    const open = this.#open;
    this.#open = null;
    this.#watch();
    open?.gpu.device.destroy();
  }
}

function isOutOfMemory(error: unknown): error is UserError {
  return error instanceof UserError && error.code === 'out-of-memory';
}

function outOfMemory(plan: MemoryPlan | null): UserError {
  const wanted = plan ? ` It needs about ${Math.round(plan.total / 1e6)} MB.` : '';
  return new UserError(
    'out-of-memory',
    `The graphics card ran out of memory.${wanted} Your data and everything that was saved are safe. Use a smaller batch or shorter rows, or turn on activation checkpointing.`,
  );
}
