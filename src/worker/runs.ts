import { trainableParameters } from '../adapters/flat.ts';
import { initialAdapter } from '../adapters/init.ts';
import { readPeft } from '../adapters/peft.ts';
import type { RunMetrics } from '../adapters/run-record.ts';
import type { AdapterWeights, LoraSettings } from '../adapters/types.ts';
import { heldOutSplit } from '../data/batches.ts';
import type { DataReport } from '../data/types.ts';
import { adapterModules } from '../model/names.ts';
import type { Engine } from '../train/engine.ts';
import type { RunSettings } from '../train/settings.ts';
import { Trainer } from '../train/trainer.ts';
import type { Answers } from './answers.ts';
import type { Estimate, RunSummary, TrainRequest } from './api.ts';
import type { RemoteDataset } from './data-client.ts';
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

  async train(request: TrainRequest, listener: Listener): Promise<RunSummary> {
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
    emit({ type: 'state', state: 'loading', detail: 'Loading the model' });
    const { rows, heldOut } = this.#split(request, dataset);
    const brought = request.initAdapter ? await readPeft(request.initAdapter, config) : null;
    const { settings, lora } = this.#settled(request.settings, brought);
    const need = await this.workspace.need(
      settings,
      lora,
      Math.max(report.longest, heldOut?.dataset.report.longest ?? 0),
      request.kernels,
    );
    const engine = await host.ensure(need, emit);
    await start(engine, lora, settings, brought);
    this.finished = null;

    const trainer = new Trainer({
      engine,
      dataset,
      rows,
      heldOut,
      settings,
      trace: request.trace,
      sampleEvery: request.prompts.length > 0 ? request.sampleEvery : null,
      sample: (step) => this.#samples(engine, request, step, emit),
      emit,
    });
    this.#trainer = trainer;
    if (this.#stopRequested) trainer.stop();
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
