import { heldOutSplit } from '../../data/batches.ts';
import type { RowKind } from '../../data/forms/row.ts';
import { whyNoRows } from '../../data/report.ts';
import { proposedTemplate, withChatTemplate } from '../../data/text/chosen-template.ts';
import { asksForDate, isSameDay, localDate } from '../../data/text/date.ts';
import type { DataOptions, DataReport, RowPreview } from '../../data/types.ts';
import type { ErrorCode } from '../../error-codes.ts';
import { UserError } from '../../errors.ts';
import type { NamedFile } from '../../files/named-file.ts';
import { pageFile } from '../../files/page-file.ts';
import { virtualTokensOf } from '../../methods/list.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { parseConfig } from '../../model/families/parse.ts';
import { OBJECTIVES } from '../../objectives/list.ts';
import { adapterSettings } from '../../run/adapter-settings.ts';
import type { RunIdentity } from '../../run/checkpoint.ts';
import type { RunEvent } from '../../run/events.ts';
import { objectiveOf, type RunSettings } from '../../run/settings/list.ts';
import { openModel } from '../../weights/open.ts';
import type { ModelSource, TokenizerFiles } from '../../weights/source.ts';
import type {
  DataChoice,
  DeviceChoice,
  DeviceOptions,
  Hardware,
  ModelChoice,
  ModelInfo,
  TeacherInfo,
} from '../api/api.ts';
import { DataClient, type RemoteDataset, type TokenizerFacts } from '../files/data-client.ts';
import { savedData } from '../storage/run-store.ts';
import type { EngineNeed } from './engine-need.ts';
import { EngineHost } from './engines.ts';
import { allowMatrices, findHardware } from './hardware.ts';
import { modelInfo } from './model-info.ts';
import { type OtherTeacher, openTeacher, teacherInfo } from './other-teacher.ts';
import { stackedModel } from './stacked-model.ts';
import { askThreads } from './threads.ts';

export type Listener = (event: RunEvent) => void;

export interface OpenModel {
  source: ModelSource;
  /** What the model itself brings, where a chat template was chosen. */
  own: TokenizerFiles;
  config: DecoderConfig;
  host: EngineHost;
  info: ModelInfo;
}

interface OpenedData {
  choice: DataChoice;
  files: readonly File[];
  options: DataOptions & { date: string };
}

/** What is open: the hardware, a model with its engine, datasets. Runs and answers work on it. */
export class Workspace {
  #device: DeviceChoice = 'auto';
  #hardware: Hardware | null = null;
  #model: OpenModel | null = null;
  #teacher: OtherTeacher | null = null;
  readonly data = new DataClient();
  #datasets: { train: RemoteDataset | null; eval: RemoteDataset | null } = { train: null, eval: null };
  #opened: { train: OpenedData | null; eval: OpenedData | null } = { train: null, eval: null };
  #modelChoice: ModelChoice = { kind: 'bundled' };
  /** Of the adapter that is asked or trained; null: the present. */
  #date: string | null = null;
  #scan: AbortController | null = null;
  #opening: AbortController | null = null;

  /** `root`: address of the page's folder, where models and samples lie. */
  constructor(readonly root: string) {}

  async hardware(
    choice: DeviceChoice,
    { matrices = false, threads = null }: DeviceOptions = {},
  ): Promise<Hardware> {
    allowMatrices(matrices);
    askThreads(threads);
    this.#hardware = await findHardware(choice);
    this.#device = choice;
    return this.#hardware;
  }

  async openModel(choice: ModelChoice, listener: Listener): Promise<ModelInfo> {
    listener({ type: 'state', state: 'loading', detail: 'Opening the model' });
    this.#opening?.abort();
    const opening = new AbortController();
    this.#opening = opening;
    const opened = await openModel(
      choice.kind === 'bundled' ? { kind: 'bundled', baseUrl: this.bundledUrl } : choice,
      (file, done, total) => listener({ type: 'progress', what: `Fetching ${file}`, done, total }),
      opening.signal,
    );
    // Given up, or overtaken by another: what is open stays.
    if (opening.signal.aborted) {
      opened.close();
      throw new UserError('hub-paused', 'Opening the model was cancelled.');
    }
    const source = choice.slices ? stackedModel(opened, choice.slices) : opened;
    const own = source.tokenizer;
    if (choice.chatTemplate !== undefined) {
      try {
        source.tokenizer = withChatTemplate(own, choice.chatTemplate);
      } catch (error) {
        source.close();
        throw error;
      }
    }
    const config = parseConfig(source.config, source.tensors, source.generationConfig);
    const { hasTemplate, eosTokenId } = await this.#openTokenizer(source, config);
    // Rows are trained to end in the tokenizer's own EOS, which the model's files need not name.
    if (eosTokenId !== null && !config.eosTokenIds.includes(eosTokenId)) config.eosTokenIds.push(eosTokenId);
    // An answer that is under way ends first.
    await this.#model?.host.dispose();
    this.#model?.source.close();
    const host = new EngineHost(source, config);
    const template = templateInfo(own, choice.chatTemplate ?? null);
    const info = modelInfo(choice.kind, source, config, { hasTemplate, template });
    this.#model = { source, own, config, host, info };
    this.#date = null;
    this.#modelChoice = choice;
    listener({ type: 'state', state: 'idle', detail: '' });
    return info;
  }

  /**
   * Another chat template for the open model; null: its own. Rows that are open keep how they were counted, so data
   * have to be opened again.
   *
   * @throws UserError `bad-chat-template`
   */
  async setChatTemplate(choice: string | null): Promise<ModelInfo> {
    const { model } = this;
    const { source, own, config } = model;
    const tokenizer = choice === null ? own : withChatTemplate(own, choice);
    const { hasTemplate } = await this.data.openTokenizer(tokenizer, config.vocab);
    source.tokenizer = tokenizer;
    this.#modelChoice = { ...this.#modelChoice, chatTemplate: choice ?? undefined };
    model.info = { ...model.info, hasTemplate, template: templateInfo(own, choice) };
    return model.info;
  }

  /** Rows as such a template would have them. @throws UserError `bad-chat-template`, `template-hangs` */
  tryTemplate(
    choice: string,
    rows: readonly Record<string, unknown>[],
    options: DataOptions,
  ): Promise<(RowPreview['tokens'] | string)[]> {
    const { chatTemplate } = withChatTemplate(this.model.own, choice);
    return this.data.tryTemplate(chatTemplate!, rows, options);
  }

  /** Where it cannot be read, that of the open model takes its place again. */
  async #openTokenizer(source: ModelSource, config: DecoderConfig): Promise<TokenizerFacts> {
    try {
      return await this.data.openTokenizer(source.tokenizer, config.vocab);
    } catch (error) {
      source.close();
      const open = this.#model;
      if (open) await this.data.openTokenizer(open.source.tokenizer, open.config.vocab);
      throw error;
    }
  }

  /** The date that chat templates are given. */
  get date(): string {
    return this.#date ?? localDate();
  }

  /** From now on templates are given the date of this adapter's run; null: it has none, and they get the present. */
  askAsOn(date: string | null): void {
    this.#date = date;
  }

  /**
   * The date of a run: its own where it goes on, else that of its rows where they were read today, else now. Rows that
   * were read with another are read again, as they may have other lengths. Null where the template asks for no date.
   */
  async runDate(from: string | null, raw: boolean, listener: Listener): Promise<string | null> {
    if (raw || !asksForDate(this.model.source.tokenizer.chatTemplate)) return null;
    const now = localDate();
    const read = this.#opened.train?.options.date;
    const date = from ?? (read && isSameDay(read, now) ? read : now);
    for (const role of ['train', 'eval'] as const) {
      const opened = this.#opened[role];
      if (!opened || opened.options.date === date) continue;
      await this.openData(opened.choice, { ...opened.options, date }, role, listener);
    }
    this.#date = date;
    return date;
  }

  /** Reads what is open again where it was read for something else than is to be learned from. */
  async readFor(rowKind: RowKind, roles: readonly ('train' | 'eval')[], listener: Listener): Promise<void> {
    for (const role of roles) {
      const opened = this.#opened[role];
      if (!opened || this.#datasets[role]?.report.rowKind === rowKind) continue;
      await this.openData(opened.choice, { ...opened.options, rowKind }, role, listener);
    }
  }

  /** The model to distil from; null: none. @throws UserError `other-tokenizer`, and as any model */
  async openTeacher(
    choice: ModelChoice | null,
    adapter: readonly NamedFile[],
    listener: Listener,
  ): Promise<TeacherInfo | null> {
    const { source: student } = this.model;
    const opened =
      choice && (await openTeacher(choice, adapter, { student, bundledUrl: this.bundledUrl }, listener));
    this.#teacher?.source.close();
    this.#teacher = opened;
    return opened && teacherInfo(opened);
  }

  get teacher(): OtherTeacher | null {
    return this.#teacher;
  }

  /** Ends a download that is under way; what has arrived is kept. */
  cancelModel(): void {
    this.#opening?.abort();
  }

  get bundledUrl(): string {
    return `${this.root}models/tiny/`;
  }

  /** @throws UserError `no-model` */
  get model(): OpenModel {
    if (!this.#model) throw new UserError('no-model', 'No model is open. Choose one first.');
    return this.#model;
  }

  async openData(
    choice: DataChoice,
    options: Parameters<DataClient['openDataset']>[1],
    role: 'train' | 'eval',
    listener: Listener,
  ): Promise<DataReport> {
    // Rows are counted in the model's tokens.
    void this.model;
    this.#scan?.abort();
    const scan = new AbortController();
    this.#scan = scan;
    const files = await this.#files(choice);
    const { learnedPositions, maxPositions } = this.model.config;
    const settled = {
      ...options,
      // After the last learned position there is none to train with.
      ...(learnedPositions && {
        maxLength: Math.min(options.maxLength, maxPositions),
        positions: maxPositions,
      }),
      mapping: options.mapping ?? choice.mapping,
      date: options.date ?? this.date,
    };
    const dataset = await this.data.openDataset(
      files,
      settled,
      (done, total) => listener({ type: 'progress', what: 'Reading the data', done, total }),
      scan.signal,
    );
    const { read, name } = dataset.report;
    if (read === 0) {
      dataset.close();
      throw new UserError(
        'no-rows',
        `${name} is empty: it has no row at all. Nothing was changed. Choose a file with rows.`,
      );
    }
    this.#datasets[role]?.close();
    this.#datasets[role] = dataset;
    this.#opened[role] = { choice: { ...choice, mapping: settled.mapping }, files, options: settled };
    return dataset.report;
  }

  /** Opens the training rows anew without some of them, of which nothing can be read from now on. */
  async leaveOut(rows: readonly number[], listener: Listener): Promise<DataReport> {
    const dataset = this.dataset('train');
    const { options, choice } = this.#opened.train!;
    const { name } = dataset.report;
    const file = new File([await dataset.jsonLinesWithout(rows)], `${name.replace(/\.[^.]*$/, '')}.jsonl`);
    return this.openData({ kind: 'file', file, mapping: choice.mapping }, options, 'train', listener);
  }

  async #files(choice: DataChoice): Promise<readonly File[]> {
    if (choice.kind === 'files') return choice.files;
    return [choice.kind === 'file' ? choice.file : await this.#made(choice)];
  }

  async #made(choice: Exclude<DataChoice, { kind: 'file' | 'files' }>): Promise<File> {
    if (choice.kind === 'text') return new File([choice.text], choice.name);
    if (choice.kind === 'stored') {
      const file = await savedData(choice.name);
      if (file) return file;
      throw new UserError(
        'no-data',
        `The copy of ${choice.name} is gone. The saved run is safe: drop the file again.`,
      );
    }
    const sample = await pageFile(`${this.root}samples/${choice.file}`);
    if (!sample)
      throw new UserError(
        'no-sample',
        `The sample ${choice.file} could not be read. Reload the page, or drop a file of your own.`,
      );
    return new File([sample], choice.file);
  }

  cancelData(): void {
    this.#scan?.abort();
  }

  /** How the open model was chosen. */
  get modelChoice(): ModelChoice {
    return this.#modelChoice;
  }

  /** Where the rows to train on come from. */
  get trainingFile(): OpenedData | null {
    return this.#opened.train;
  }

  /** Held-out rows of a run with these settings that are among its training rows too. */
  async heldOutLeaks(settings: Pick<RunSettings, 'evalFraction' | 'seed'>, most: number): Promise<number> {
    const dataset = this.dataset('train');
    const { heldOut } = heldOutSplit(dataset.rows, settings.evalFraction, settings.seed, most);
    return dataset.leaks([...heldOut]);
  }

  /** Rows to train on, where there are any. */
  get trainingData(): RemoteDataset | null {
    return this.#datasets.train;
  }

  /** @throws UserError `no-data` */
  dataset(role: 'train' | 'eval'): RemoteDataset {
    const dataset = this.#datasets[role] ?? this.#datasets.train;
    if (!dataset) throw new UserError('no-data', 'No dataset is open. Drop a file first.');
    return dataset;
  }

  adapterSettings(settings: RunSettings, begunWith: RunIdentity['initAdapter'] = null): AdapterSettings {
    return adapterSettings(settings, this.model.config.family, begunWith);
  }

  /** The engine that rows of up to `longest` tokens need, and what an adapter puts in front of them. */
  async need(
    settings: RunSettings,
    adapterSettings: AdapterSettings,
    longest: number,
    kernels = {},
  ): Promise<EngineNeed> {
    const calledFor = this.trainingData?.report.calledFor ?? 'answers';
    const { rowsPerExample, recombines, soft } = OBJECTIVES[objectiveOf(settings, calledFor)](settings);
    const length = Math.min(settings.maxLength, Math.max((recombines ? 2 : 1) * longest, 16));
    const { device } = this.#hardware ?? (await this.hardware(this.#device));
    const maxRows = settings.batch * rowsPerExample;
    const withVirtual = length + virtualTokensOf(adapterSettings);
    return {
      device,
      adapterSettings,
      shape: { maxRows, maxLength: Math.ceil(withVirtual / 16) * 16 },
      seed: settings.seed,
      dtype: settings.baseDtype,
      checkpointing: settings.checkpointing === 'on',
      packing: settings.packing,
      ...(soft && { soft: { ...soft, top: Math.min(soft.top, this.model.config.vocab) } }),
      kernels,
    };
  }
}

function templateInfo(own: TokenizerFiles, chosen: string | null): ModelInfo['template'] {
  return { own: own.chatTemplate !== null, chosen, proposed: proposedTemplate(own) };
}

export function everyRow(dataset: Pick<RemoteDataset, 'rows'>): Uint32Array {
  return Uint32Array.from({ length: dataset.rows }, (_, i) => i);
}

/** @throws UserError where none can be used, with this code */
export function needRows(report: DataReport, code: ErrorCode = 'no-rows'): void {
  if (report.used > 0) return;
  const { read, name, waiting, formatReason, keepsAll } = report;
  const what =
    waiting > 0
      ? `None of the ${read} rows of ${name} can be used. ${formatReason}`
      : whyNoRows(report, 'A max length (--max-length) of');
  const next =
    read === 0 ? 'Choose another file.' : keepsAll > 0 ? '' : 'Correct the file, or choose another.';
  throw new UserError(code, `${what} Nothing was changed. ${next}`.trimEnd());
}
