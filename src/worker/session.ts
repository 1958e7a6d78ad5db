import { dependencies, version } from '../../package.json';
import { modelCard } from '../adapters/card.ts';
import { trainableParameters } from '../adapters/flat.ts';
import { readPeft, writePeft } from '../adapters/peft.ts';
import { type RunMetrics, runFile, runRecord } from '../adapters/run-record.ts';
import type { AdapterWeights, LoraSettings, NamedFile } from '../adapters/types.ts';
import { heldOutSplit } from '../data/batches.ts';
import type { DataReport } from '../data/types.ts';
import { UserError } from '../errors.ts';
import type { DecoderConfig } from '../model/config.ts';
import { parseConfig } from '../model/config-parse.ts';
import { adapterModules, defaultTargets, expectedTensors, targetSuffixes } from '../model/names.ts';
import type { Engine } from '../train/engine.ts';
import type { RunEvent } from '../train/events.ts';
import { generate } from '../train/generate.ts';
import { defaultSettings, type RunSettings } from '../train/settings.ts';
import { heldOutLoss, Trainer } from '../train/trainer.ts';
import { fetchBundled } from '../weights/bundled.ts';
import { openModel } from '../weights/open.ts';
import type { ModelSource } from '../weights/source.ts';
import type {
  DataChoice,
  DeviceChoice,
  Estimate,
  EvaluateResult,
  GenerateRequest,
  GenerateResult,
  Hardware,
  ModelChoice,
  ModelInfo,
  RunSummary,
  TrainRequest,
} from './api.ts';
import { DataClient, type RemoteDataset } from './data-client.ts';
import { EngineHost, type EngineNeed } from './engines.ts';
import { findHardware } from './hardware.ts';

type Listener = (event: RunEvent) => void;

interface OpenModel {
  source: ModelSource;
  config: DecoderConfig;
  host: EngineHost;
  info: ModelInfo;
}

interface FinishedRun {
  settings: RunSettings;
  lora: LoraSettings;
  metrics: RunMetrics;
  report: DataReport;
  heldOut: number;
}

/** Everything that is open in the run worker: hardware, a model, data, a run. */
export class Session {
  #device: DeviceChoice = 'auto';
  #hardware: Hardware | null = null;
  #model: OpenModel | null = null;
  readonly #data = new DataClient();
  #datasets: { train: RemoteDataset | null; eval: RemoteDataset | null } = { train: null, eval: null };
  #scan: AbortController | null = null;
  #trainer: Trainer | null = null;
  #run: FinishedRun | null = null;
  /** An adapter that was brought, until a run replaces it. */
  #brought: AdapterWeights | null = null;
  #cancelled = false;
  #secondsPerToken: number | null = null;
  #stopRequested = false;

  /** `root`: address of the page's folder, where models and samples lie. */
  constructor(readonly root: string) {}

  async hardware(choice: DeviceChoice): Promise<Hardware> {
    this.#hardware = await findHardware(choice);
    this.#device = choice;
    return this.#hardware;
  }

  async #computing(): Promise<EngineNeed['device']> {
    return (this.#hardware ?? (await this.hardware(this.#device))).device;
  }

  async openModel(choice: ModelChoice, listener: Listener): Promise<ModelInfo> {
    listener({ type: 'state', state: 'loading', detail: 'Opening the model' });
    const source = await openModel(
      choice.kind === 'bundled' ? { kind: 'bundled', baseUrl: `${this.root}models/tiny/` } : choice,
    );
    const config = parseConfig(source.config, source.tensors, source.generationConfig);
    const { hasTemplate } = await this.#data.openTokenizer(source.tokenizer);
    this.#model?.host.dispose();
    this.#model?.source.close();
    this.#run = null;
    this.#brought = null;
    this.#secondsPerToken = null;
    const host = new EngineHost(source, config, (reason) =>
      listener({ type: 'state', state: 'lost', detail: reason }),
    );
    const info = modelInfo(choice.kind, source, config, hasTemplate);
    this.#model = { source, config, host, info };
    listener({ type: 'state', state: 'idle', detail: '' });
    return info;
  }

  #opened(): OpenModel {
    if (!this.#model) throw new UserError('no-model', 'No model is open. Choose one first.');
    return this.#model;
  }

  async openData(
    choice: DataChoice,
    options: Parameters<DataClient['openDataset']>[1],
    role: 'train' | 'eval',
    listener: Listener,
  ): Promise<DataReport> {
    this.#opened();
    this.#scan?.abort();
    const scan = new AbortController();
    this.#scan = scan;
    const file = await this.#file(choice);
    const dataset = await this.#data.openDataset(
      file,
      options,
      (done, total) => listener({ type: 'progress', what: 'Reading the data', done, total }),
      scan.signal,
    );
    this.#datasets[role] = dataset;
    return dataset.report;
  }

  async #file(choice: DataChoice): Promise<File> {
    if (choice.kind === 'file') return choice.file;
    if (choice.kind === 'text') return new File([choice.text], choice.name);
    const response = await fetch(`${this.root}samples/${choice.file}`);
    if (!response.ok)
      throw new UserError(
        'no-sample',
        `The sample ${choice.file} could not be read. Reload the page, or drop a file of your own.`,
      );
    return new File([await response.blob()], choice.file);
  }

  cancelData(): void {
    this.#scan?.abort();
  }

  #dataset(role: 'train' | 'eval'): RemoteDataset {
    const dataset = this.#datasets[role] ?? this.#datasets.train;
    if (!dataset) throw new UserError('no-data', 'No dataset is open. Drop a JSONL file first.');
    return dataset;
  }

  previewRows(begin: number, end: number) {
    return this.#dataset('train').preview(begin, end);
  }

  #lora(settings: RunSettings): LoraSettings {
    const { config } = this.#opened();
    return {
      rank: settings.rank,
      alpha: settings.alpha,
      dropout: settings.dropout,
      targets: settings.targets ?? defaultTargets(config.family),
    };
  }

  async #need(settings: RunSettings, lora: LoraSettings, longest: number, kernels = {}): Promise<EngineNeed> {
    const length = Math.min(settings.maxLength, Math.max(longest, 16));
    return {
      device: await this.#computing(),
      lora,
      shape: { maxRows: settings.batch, maxLength: Math.ceil(length / 16) * 16 },
      seed: settings.seed,
      dtype: settings.baseDtype,
      checkpointing: settings.checkpointing === 'on',
      packing: settings.packing,
      kernels,
    };
  }

  async train(request: TrainRequest, listener: Listener): Promise<RunSummary> {
    const { config, host, info } = this.#opened();
    const { settings } = request;
    const dataset = this.#dataset('train');
    const { report } = dataset;
    if (report.used === 0) throw new UserError('no-rows', noRows(report));
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
    const lora = brought?.settings ?? this.#lora(settings);
    const need = await this.#need(
      settings,
      lora,
      Math.max(report.longest, heldOut?.dataset.report.longest ?? 0),
      request.kernels,
    );
    const engine = await host.ensure(need, emit);
    await this.#start(engine, lora, settings, brought);
    this.#run = null;
    this.#brought = null;

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
      const trainable = trainableParameters(engine.modules, lora.rank);
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
        trainable_parameters: trainable,
      };
      this.#run = { settings, lora, metrics, report, heldOut: heldOut?.rows.length ?? 0 };
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

  /** A fresh start, whatever the engine trained before. */
  async #start(
    engine: Engine,
    lora: LoraSettings,
    settings: RunSettings,
    brought: AdapterWeights | null,
  ): Promise<void> {
    const { initialAdapter } = await import('../adapters/init.ts');
    const weights = brought ?? initialAdapter(engine.modules, lora, settings.seed);
    await engine.setAdapter(weights);
    const floats = trainableParameters(engine.modules, lora.rank);
    await engine.setOptimizer({ m: new Float32Array(floats), v: new Float32Array(floats) });
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
      const other = this.#dataset('eval');
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
      const ask: GenerateRequest = {
        prompt,
        raw: request.settings.raw,
        maxTokens: request.sampleTokens,
        temperature: 0,
        topP: 1,
        seed: 0,
        strength: 1,
      };
      const result = await this.#answer(
        engine,
        ask,
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

  /** Adapter files to try or to evaluate; null goes back to none. */
  async setAdapter(files: NamedFile[] | null): Promise<void> {
    const { config } = this.#opened();
    this.#run = null;
    this.#brought = files ? await readPeft(files, config) : null;
  }

  /** An engine with the trained or brought adapter, for rows of up to `longest` tokens. */
  async #inferring(longest: number, rows: number): Promise<Engine> {
    const { host } = this.#opened();
    if (this.#run && host.engine) return host.engine;
    if (this.#trainer && host.engine) return host.engine;
    const settings = defaultSettings({ batch: rows, maxLength: Math.max(16, longest) });
    const lora = this.#brought?.settings ?? this.#lora(settings);
    const engine = await host.ensure(await this.#need(settings, lora, longest), () => {});
    if (this.#brought) await engine.setAdapter(this.#brought);
    return engine;
  }

  async #promptIds(request: GenerateRequest): Promise<number[]> {
    const { info } = this.#opened();
    if (request.raw || !info.hasTemplate) return this.#data.encode(request.prompt, { addSpecial: true });
    const messages = [
      ...(request.system ? [{ role: 'system', content: request.system }] : []),
      ...(request.history ?? []),
      { role: 'user', content: request.prompt },
    ];
    return this.#data.chat(messages, { addGenerationPrompt: true });
  }

  async #answer(
    engine: Engine,
    request: GenerateRequest,
    onText: (text: string) => void,
    goOn: () => boolean,
  ): Promise<GenerateResult> {
    const { config } = this.#opened();
    const prompt = await this.#promptIds(request);
    if (prompt.length >= config.maxPositions)
      throw new UserError(
        'prompt-too-long',
        `The prompt has ${prompt.length} tokens and this model reads ${config.maxPositions}. Shorten it.`,
      );
    const result = await generate(
      engine,
      prompt,
      { ...request, stopIds: config.eosTokenIds },
      async (ids) => {
        onText(await this.#data.decode(ids, { skipSpecial: true }));
        return goOn();
      },
    );
    return {
      prompt: request.prompt,
      text: await this.#data.decode(result.ids, { skipSpecial: true }),
      input_ids: prompt,
      output_ids: result.ids,
      stop: result.stop,
      tokens_per_second: result.seconds > 0 ? result.ids.length / result.seconds : 0,
    };
  }

  async generate(request: GenerateRequest, onText: (text: string) => void): Promise<GenerateResult> {
    this.#cancelled = false;
    const engine = await this.#inferring(256, 4);
    return this.#answer(engine, request, onText, () => !this.#cancelled);
  }

  cancelGenerate(): void {
    this.#cancelled = true;
  }

  async promptLogits(request: GenerateRequest): Promise<{ input_ids: number[]; logits: Float32Array }> {
    const ids = await this.#promptIds(request);
    const engine = await this.#inferring(256, 4);
    const session = await engine.decode(ids.length + 1, request.strength);
    try {
      return { input_ids: ids, logits: await session.feed(ids) };
    } finally {
      session.close();
    }
  }

  async evaluate(strength: number, listener: Listener): Promise<EvaluateResult> {
    const dataset = this.#dataset('eval');
    const { report } = dataset;
    if (report.used === 0) throw new UserError('no-rows', noRows(report));
    const batch = 4;
    const engine = await this.#inferring(report.longest, batch);
    const rows = everyRow(dataset);
    const { loss, tokens, supervised } = await heldOutLoss(engine, dataset, rows, batch, strength, (done) =>
      listener({ type: 'progress', what: 'Evaluating', done, total: rows.length }),
    );
    return {
      loss,
      perplexity: Math.exp(loss),
      rows: rows.length,
      dropped: report.dropped,
      tokens,
      supervised_tokens: supervised,
    };
  }

  async rowLogits(strength: number): Promise<{ input_ids: number[]; logits: Float32Array; vocab: number }> {
    const dataset = this.#dataset('eval');
    if (dataset.rows === 0) throw new UserError('no-rows', noRows(dataset.report));
    const [row] = await dataset.examples([0]);
    const engine = await this.#inferring(dataset.report.longest, 4);
    const ids = [...row.ids];
    return { input_ids: ids, logits: await engine.logits(ids, strength), vocab: engine.config.vocab };
  }

  async estimate(settings: RunSettings): Promise<Estimate> {
    const { config, host } = this.#opened();
    const lora = this.#lora(settings);
    const modules = adapterModules(config, lora.targets);
    const dataset = this.#datasets.train;
    const rows = dataset
      ? heldOutSplit(dataset.rows, settings.evalFraction, settings.seed, 200).train.length
      : 0;
    const perEpoch = Math.ceil(rows / (settings.batch * settings.accumulate));
    const steps = settings.steps ?? settings.epochs * perEpoch;
    const need = await this.#need(settings, lora, dataset?.report.longest ?? settings.maxLength);
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
        base: 8 * this.#opened().info.parameters,
        adapter: 4 * trainable,
        optimizer: 12 * trainable,
        activation: 0,
      },
      seconds: this.#secondsPerToken === null ? null : steps * tokensPerStep * this.#secondsPerToken,
    };
  }

  /** The adapter as PEFT files, with card and run.json. */
  async adapterFiles(options: { includeBase: boolean }): Promise<NamedFile[]> {
    const { source, config, info, host } = this.#opened();
    const run = this.#run;
    if (!run || !host.engine)
      throw new UserError('no-adapter', 'There is no trained adapter yet. Train first.');
    const weights = await host.engine.getAdapter();
    const record = runRecord({
      created: new Date().toISOString(),
      base: {
        id: source.id,
        revision: source.revision,
        architecture: config.architecture,
        precision: info.precision,
      },
      lora: run.lora,
      settings: run.settings,
      dataset: {
        sha256: run.report.sha256,
        bytes: run.report.bytes,
        rows_used: run.report.used,
        rows_dropped: run.report.dropped,
        rows_bad: run.report.badCount,
        rows_held_out: run.heldOut,
      },
      engine: host.engine.info(),
      packages: { lowrank: version, ...dependencies },
      metrics: run.metrics,
    });
    const card = modelCard({
      baseName: source.name,
      baseId: source.id,
      baseRevision: source.revision,
      baseLicence: source.licence,
      chat: info.hasTemplate && !run.settings.raw,
      record,
    });
    const files = [...writePeft(weights, config, source), card, runFile(record)];
    if (options.includeBase && source.kind === 'bundled')
      for (const [name, bytes] of await fetchBundled(`${this.root}models/tiny/`))
        files.push({ path: `base/${name}`, bytes });
    return files;
  }
}

function everyRow(dataset: RemoteDataset): Uint32Array {
  return Uint32Array.from({ length: dataset.rows }, (_, i) => i);
}

function modelInfo(
  kind: ModelChoice['kind'],
  source: ModelSource,
  config: DecoderConfig,
  hasTemplate: boolean,
): ModelInfo {
  const expected = expectedTensors(config);
  const parameters = expected.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const stored = [...source.tensors.values()];
  const bytes = stored.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const largest = stored.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return {
    id: source.id,
    name: source.name,
    kind,
    architecture: config.architecture,
    layers: config.layers,
    hidden: config.hidden,
    vocab: config.vocab,
    parameters,
    contextLength: config.maxPositions,
    bytes,
    precision: largest.stored.toLowerCase(),
    licence: source.licence,
    hasTemplate,
    targets: targetSuffixes(config.family),
    defaultTargets: defaultTargets(config.family),
  };
}

function noRows(report: DataReport): string {
  const first = report.bad[0];
  const why = first ? ` The first is line ${first.line}: ${first.reason}` : '';
  if (report.read === 0) return `${report.name} has no rows. Nothing was changed. Choose another file.`;
  return `None of the ${report.read} rows of ${report.name} can be trained on.${why} Nothing was changed. Mend the file, or choose another.`;
}
