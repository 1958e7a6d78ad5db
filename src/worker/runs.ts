import { trainableParameters } from '../adapters/flat.ts';
import { initialAdapter } from '../adapters/init.ts';
import { readPeft } from '../adapters/peft.ts';
import type { RunMetrics } from '../adapters/run-record.ts';
import type { AdapterWeights, LoraSettings } from '../adapters/types.ts';
import { heldOutSplit } from '../data/batches.ts';
import type { DataReport } from '../data/types.ts';
import { UserError } from '../errors.ts';
import { adapterModules } from '../model/names.ts';
import {
  differences,
  type RunIdentity,
  readCheckpoint,
  stateFor,
  writeCheckpoint,
} from '../train/checkpoint.ts';
import type { Engine } from '../train/engine.ts';
import type { RunSettings } from '../train/settings.ts';
import { Trainer } from '../train/trainer.ts';
import type { Answers } from './answers.ts';
import type { Estimate, RunSummary, SaveCheckpoint, TrainRequest } from './api.ts';
import type { RemoteDataset } from './data-client.ts';
import type { EngineHost, EngineNeed } from './engines.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

export interface FinishedRun {
  settings: RunSettings;
  lora: LoraSettings;
  metrics: RunMetrics;
  report: DataReport;
  heldOut: number;
}

/** Training runs, one at a time. */
export class Runs {
  #trainer: Trainer | null = null;
  #stopRequested = false;
  #interruptRequested = false;
  #secondsPerToken: number | null = null;
  /** The last run; its adapter is in the engine. */
  finished: FinishedRun | null = null;

  constructor(
    readonly workspace: Workspace,
    readonly answers: Answers,
  ) {}

  get training(): boolean {
    return this.#trainer !== null;
  }

  /** Another model: what was measured on the one before says nothing. */
  forget(): void {
    this.finished = null;
    this.#secondsPerToken = null;
  }

  async train(request: TrainRequest, listener: Listener, save?: SaveCheckpoint): Promise<RunSummary> {
    const { config, host, info } = this.workspace.model;
    const dataset = this.workspace.dataset('train');
    const { report } = dataset;
    needRows(report);
    const warnings = [...report.warnings];
    const emit: Listener = (event) => {
      if (event.type === 'warning') warnings.push(event.text);
      listener(event);
    };
    for (const text of report.warnings) listener({ type: 'warning', text });
    this.#stopRequested = false;
    this.#interruptRequested = false;
    emit({ type: 'state', state: 'loading', detail: 'Loading the model' });
    const { rows, heldOut } = this.#split(request, dataset);
    const brought = request.initAdapter ? await readPeft(request.initAdapter, config) : null;
    const { settings, lora } = this.#settled(request.settings, brought);
    const checkpoint = request.resume && (await readCheckpoint(request.resume.bytes, request.resume.name));
    const identity = this.#identity(settings, heldOut?.dataset ?? null);
    const different = checkpoint ? differences(identity, checkpoint.identity) : [];
    if (different.length > 0) throw new UserError('other-run', otherRun(different));
    const need = await this.workspace.need(
      settings,
      lora,
      Math.max(report.longest, heldOut?.dataset.report.longest ?? 0),
      checkpoint?.identity.kernels ?? request.kernels,
    );
    if (request.memoryLimit !== undefined) await fitInto(host, need, settings, request.memoryLimit, emit);
    const engine = await host.ensure(need, emit);
    const resume = checkpoint && stateFor(checkpoint, engine.modules, lora);
    if (!resume) await start(engine, lora, settings, brought);
    this.finished = null;
    if (checkpoint && checkpoint.identity.device !== deviceName(engine))
      emit({
        type: 'warning',
        text: `The run was begun on ${checkpoint.identity.device} and goes on on ${deviceName(engine)}: the numbers may differ in their last digits.`,
      });

    const trainer = new Trainer({
      engine,
      dataset,
      rows,
      heldOut,
      settings,
      trace: request.trace,
      sampleEvery: request.prompts.length > 0 ? request.sampleEvery : null,
      sample: (step) => this.#samples(engine, request, step, emit),
      resume,
      checkpoint: save && {
        every: settings.checkpointEvery,
        write: async (state) => {
          const of = { ...identity, kernels: engine.info().kernels, device: deviceName(engine) };
          const file = writeCheckpoint(of, state);
          const { step } = state.progress;
          await save(step, file);
          emit({ type: 'checkpoint', step, bytes: file.byteLength });
        },
      },
      emit,
    });
    this.#trainer = trainer;
    if (this.#interruptRequested) trainer.interrupt();
    else if (this.#stopRequested) trainer.stop();
    try {
      const result = await trainer.run();
      const metrics: RunMetrics = {
        steps: result.steps,
        epochs: result.epochs,
        tokens: result.tokens,
        supervised_tokens: result.supervisedTokens,
        seconds: result.seconds,
        tokens_per_second: result.seconds > 0 ? result.tokens / result.seconds : 0,
        loss_first: result.lossFirst,
        loss_last: result.lossLast,
        eval: result.eval,
        trainable_parameters: trainableParameters(engine.modules, lora.rank),
      };
      this.finished = { settings, lora, metrics, report, heldOut: heldOut?.rows.length ?? 0 };
      if (result.tokens > 0) this.#secondsPerToken = result.seconds / result.tokens;
      const engineInfo = engine.info();
      emit({ type: 'state', state: 'finished', detail: result.stopped ? 'Stopped' : '' });
      return {
        ...metrics,
        parameters: info.parameters,
        rows: {
          read: report.read,
          used: report.used,
          dropped: report.dropped,
          bad_count: report.badCount,
          bad: report.bad,
        },
        memory: engine.memory(),
        dispatches_per_step: engineInfo.dispatchesPerStep,
        submits_per_step: engineInfo.submitsPerStep,
        device: engineInfo.device,
        gpu: engineInfo.gpu,
        kernels: engineInfo.kernels,
        warnings: [...host.warnings, ...warnings],
        stopped: result.stopped,
        interrupted: result.interrupted,
      };
    } catch (error) {
      emit({
        type: 'state',
        state: 'failed',
        detail: error instanceof Error ? error.message : String(error),
      });
      throw error;
    } finally {
      this.#trainer = null;
    }
  }

  /** Rank, alpha, targets and scale of an adapter that goes on are its own; dropout is the run's. */
  #settled(
    settings: RunSettings,
    brought: AdapterWeights | null,
  ): { settings: RunSettings; lora: LoraSettings } {
    if (!brought) return { settings, lora: this.workspace.lora(settings) };
    const { rank, alpha, targets } = brought.settings;
    return {
      settings: { ...settings, rank, alpha, targets },
      lora: { ...brought.settings, dropout: settings.dropout },
    };
  }

  #split(request: TrainRequest, dataset: RemoteDataset) {
    const { settings } = request;
    const { train, heldOut } = heldOutSplit(
      dataset.rows,
      settings.evalFraction,
      settings.seed,
      request.maxEvalRows ?? undefined,
    );
    if (request.evalData) {
      const other = this.workspace.dataset('eval');
      return {
        rows: everyRow(dataset),
        heldOut: { dataset: other, rows: everyRow(other) },
      };
    }
    return { rows: train, heldOut: heldOut.length > 0 ? { dataset, rows: heldOut } : null };
  }

  async #samples(engine: Engine, request: TrainRequest, step: number, emit: Listener): Promise<void> {
    for (const prompt of request.prompts) {
      if (this.#stopRequested && step === 0) return;
      const result = await this.answers.answer(
        engine,
        {
          prompt,
          raw: request.settings.raw,
          maxTokens: request.sampleTokens,
          temperature: 0,
          topP: 1,
          seed: 0,
          strength: 1,
        },
        (text) => emit({ type: 'sample', step, prompt, text, done: false }),
        () => true,
      );
      emit({ type: 'sample', step, prompt, text: result.text, done: true });
    }
  }

  pause(): void {
    this.#trainer?.pause();
  }

  resume(): void {
    this.#trainer?.resume();
  }

  /** Ends the run with a checkpoint. @returns false where none is under way */
  interrupt(): boolean {
    this.#interruptRequested = true;
    this.#trainer?.interrupt();
    return this.#trainer !== null;
  }

  async identity(request: TrainRequest): Promise<RunIdentity> {
    const { heldOut } = this.#split(request, this.workspace.dataset('train'));
    const brought = request.initAdapter
      ? await readPeft(request.initAdapter, this.workspace.model.config)
      : null;
    const { settings } = this.#settled(request.settings, brought);
    return this.#identity(settings, heldOut?.dataset ?? null);
  }

  async differences(request: TrainRequest, of: RunIdentity): Promise<string[]> {
    return differences(await this.identity(request), of);
  }

  #identity(settings: RunSettings, heldOut: RemoteDataset | null): RunIdentity {
    const { info, source } = this.workspace.model;
    const { checkpointEvery: _, ...rest } = settings;
    const of = ({ report }: RemoteDataset) => ({ sha256: report.sha256, rows: report.used });
    return {
      version: 1,
      model: [info.id, source.revision].filter(Boolean).join('@'),
      settings: rest,
      dataset: of(this.workspace.dataset('train')),
      heldOut: heldOut && of(heldOut),
      kernels: {},
      device: '',
    };
  }

  stop(): void {
    this.#stopRequested = true;
    this.#trainer?.stop();
  }

  async estimate(settings: RunSettings): Promise<Estimate> {
    const { config, host, info } = this.workspace.model;
    const lora = this.workspace.lora(settings);
    const modules = adapterModules(config, lora.targets);
    const dataset = this.workspace.trainingData;
    const rows = dataset
      ? heldOutSplit(dataset.rows, settings.evalFraction, settings.seed, 200).train.length
      : 0;
    const perEpoch = Math.ceil(rows / (settings.batch * settings.accumulate));
    const steps = settings.steps ?? settings.epochs * perEpoch;
    const need = await this.workspace.need(settings, lora, dataset?.report.longest ?? settings.maxLength);
    const plan = await host.plan(need);
    const tokensPerStep =
      dataset && rows > 0
        ? (dataset.report.tokens / dataset.rows) * Math.min(rows, settings.batch * settings.accumulate)
        : 0;
    const trainable = trainableParameters(modules, lora.rank);
    return {
      steps,
      trainableParameters: trainable,
      memory: plan ?? {
        base: 8 * info.parameters,
        adapter: 4 * trainable,
        optimizer: 12 * trainable,
        activation: 0,
      },
      seconds: this.#secondsPerToken === null ? null : steps * tokensPerStep * this.#secondsPerToken,
    };
  }
}

/** A fresh start, whatever the engine trained before. */
async function start(
  engine: Engine,
  lora: LoraSettings,
  settings: RunSettings,
  brought: AdapterWeights | null,
): Promise<void> {
  await engine.setAdapter(brought ?? initialAdapter(engine.modules, lora, settings.seed));
  const floats = trainableParameters(engine.modules, lora.rank);
  await engine.setOptimizer({ m: new Float32Array(floats), v: new Float32Array(floats) });
}

/** For people, and to see whether a run goes on where it began. */
function deviceName(engine: Engine): string {
  const { device, gpu } = engine.info();
  return gpu ? [gpu.vendor, gpu.architecture, gpu.description].filter(Boolean).join(' ') : device;
}

function otherRun(different: readonly string[]): string {
  return `This is another run than the one that was saved: ${different.join(', ')} ${different.length === 1 ? 'differs' : 'differ'}. The saved run is untouched. Resume with what it was begun with, or train into another folder.`;
}

/** Makes a run fit by activation checkpointing where that is left to us. @throws UserError `does-not-fit` */
async function fitInto(
  host: EngineHost,
  need: EngineNeed,
  settings: RunSettings,
  limit: number,
  emit: Listener,
): Promise<void> {
  let plan = await host.plan(need);
  if (!plan || plan.total <= limit) return;
  if (settings.checkpointing === 'auto') {
    need.checkpointing = true;
    plan = await host.plan(need);
    if (!plan || plan.total <= limit) {
      emit({
        type: 'warning',
        text: 'Activation checkpointing was turned on to stay within the memory limit: the same numbers, about a third slower.',
      });
      return;
    }
  }
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new UserError(
    'does-not-fit',
    `The run needs ${megabytes(plan.total)} of GPU memory, and the limit (--memory-limit) is ${megabytes(limit)}. Nothing was changed. Take a smaller batch, shorter rows, or fewer bits for the base.`,
  );
}
