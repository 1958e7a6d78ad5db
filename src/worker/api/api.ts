import type { Question } from '../../data/forms/questions.ts';
import type { DataOptions, DataReport, RowPreview } from '../../data/types.ts';
import type { Exported } from '../../export/export.ts';
import type { Lines } from '../../export/format.ts';
import type { NamedBlob, NamedFile } from '../../files/named-file.ts';
import type { Attempt } from '../../lab/distillation/made.ts';
import type { Reason } from '../../lab/distillation/sieve.ts';
import type { Stages } from '../../lab/distillation/stages.ts';
import type { MeasuredRung } from '../../lab/ladder/measure.ts';
import type { LadderResult } from '../../lab/ladder/report.ts';
import type { RungName } from '../../lab/ladder/rungs.ts';
import type { FrontierResult } from '../../lab/progression/points.ts';
import type { Part } from '../../lab/tasks/mix.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import type { SiteCosines } from '../../merging/cosine.ts';
import type { MovedPart } from '../../methods/method.ts';
import type { RunIdentity } from '../../run/checkpoint.ts';
import type { RunEvent } from '../../run/events.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { Download } from '../../weights/hub.ts';
import type { AdapterUse } from './adapter-use.ts';
import type {
  EvaluateResult,
  GenerateRequest,
  GenerateResult,
  ScoreRequest,
  ScoreResult,
} from './answers.ts';
import type { DistilFigures, DistilFiguresRequest, MakeRowsRequest, SiftRequest } from './distil.ts';
import type { ExperimentId, KeptExperiments } from './experiments.ts';
import type { FrontierFigures } from './frontier.ts';
import type { Influence, InfluenceRequest } from './influence.ts';
import type { LadderFigures, LadderKinds, LadderPlan, LadderRequest } from './ladder.ts';
import type {
  AskedRow,
  AskRowsRequest,
  DeviceCheck,
  HeldOutRows,
  NextToken,
  NextTokensRequest,
  RowLosses,
} from './measures.ts';
import type { MergeInfo, MergeRequest } from './merging.ts';
import type { DeviceChoice, DeviceOptions, Hardware, ModelChoice, ModelInfo, TeacherInfo } from './models.ts';
import type { RowQuery } from './rows.ts';
import type {
  AdapterInfo,
  DownloadRequest,
  ExportRequest,
  LinesRequest,
  Quantisation,
  ShelfEntry,
  VirtualToken,
} from './taking.ts';
import type {
  ReduceInfo,
  ReduceRequest,
  ReplayRequest,
  TaskAnswers,
  TasksFigures,
  TasksFiguresRequest,
  TasksPlan,
  TasksRequest,
} from './tasks.ts';
import type { AnswersRequest, InventRequest, MadeAnswers, MadeText } from './teaching.ts';
import type {
  DataChoice,
  Estimate,
  PastRun,
  RunSummary,
  SaveCheckpoint,
  SavedRun,
  TrainRequest,
} from './training.ts';

/**
 * What the page and the headless commands ask of the run worker, over Comlink. Files cross as handles
 * (`File`, `Blob`); tensors never do. Errors cross as `UserError`'s message with its `code` in front: `code: message`.
 */

export type { RunEvent, RunState, StepEvent } from '../../run/events.ts';

/** What this browser keeps of a person's, with its bytes where files are kept. */
export interface KeptData {
  run: { name: string; bytes: number } | null;
  history: { count: number; bytes: number; expectations: number };
  /** Of the lab, each with its questions and answers, and the files that were given. */
  experiments: { id: ExperimentId; name: string; bytes: number }[];
  models: { count: number; bytes: number };
  /** Bytes of what was made of large files that are open, here or in another tab; gone when they are closed. */
  openData: number;
  kernels: boolean;
}

export type { BaseDtype } from '../../loading/base-dtype.ts';
export type * from './answers.ts';
export type * from './distil.ts';
export type * from './experiments.ts';
export type * from './frontier.ts';
export type * from './influence.ts';
export type * from './ladder.ts';
export type * from './measures.ts';
export type * from './merging.ts';
export type * from './models.ts';
export type * from './taking.ts';
export type * from './tasks.ts';
export type * from './teaching.ts';
export type * from './training.ts';
export type { Download, Exported };

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
  /** Opens the training rows anew with rows to replay among them, none of which asks what a row of `eval` asks. */
  mixReplay(request: ReplayRequest, listener: (event: RunEvent) => void): Promise<DataReport>;
  /** Stops a scan that is under way. */
  cancelData(): Promise<void>;
  previewRows(begin: number, end: number): Promise<RowPreview[]>;
  /** Places of the rows that are asked for, from `begin` up to `end`. */
  findRows(query: RowQuery, begin: number, end: number): Promise<number[]>;
  /** Held-out rows of such a run, at most so many of them, whose very text is trained on as well. */
  heldOutLeaks(settings: Pick<RunSettings, 'evalFraction' | 'seed'>, most: number): Promise<number>;
  /** The open data as JSON Lines, whatever they came as. */
  dataAsJsonLines(): Promise<Blob>;
  /** Some rows of it, by their places among the used ones. */
  rowsAsJsonLines(rows: number[]): Promise<Blob>;
  estimate(settings: RunSettings): Promise<Estimate>;
  /** Puts an adapter on the shelf, to try in the chat, to evaluate or to export: a PEFT folder, or one zip. */
  addAdapter(files: NamedFile[]): Promise<AdapterInfo>;
  removeAdapter(id: string): Promise<void>;
  /** Keeps the adapter of a run, of which else only the latest stay, until it is removed. */
  holdAdapter(id: string): Promise<void>;
  /** Every adapter that is at hand: of files, of runs that have ended, of merges. */
  shelf(): Promise<ShelfEntry[]>;
  /** Of an adapter that is a soft prompt, the nearest tokens of each virtual one, at most so many; null of any other. */
  virtualTokens(id: string, most: number): Promise<VirtualToken[] | null>;
  /** How far each part of an adapter has moved, as a run tells it; null where its method does not know. Not while a run trains. */
  movedParts(id: string): Promise<MovedPart[] | null>;
  /** Merges adapters of the shelf into another one on it. `stopWork` ends it. */
  mergeAdapters(request: MergeRequest, listener: (event: RunEvent) => void): Promise<MergeInfo>;
  /** The cosine of the changes of each pair of adapters of the shelf, weight by weight. `stopWork` ends it. */
  compareAdapters(ids: string[], listener: (event: RunEvent) => void): Promise<SiteCosines[]>;
  /** Puts an adapter on the shelf whose intruder dimensions are smaller than those of another there. `stopWork` ends it. */
  reduceIntruders(request: ReduceRequest, listener: (event: RunEvent) => void): Promise<ReduceInfo>;
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
  /** Loss of each trained token of these rows of the open data, by an adapter or the base alone. Not while a run trains. */
  rowLosses(rows: number[], adapter: AdapterUse | null): Promise<RowLosses[]>;
  /** Which training rows pull an adapter the way an answer of its would. Not while a run trains. */
  influence(request: InfluenceRequest, listener: (event: RunEvent) => void): Promise<Influence>;
  cancelInfluence(): Promise<void>;
  /** Token losses on the page's own general rows, from one row to another: what training cost elsewhere. */
  generalLoss(
    adapter: AdapterUse | null,
    begin: number,
    end: number,
  ): Promise<{ lossSum: number; tokens: number; rows: number }>;
  /**
   * Takes what a ladder is made of from the open data: the rows of `eval` are held out, or some of the open ones, and training
   * rows that ask what one of them asks are left out: of what is open from now on, unless that is to stay as it is.
   */
  prepareLadder(request: LadderRequest, listener: (event: RunEvent) => void): Promise<LadderPlan>;
  /** A rung of the ladder that was prepared, with an adapter where it is of one. */
  measureRung(
    name: RungName,
    adapter: AdapterUse | null,
    listener: (event: RunEvent) => void,
  ): Promise<MeasuredRung>;
  /** Intervals, tests and the recommendation, which take thousands of draws: no work for the page's own thread. */
  ladderFigures(measured: LadderFigures): Promise<LadderResult>;
  /** The experiment that this browser keeps; null where there is none. */
  keptExperiment<Id extends ExperimentId>(id: Id): Promise<KeptExperiments[Id] | null>;
  /** Keeps it in place of the one before. */
  keepExperiment<Id extends ExperimentId>(id: Id, record: KeptExperiments[Id]): Promise<void>;
  forgetExperiment(id: ExperimentId): Promise<void>;
  /** Kinds of questions among the rows of the ladder; null where they are too few, or too much of one kind. */
  ladderKinds(listener: (event: RunEvent) => void): Promise<LadderKinds | null>;
  /** The rung of one adapter for each kind, in the order of those. */
  measureApart(adapters: readonly AdapterUse[], listener: (event: RunEvent) => void): Promise<MeasuredRung>;
  /**
   * Takes the rows of several tasks; what asks what a held-out row of any of them asks is left out of all that is trained on.
   */
  prepareTasks(request: TasksRequest, listener: (event: RunEvent) => void): Promise<TasksPlan>;
  /** Opens rows of the tasks that were prepared as what is trained on next. */
  openMixture(parts: Part[], listener: (event: RunEvent) => void): Promise<DataReport>;
  /** Answers to the held-out rows of a task that was prepared. */
  answerTask(
    task: number,
    adapter: AdapterUse | null,
    listener: (event: RunEvent) => void,
  ): Promise<TaskAnswers>;
  /** Mean loss on some training rows of each task that was prepared, to choose by. */
  lossOnTraining(adapter: AdapterUse | null): Promise<number>;
  /** Mean loss on the half of the general rows that is never replayed; null where it cannot be read. */
  lossElsewhere(adapter: AdapterUse | null): Promise<number | null>;
  /** Intervals and tests of what is done so far of an experiment with several tasks. */
  tasksFigures(request: TasksFiguresRequest): Promise<TasksFigures | null>;
  /** The open rows as things to ask; those without an answer are left out. */
  questions(role: 'train' | 'eval'): Promise<Question[]>;
  /** Answers questions greedily, so that another model learns from them. */
  answerQuestions(request: AnswersRequest, listener: (event: RunEvent) => void): Promise<MadeAnswers>;
  /** Writes questions like those of rows. */
  inventQuestions(request: InventRequest, listener: (event: RunEvent) => void): Promise<MadeText[]>;
  /** The open rows to train on and to hold out: those of `eval`, or a quarter of them. */
  splitRows(request: { heldOut: boolean; seed: number }): Promise<NonNullable<Stages['rows']>>;
  /** Has the open model answer questions, its own or a person's; `onAttempts` gets those that came since. */
  makeRows(
    request: MakeRowsRequest,
    listener: (event: RunEvent) => void,
    onAttempts: (more: Attempt[]) => void,
  ): Promise<void>;
  /** Why each row that a teacher made is not kept; null: it is. */
  siftRows(request: SiftRequest): Promise<(Reason | null)[]>;
  distilFigures(request: DistilFiguresRequest): Promise<DistilFigures>;
  /** Intervals, tests and the choice among points, each a model in a precision. */
  frontierFigures(measured: FrontierFigures): Promise<FrontierResult>;
  /** Lets go of the device's memory until something is asked or trained again. Not while a run trains. */
  makeRoom(): Promise<void>;
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
  /** The open model as a folder for transformers; null: in halves where it is stored so, else in float32. */
  modelFiles(dtype: 'f16' | 'f32' | null): Promise<NamedBlob[]>;
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
