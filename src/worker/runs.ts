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
  type ReadCheckpoint,
  type RunIdentity,
  readCheckpoint,
  stateFor,
  writeCheckpoint,
} from '../train/checkpoint.ts';
import type { Engine } from '../train/engine.ts';
import type { RunSettings } from '../train/settings.ts';
import { Trainer, type TrainerResult } from '../train/trainer.ts';
import type { Answers } from './answers.ts';
import type { Estimate, RunSummary, SaveCheckpoint, TrainRequest } from './api.ts';
import type { RemoteDataset } from './data-client.ts';
import type { EngineNeed } from './engines.ts';
import { fitInto } from './fit.ts';
import { type Keeper, keeperFor } from './keeper.ts';
import { modelName } from './model-info.ts';
import { forgetRun, savedCheckpoint } from './run-store.ts';
import type { Snapshots } from './snapshots.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

export interface FinishedRun {
  settings: RunSettings;
  lora: LoraSettings;
  metrics: RunMetrics;
  report: DataReport;
  heldOut: number;
}

/** Steps between checkpoints where the settings name none. */
const CHECKPOINT_STEPS = 25;

interface OneRun {
  request: TrainRequest;
  dataset: RemoteDataset;
  rows: Uint32Array;
  heldOut: { dataset: RemoteDataset; rows: Uint32Array } | null;
  settings: RunSettings;
  lora: LoraSettings;
  brought: AdapterWeights | null;
  identity: RunIdentity;
  need: EngineNeed;
  keeper: Keeper;
  emit: Listener;
}

/** Training runs, one at a time. */
export class Runs {
  #trainer: Trainer | null = null;
  #stopRequested = false;
  #interruptRequested = false;
  #secondsPerToken: number | null = null;
  /** The newest checkpoint of the run, to go back to when the device is lost. */
  #last: Uint8Array | null = null;
  /** The last run; its adapter is in the engine. */
  finished: FinishedRun | null = null;

  constructor(
    readonly workspace: Workspace,
    readonly answers: Answers,
    readonly snapshots: Snapshots,
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
    this.#last = null;
    this.snapshots.clear();
    emit({ type: 'state', state: 'loading', detail: 'Loading the model' });
    const { rows, heldOut } = this.#split(request, dataset);
    const brought = request.initAdapter ? await readPeft(request.initAdapter, config) : null;
    const { settings, lora } = this.#settled(request.settings, brought);
    const resume = request.resume === 'saved' ? await savedCheckpoint() : request.resume;
    let from = resume ? await readCheckpoint(resume.bytes, resume.name) : null;
    const identity = this.#identity(settings, heldOut?.dataset ?? null);
    const different = from ? differences(identity, from.identity) : [];
    if (different.length > 0) throw new UserError('other-run', otherRun(different));
    const need = await this.workspace.need(
      settings,
      lora,
      Math.max(report.longest, heldOut?.dataset.report.longest ?? 0),
      from?.identity.kernels ?? request.kernels,
    );
    if (request.memoryLimit !== undefined) await fitInto(host, need, settings, request.memoryLimit, emit);
    this.finished = null;
    const keeper = await keeperFor(
      this.workspace,
      { ...request, settings },
      save,
      () => this.#interruptRequested,
      emit,
    );
    const run: OneRun = {
      request,
      dataset,
      rows,
      heldOut,
      settings,
      lora,
      brought,
      identity,
      need,
      keeper,
      emit,
    };
    try {
      let { engine, result } = { engine: null as Engine | null, result: null as TrainerResult | null };
      for (let lostAt = -1; !result; ) {
        const { losses } = host;
        try {
          engine = await host.ensure(need, emit);
          result = await this.#attempt(run, engine, from);
        } catch (error) {
          // The device says that it is lost a moment after its first command failed.
          if (need.device !== 'wasm') await new Promise((resolve) => setTimeout(resolve, 300));
          if (host.losses === losses) throw error;
          from = this.#last ? await readCheckpoint(this.#last, 'the last checkpoint') : from;
          const step = from?.progress.step ?? 0;
          if (step <= lostAt) throw new UserError('device-lost', lostAgain(step));
          lostAt = step;
          if (from) need.kernels = from.identity.kernels;
          emit({
            type: 'state',
            state: 'recovering',
            detail: `The graphics card was lost; going back to step ${step}`,
          });
          emit({
            type: 'warning',
            text: `The graphics card was lost. The run went back to step ${step} and goes on.`,
          });
        } finally {
          this.#trainer = null;
        }
      }
      if (!engine) throw new Error('a result without an engine');
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
      if (request.keepAs !== undefined && !result.interrupted) await forgetRun();
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
    }
  }

  /** The run on one engine, from a checkpoint or from its beginning. */
  async #attempt(run: OneRun, engine: Engine, from: ReadCheckpoint | null): Promise<TrainerResult> {
    const { request, settings, lora, identity, keeper, emit } = run;
    const resume = from ? stateFor(from, engine.modules, lora) : undefined;
    if (!resume) await start(engine, lora, settings, run.brought);
    const device = deviceName(engine);
    if (from && from.identity.device !== device)
      emit({
        type: 'warning',
        text: `The run was begun on ${from.identity.device} and goes on on ${device}: the numbers may differ in their last digits.`,
      });
    const trainer = new Trainer({
      engine,
      dataset: run.dataset,
      rows: run.rows,
      heldOut: run.heldOut,
      settings,
      trace: request.trace,
      sampleEvery: request.prompts.length > 0 ? request.sampleEvery : null,
      sample: (step) => this.#samples(engine, request, step, emit),
      resume,
      checkpoint: {
        every: settings.checkpointEvery ?? CHECKPOINT_STEPS,
        write: async (state) => {
          const file = writeCheckpoint({ ...identity, kernels: engine.info().kernels, device }, state);
          this.#last = file;
          await keeper(state.progress.step, file);
        },
      },
      emit: (event) => {
        this.snapshots.hear(event, engine);
        emit(event);
      },
    });
    this.#trainer = trainer;
    if (this.#interruptRequested) trainer.interrupt();
    else if (this.#stopRequested) trainer.stop();
    return trainer.run();
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
      model: modelName(info, source),
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

function lostAgain(step: number): string {
  return `The graphics card was lost twice at step ${step}. The run is saved at that step. Close other programs that use it, or take a smaller batch, and resume.`;
}
