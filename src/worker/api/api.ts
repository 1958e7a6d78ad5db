import type { Scores } from '../../data/scores.ts';
import type { TemplateName } from '../../data/text/template-names.ts';
import type { BadRow, DataOptions, DataReport, RowPreview } from '../../data/types.ts';
import type { EngineInfo, MemoryReport } from '../../engine/engine.ts';
import type { Exported } from '../../export/export.ts';
import type { ExportDtype, FormatWords, Lines } from '../../export/format.ts';
import type { FormatId } from '../../export/formats/list.ts';
import type { NamedFile } from '../../files/named-file.ts';
import type { MeasuredRung } from '../../lab/ladder/measure.ts';
import type { RungName } from '../../lab/ladder/rungs.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import type { QuantisationReport } from '../../loading/quantisation.ts';
import type { ObjectiveName } from '../../objectives/names.ts';
import type { FigureInfo, Figures } from '../../objectives/objective.ts';
import type { RunIdentity } from '../../run/checkpoint.ts';
import type { RunEvent } from '../../run/events.ts';
import type { RunMetrics } from '../../run/record.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { Download } from '../../weights/hub.ts';
import type { AdapterUse } from './adapter-use.ts';
import type { LadderPlan, LadderRequest } from './ladder.ts';
import type {
  AskedRow,
  AskRowsRequest,
  DeviceCheck,
  HeldOutRows,
  NextToken,
  NextTokensRequest,
} from './measures.ts';

/**
 * What the page and the headless commands ask of the run worker, over Comlink. Files cross as handles
 * (`File`, `Blob`); tensors never do. Errors cross as `UserError`'s message with its `code` in front: `code: message`.
 */

export type DeviceChoice = 'auto' | 'webgpu' | 'wasm';

export interface Hardware {
  /** What a run would use now. */
  device: 'webgpu' | 'software' | 'wasm';
  /** For people: `Apple M2`, `SwiftShader (software)`, `CPU (WebAssembly)`. */
  name: string;
  gpu: EngineInfo['gpu'];
  /** Bytes that the adapter says it can hold in one buffer, and in all where known. */
  maxBufferBytes: number | null;
  /** Threads that a run on the processor would have with nobody at the page; 1 on a GPU. */
  threads: number;
  /** Why there is no (hardware) WebGPU and what browser, setting or address would help; null when there is. */
  problem: string | null;
}

/**
 * `files`: a dropped folder, with relative paths in `path`. `endpoint`: a mirror of the hub. `chatTemplate`: a name
 * (`plain`, `chatml`, `alpaca`) or Jinja text, in place of the model's own.
 */
export type ModelChoice = (
  | { kind: 'bundled' }
  | { kind: 'folder'; files: { path: string; blob: Blob }[] }
  | { kind: 'gguf'; file: File }
  | { kind: 'hub'; id: string; revision?: string; token?: string; endpoint?: string }
) & { chatTemplate?: string };

/** What may be asked of a device beside its choice. */
export interface DeviceOptions {
  /** The GPU's matrix units may be used, an experiment of some browsers. */
  matrices?: boolean;
  /** Threads of a run on the processor; null: by the machine's cores. */
  threads?: number | null;
}

export interface ModelInfo {
  id: string;
  name: string;
  kind: ModelChoice['kind'];
  architecture: string;
  layers: number;
  hidden: number;
  vocab: number;
  parameters: number;
  contextLength: number;
  bytes: number;
  /** The type that most values are stored in: `f16`, `q4_1`; also how they are held where nothing else is chosen. */
  precision: string;
  licence: string | null;
  /** Whether conversations go through a chat template, its own or a chosen one. */
  hasTemplate: boolean;
  /** Whether it brings one; what was chosen in its place (a name or Jinja text); what to propose where it has none. */
  template: { own: boolean; chosen: string | null; proposed: TemplateName };
  /** Target suffixes of its blocks, in order, and the default choice. */
  targets: string[];
  defaultTargets: string[];
  /** The same for (IA)³. */
  ia3Targets: string[];
  /** The formats that an adapter on it, or an unfinished run, can be exported in, and why not where it cannot. */
  exports: FormatWords<FormatId>[];
  /** What was ignored or read in another way than its config.json says; told on opening and as warnings of a run. */
  notes: string[];
}

/** A second model, to distil from. */
export interface TeacherInfo {
  name: string;
  bytes: number;
  /** It is asked with an adapter. */
  adapter: boolean;
}

/** `sample`: a file name in public/samples. */
export type DataChoice = (
  | { kind: 'file'; file: File }
  | { kind: 'files'; files: File[] }
  | { kind: 'sample'; file: string }
  | { kind: 'text'; name: string; text: string }
  /** The copy that was kept with a saved run. */
  | { kind: 'stored'; name: string }
) & {
  /** Columns chosen by the person. */
  mapping?: DataOptions['mapping'];
};

export type { RunEvent, RunState, StepEvent } from '../../run/events.ts';

export interface TrainRequest {
  settings: RunSettings;
  /** Asked every `sampleEvery` steps, before and after. */
  prompts: string[];
  sampleEvery: number | null;
  sampleTokens: number;
  /** Send ids and labels with each step event. */
  trace: boolean;
  /** Largest number of held-out rows (page: 200). */
  maxEvalRows: number | null;
  /** Held-out rows from another file, opened by `openData(…, 'eval')`. */
  evalData: boolean;
  /** Files of an adapter to go on from. */
  initAdapter?: NamedFile[];
  /** The tuner's choice to use (`--kernels`). */
  kernels?: Record<string, string>;
  /** Most bytes of GPU memory that the plan may ask for. */
  memoryLimit?: number;
  /** A checkpoint file to go on from; `saved`: the one of the run that the page keeps. */
  resume?: { name: string; bytes: Uint8Array } | 'saved';
  /** Kept in the browser under this name while it runs, so that it can be resumed when the page was closed. */
  keepAs?: string;
  /** What the page calls the data, for the visit on which the run goes on. */
  dataTitle?: string;
  /** The settings as the person chose them, where the page has filled in what they left open; likewise. */
  chosen?: RunSettings;
}

export interface RunSummary extends RunMetrics {
  /** The adapter on the shelf. */
  adapter: string;
  method: RunSettings['method'];
  objective: ObjectiveName;
  /** The objective's own figures in the last step; null where it has none. */
  metrics: Figures | null;
  parameters: number;
  /** `estimated`: used, dropped and bad_count are, from a sample of a large file. */
  rows: {
    read: number;
    used: number;
    dropped: number;
    bad_count: number;
    bad: BadRow[];
    estimated?: true;
  };
  memory: MemoryReport;
  dispatches_per_step: number | null;
  submits_per_step: number | null;
  device: EngineInfo['device'];
  gpu: EngineInfo['gpu'];
  kernels: Record<string, string>;
  warnings: string[];
  /** Stopped by the person before its last step. */
  stopped: boolean;
  /** Ended by `interrupt`, to be resumed. */
  interrupted: boolean;
}

export interface GenerateRequest {
  prompt: string;
  system?: string;
  /** Earlier turns, for the chat. */
  history?: { role: string; content: string }[];
  raw: boolean;
  maxTokens: number;
  temperature: number;
  topP: number;
  seed: number;
  /** Null: the base alone. */
  adapter: AdapterUse | null;
}

export interface GenerateResult {
  prompt: string;
  text: string;
  input_ids: number[];
  output_ids: number[];
  stop: 'eos' | 'length';
  tokens_per_second: number;
}

export interface EvaluateResult {
  loss: number;
  perplexity: number;
  rows: number;
  dropped: number;
  tokens: number;
  supervised_tokens: number;
  /** Of pairs: the share in which the better answer gains more on the base, and by how much on the mean, in nats. */
  preference_accuracy?: number;
  margin?: number;
}

export interface ScoreRequest {
  /** Null: the base alone. */
  adapter: AdapterUse | null;
  raw: boolean;
  /** Rows of the open training data that stand before each question in the prompt. */
  shots: number;
}

export interface ScoreResult extends Scores {
  /** The last user turn of each row, its reference, and what the model said. */
  answers: { line: number; prompt: string; reference: string; answer: string }[];
}

/** A figure of the objective over a run: what it is, and its values (null: not a number). */
export interface KeptFigure extends FigureInfo {
  values: (number | null)[];
}

/** A finished or stopped run as the page keeps it: settings, curve, figures and a note; no row and no answer. */
export interface PastRun {
  id: string;
  name: string;
  note: string;
  /** ISO date. */
  ended: string;
  model: string;
  data: string;
  settings: RunSettings;
  summary: RunSummary;
  /** Smoothed loss and held-out points, thinned to what a screen can show. */
  curve: {
    step: number[];
    loss: number[];
    heldStep: number[];
    heldLoss: number[];
    /** The objective's own figures at these steps; runs of earlier versions have none. */
    figures?: KeptFigure[];
  };
  /** The task's own figure, where the data say what is right. */
  figure: { what: string; before: number; after: number } | null;
  /** Loss on the page's general rows. */
  elsewhere: { before: number; after: number } | null;
  /** Of the adapter kept with it; 0: none is. */
  adapterBytes: number;
}

/** A run that was open when the page was closed. */
export interface SavedRun {
  name: string;
  /** ISO date. */
  began: string;
  /** `choice` null: it was dropped and must be dropped again. */
  model: {
    choice: ModelChoice | null;
    name: string;
    /** The chat template that was chosen in place of its own. */
    chatTemplate?: string;
  };
  data: { choice: DataChoice | null; name: string };
  request: TrainRequest;
  /** Of its newest whole checkpoint. */
  step: number;
}

/** Estimate for settings that are not running yet. */
export interface PlannedMemory {
  base: number;
  adapter: number;
  optimizer: number;
  activation: number;
}

export interface RunCost {
  memory: PlannedMemory;
  trainableParameters: number;
}

export interface Estimate extends RunCost {
  steps: number;
  /** What a teacher gives to the rows, beside that memory, where the objective learns from one. */
  teacherBytes?: number;
  /** Where a second model reads the rows first, what it takes then; null: none is open. */
  teacherMemory?: PlannedMemory | null;
  /** The same run by LoRA, and with supervised training; null where it is that. */
  beside: { lora: RunCost | null; supervised: RunCost | null };
  /** Null until a step was measured on this device for this model. */
  seconds: number | null;
}

/** What an adapter that was brought says of itself. */
export interface AdapterInfo {
  /** Under which it stands on the shelf. */
  id: string;
  /** Those of a run that goes on from it, where they are its own. */
  settings: Partial<RunSettings>;
  /** What a person should know before using it, in sentences. */
  notes: string[];
}

/** A trained embedding in front of every row. */
export interface VirtualToken {
  /** By falling cosine. */
  nearest: { id: number; text: string; cosine: number }[];
  /** ‖p − p⁰‖ / ‖p⁰‖; null where its beginning is not known. */
  moved: number | null;
}

export interface ExportRequest {
  /** Id of an adapter on the shelf; null for a form that an unfinished run is written in. */
  adapter: string | null;
  format: FormatId;
  /** Null: the format's own choice. */
  dtype: ExportDtype | null;
  /** Path or file name that the note and the card call the result by. */
  target: string;
  /** With the bundled base beside an adapter of it, which lies nowhere else. */
  withBase?: boolean;
  /** For formats that a run is written in; without it, the one of the run that the page keeps. */
  checkpoint?: { name: string; bytes: Uint8Array };
}

export interface Quantisation extends QuantisationReport {
  /** Of the base alone, as stored and as held; null where it could not be measured. */
  loss: { rows: number; stored: number; held: number } | null;
}

/** An export as one file to save. */
export interface DownloadRequest extends Pick<ExportRequest, 'adapter' | 'format' | 'dtype'> {
  /** What the file is called, without its ending. */
  name: string;
  /** The bundled base beside an adapter, so that what is downloaded works by itself. */
  includeBase: boolean;
  /** Model card in place of ours; null: ours. */
  card: string | null;
}

export interface LinesRequest extends Pick<DownloadRequest, 'format' | 'dtype' | 'name'> {
  /** The adapter was trained without the chat template. */
  raw: boolean;
}

/** What this browser keeps of a person's, with its bytes where files are kept. */
export interface KeptData {
  run: { name: string; bytes: number } | null;
  history: { count: number; bytes: number };
  models: { count: number; bytes: number };
  /** Bytes of what was made of large files that are open, here or in another tab; gone when they are closed. */
  openData: number;
  kernels: boolean;
}

export type { BaseDtype } from '../../loading/base-dtype.ts';
export type * from './ladder.ts';
export type * from './measures.ts';
export type { Download, Exported };

export type SaveCheckpoint = (step: number, file: Uint8Array) => Promise<void>;

export interface WorkerApi {
  hardware(choice: DeviceChoice, options?: DeviceOptions): Promise<Hardware>;
  /** Whether the person looks at another tab: then a run on the processor takes every core. */
  setAway(away: boolean): Promise<void>;
  openModel(choice: ModelChoice, listener: (event: RunEvent) => void): Promise<ModelInfo>;
  /**
   * Another chat template for the open model, by name or as Jinja text; null: its own. Open data have to be opened again.
   */
  setChatTemplate(choice: string | null): Promise<ModelInfo>;
  /** Rows as such a template would have them rendered and trained: tokens, or the sentence of a refusal. */
  tryTemplate(
    choice: string,
    rows: readonly Record<string, unknown>[],
    options: DataOptions,
  ): Promise<(RowPreview['tokens'] | string)[]>;
  /**
   * Opens the model that a run with the objective distil learns from, with an adapter on it where its files are given;
   * null: none. It has to have the tokenizer of the open model.
   */
  openTeacher(
    choice: ModelChoice | null,
    adapter: NamedFile[],
    listener: (event: RunEvent) => void,
  ): Promise<TeacherInfo | null>;
  /** Ends a download from the hub that is under way; what has arrived is kept, and what was open stays so. */
  cancelModel(): Promise<void>;
  openData(
    choice: DataChoice,
    options: DataOptions,
    role: 'train' | 'eval',
    listener: (event: RunEvent) => void,
  ): Promise<DataReport>;
  /** Stops a scan that is under way. */
  cancelData(): Promise<void>;
  previewRows(begin: number, end: number): Promise<RowPreview[]>;
  /** Held-out rows of such a run, at most so many of them, whose very text is trained on as well. */
  heldOutLeaks(settings: Pick<RunSettings, 'evalFraction' | 'seed'>, most: number): Promise<number>;
  /** The open data as JSON Lines, whatever they came as. */
  dataAsJsonLines(): Promise<Blob>;
  estimate(settings: RunSettings): Promise<Estimate>;
  /** Puts an adapter on the shelf, to try in the chat, to evaluate or to export: a PEFT folder, or one zip. */
  addAdapter(files: NamedFile[]): Promise<AdapterInfo>;
  removeAdapter(id: string): Promise<void>;
  /** Of an adapter that is a soft prompt, the nearest tokens of each virtual one, at most so many; null of any other. */
  virtualTokens(id: string, most: number): Promise<VirtualToken[] | null>;
  /** What a base precision saves and costs: size, error of every matrix, loss on the open data. */
  quantisation(dtype: BaseDtype, listener: (event: RunEvent) => void): Promise<Quantisation>;
  /** How the base is held for answers and measurements when no run decided it. */
  setBaseDtype(dtype: BaseDtype): Promise<void>;

  /** `save` takes each checkpoint, and has kept it when it answers; without it there are none. */
  train(
    request: TrainRequest,
    listener: (event: RunEvent) => void,
    save?: SaveCheckpoint,
  ): Promise<RunSummary>;
  /** Which run a request is. */
  identity(request: TrainRequest): Promise<RunIdentity>;
  /** What of a request differs from the run that a checkpoint is of, by name. */
  differences(request: TrainRequest, of: RunIdentity): Promise<string[]>;
  /** Ends the run with a checkpoint; false where no run is under way. */
  interrupt(): Promise<boolean>;
  /** A run to offer to go on with; null where there is none. */
  savedRun(): Promise<SavedRun | null>;
  forgetSavedRun(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;

  generate(request: GenerateRequest, onText: (text: string) => void): Promise<GenerateResult>;
  cancelGenerate(): Promise<void>;
  /** Logits of the prompt's last position. */
  promptLogits(request: GenerateRequest): Promise<{ input_ids: number[]; logits: Float32Array }>;
  evaluate(adapter: AdapterUse | null, listener: (event: RunEvent) => void): Promise<EvaluateResult>;
  /** Answers each row of the open evaluation data greedily and compares with its reference. */
  score(request: ScoreRequest, listener: (event: RunEvent) => void): Promise<ScoreResult>;
  /** Rows that a run with these settings holds out of the open data, at most so many. */
  heldOutRows(settings: { evalFraction: number; seed: number }, most: number): Promise<HeldOutRows>;
  askRows(request: AskRowsRequest): Promise<AskedRow[]>;
  /** Token losses on the page's own general rows, from one row to another: what training cost elsewhere. */
  generalLoss(
    adapter: AdapterUse | null,
    begin: number,
    end: number,
  ): Promise<{ lossSum: number; tokens: number; rows: number }>;
  /**
   * Takes what a ladder is made of from the open data: the rows of `eval` are held out, and training rows that ask what one of
   * them asks are left out of what is open from now on.
   */
  prepareLadder(request: LadderRequest, listener: (event: RunEvent) => void): Promise<LadderPlan>;
  /** A rung of the ladder that was prepared, with an adapter where it is of one. */
  measureRung(
    name: RungName,
    adapter: AdapterUse | null,
    listener: (event: RunEvent) => void,
  ): Promise<MeasuredRung>;
  nextTokens(request: NextTokensRequest): Promise<NextToken[]>;
  /** Steps of a run at which its adapter is at hand too, as `ID@STEP`. */
  adapterSteps(id: string): Promise<number[]>;
  /** Replays committed steps on this device. Not while a run trains. */
  checkDevice(choice: DeviceChoice, listener: (event: RunEvent) => void): Promise<DeviceCheck>;
  /** Runs of this page and of earlier visits, the newest first. */
  pastRuns(): Promise<PastRun[]>;
  /** Keeps a run, with an adapter where one is named and small; answers with the run as kept. */
  keepRun(run: PastRun, adapter: string | null): Promise<PastRun>;
  removeRun(id: string): Promise<void>;
  /** The adapter of a past run as a .zip, called after `name`; null where it is not kept. */
  pastAdapter(id: string, name: string): Promise<{ name: string; blob: Blob } | null>;
  /** Logits [tokens, vocab] of the first row of the open data. */
  rowLogits(
    adapter: AdapterUse | null,
  ): Promise<{ input_ids: number[]; logits: Float32Array; vocab: number }>;

  /** An adapter as PEFT files with card and run.json. */
  adapterFiles(id: string): Promise<NamedFile[]>;
  /** An adapter, or an unfinished run, in another program's form. Blobs, since a merged model is large. */
  exportFiles(request: ExportRequest): Promise<Exported>;
  /** An export as the one file that a person saves: a zip, or a bare GGUF. */
  download(
    request: DownloadRequest,
    listener: (event: RunEvent) => void,
  ): Promise<{ name: string; blob: Blob }>;
  /** Ends a download or a measurement of a precision that is under way; it then fails with `stopped`. */
  stopWork(): Promise<void>;
  /** The lines that load a download where it was saved and unpacked. */
  exportLines(request: LinesRequest): Promise<Lines>;
  /** The model card that an export comes with. */
  exportCard(request: ExportRequest): Promise<string>;
  /** What this browser keeps, and an end to it: nothing is kept from now on, or all that is kept is erased. */
  keptData(): Promise<KeptData>;
  keepNothing(nothing: boolean): Promise<void>;
  eraseData(): Promise<void>;
  /** Models from the hub that are kept in this browser. */
  downloads(): Promise<Download[]>;
  removeDownload(key: string): Promise<void>;
}
