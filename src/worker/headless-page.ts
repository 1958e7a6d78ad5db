import { proxy, type Remote } from 'comlink';
import { wholeText } from '../data/files/utf8.ts';
import type { Question } from '../data/forms/questions.ts';
import type { DataOptions, DataReport } from '../data/types.ts';
import type { NamedFile } from '../files/named-file.ts';
import { isSoftware, requestAdapter } from '../gpu/device.ts';
import type { MeasuredRung } from '../lab/ladder/measure.ts';
import type { RungName } from '../lab/ladder/rungs.ts';
import type { Part } from '../lab/tasks/mix.ts';
import type { SiteCosines } from '../merging/cosine.ts';
import type { RunIdentity } from '../run/checkpoint.ts';
import type {
  AnswersRequest,
  BaseDtype,
  DeviceChoice,
  DeviceOptions,
  EvaluateResult,
  Exported,
  ExportRequest,
  GenerateRequest,
  GenerateResult,
  Hardware,
  InventRequest,
  LadderKinds,
  LadderPlan,
  LadderRequest,
  MadeAnswers,
  MadeText,
  MergeInfo,
  MergeRequest,
  ModelChoice,
  ModelInfo,
  ReduceInfo,
  ReduceRequest,
  RunEvent,
  RunSummary,
  ScoreRequest,
  ScoreResult,
  TaskAnswers,
  TasksPlan,
  TasksRequest,
  TeacherInfo,
  TrainRequest,
  WorkerApi,
} from './api/api.ts';
import { connectWorker } from './api/client.ts';

/** A model as the commands name it; files of a folder and a GGUF file are those of `#model`. */
export type HeadlessModel =
  | ({ kind: 'folder'; name: string } & Pick<ModelChoice, 'chatTemplate' | 'slices'>)
  | ({ kind: 'gguf' } & Pick<ModelChoice, 'chatTemplate' | 'slices'>)
  | Extract<ModelChoice, { kind: 'bundled' | 'hub' }>;

/** A command has one adapter at most: 0 asks the base alone, 1 the adapter as it was trained. */
type Asked<Request> = Omit<Request, 'adapter'> & { strength: number };

/** Tasks by name, as the commands name their files. */
export type HeadlessTasks = Omit<TasksRequest, 'tasks' | 'replay'> & {
  tasks: { name: string; heldOut: number | null }[];
  replay: 'general' | 'file' | null;
};

/**
 * What the headless commands drive (`headless.html`): the page's own worker, with files from file inputs as a
 * drop on the page would give them. Small values go back as results; bytes are sent to the command's own server.
 */
export interface HeadlessBridge {
  /** Whether this browser gives a WebGPU adapter at all, and whether it is computed in software. */
  adapter(): Promise<'hardware' | 'software' | null>;
  hardware(device: DeviceChoice, options?: DeviceOptions): Promise<Hardware>;
  openModel(choice: HeadlessModel): Promise<ModelInfo>;
  /** The model of the files of `#teacher`, or another, with the adapter of `#teacher-adapter` where there is one. */
  openTeacher(choice: HeadlessModel): Promise<TeacherInfo | null>;
  setBaseDtype(dtype: BaseDtype): Promise<void>;
  openData(role: 'train' | 'eval', options: Omit<DataOptions, 'forms'>): Promise<DataReport>;
  /** The rows of `#replay`, or the general ones, among the training rows. */
  mixReplay(request: { general: boolean; share: number; seed: number }): Promise<DataReport>;
  /** The files of `#adapter`. */
  /** @returns what a person should know of it */
  setAdapter(): Promise<string[]>;
  /** The files of `#adapter`, as one of several to be merged. */
  addSource(): Promise<{ id: string; notes: string[] }>;
  /** Merges sources; what comes of it is the adapter from then on, in place of one that was merged before. */
  merge(request: MergeRequest): Promise<Omit<MergeInfo, 'adapter'>>;
  /**
   * Goes on from the files of `#adapter` where there are any, and with the file of `#checkpoint` from there; checkpoints
   * are sent to `to`/step.
   */
  train(request: TrainRequest, to: string): Promise<Omit<RunSummary, 'adapter'>>;
  /** Bytes that a run with these settings would take on the open model, its rows as long as they may be. */
  plan(settings: TrainRequest['settings']): Promise<number>;
  identity(request: TrainRequest): Promise<RunIdentity>;
  differences(request: TrainRequest, of: RunIdentity): Promise<string[]>;
  interrupt(): Promise<boolean>;
  stop(): Promise<void>;
  sendAdapterFiles(to: string): Promise<string[]>;
  generate(request: Asked<GenerateRequest>): Promise<GenerateResult>;
  sendPromptLogits(request: Asked<GenerateRequest>, to: string): Promise<{ input_ids: number[] }>;
  evaluate(strength: number): Promise<EvaluateResult>;
  score(request: Asked<ScoreRequest>): Promise<ScoreResult>;
  /** Rows of the training data that a run with these settings holds out. */
  heldOutRows(settings: { evalFraction: number; seed: number }): Promise<number[]>;
  sendRowLogits(strength: number, to: string): Promise<{ input_ids: number[]; vocab: number }>;
  /** Mean loss on the page's general rows. */
  generalLoss(strength: number): Promise<number | null>;
  /** A ladder over the files of `#data`, `#eval-data` and `#documents`. */
  prepareLadder(request: Omit<LadderRequest, 'documents'>): Promise<LadderPlan>;
  measureRung(name: RungName, strength: number): Promise<MeasuredRung>;
  ladderKinds(): Promise<LadderKinds | null>;
  /** Adapters of `addSource`, one for each kind. */
  measureApart(adapters: readonly string[]): Promise<MeasuredRung>;
  /** Tasks over the files of `#tasks`; `heldOut` is a place among those of `#task-evals`. `replay` `file`: `#replay`. */
  prepareTasks(request: HeadlessTasks): Promise<TasksPlan>;
  openMixture(parts: Part[]): Promise<DataReport>;
  answerTask(task: number, strength: number): Promise<TaskAnswers>;
  lossElsewhere(strength: number): Promise<number | null>;
  /** `strength` scales the adapter; see `scaleAdapter`. */
  lossOnTraining(strength: number): Promise<number>;
  /** Makes the adapter, which is called so, so many times as large. */
  scaleAdapter(factor: number, name: string): Promise<void>;
  /** Sources side by side, and off the shelf again. */
  compareSources(ids: string[]): Promise<SiteCosines[]>;
  removeSources(ids: string[]): Promise<void>;
  /** What comes of it is the adapter from then on. */
  reduceIntruders(request: Omit<ReduceRequest, 'adapter'>): Promise<ReduceInfo['sites']>;
  /** The rows of `#data` or `#eval-data` as things to ask. */
  questions(role: 'train' | 'eval'): Promise<Question[]>;
  answerQuestions(request: Asked<AnswersRequest>): Promise<MadeAnswers>;
  inventQuestions(request: Asked<InventRequest>): Promise<MadeText[]>;
  /** Makes an export, of the run of `#checkpoint` for formats that a run is written in; `sendExport` then sends its files. */
  prepareExport(request: Omit<ExportRequest, 'adapter'>): Promise<{ names: string[]; note: string }>;
  /** The open model as a folder for transformers; `sendExport` then sends its files. */
  prepareModel(dtype: 'f16' | 'f32' | null): Promise<string[]>;
  sendExport(to: string): Promise<void>;
}

declare global {
  interface Window {
    lowrank: Promise<HeadlessBridge>;
    /** Put here by the command: takes the run's events, in order. */
    lowrankEvent(event: RunEvent): Promise<void>;
  }
}

function filesOf(input: string): File[] {
  return [...(document.querySelector<HTMLInputElement>(`#${input}`)?.files ?? [])];
}

async function send(to: string, bytes: Uint8Array | Float32Array | Blob): Promise<void> {
  const response = await fetch(to, { method: 'PUT', body: bytes as BufferSource as ArrayBuffer });
  if (!response.ok) throw new Error(`the command did not take ${to}: ${response.status}`);
}

function inMemory(input: string): Promise<NamedFile[]> {
  return Promise.all(
    filesOf(input).map(async (file) => ({
      path: file.name,
      bytes: new Uint8Array(await file.arrayBuffer()),
    })),
  );
}

async function wholeRequest(request: TrainRequest): Promise<TrainRequest> {
  const initAdapter = await inMemory('adapter');
  return { ...request, ...(initAdapter.length > 0 ? { initAdapter } : {}) };
}

function modelChoice(choice: HeadlessModel, input = 'model'): ModelChoice {
  const files = filesOf(input);
  const { chatTemplate, slices } = choice;
  if (choice.kind === 'folder')
    return {
      kind: 'folder',
      chatTemplate,
      slices,
      files: files.map((file) => ({ path: `${choice.name}/${file.name}`, blob: file })),
    };
  return choice.kind === 'gguf' ? { kind: 'gguf', file: files[0], chatTemplate, slices } : choice;
}

function bridge(worker: Remote<WorkerApi>): HeadlessBridge {
  // Events must all have arrived before the result that follows them.
  let delivered: Promise<unknown> = Promise.resolve();
  let prepared: Pick<Exported, 'files'> | null = null;
  /** The adapter that was set or trained. */
  let adapter: string | null = null;
  const replaceBy = async (id: string) => {
    if (adapter !== null) await worker.removeAdapter(adapter);
    adapter = id;
  };
  const use = (strength: number) => (adapter === null || strength === 0 ? null : { id: adapter, strength });
  const listener = proxy((event: RunEvent) => {
    const sent = window.lowrankEvent(event);
    delivered = Promise.all([delivered, sent]);
  });
  const settled = async <T>(result: T): Promise<T> => {
    await delivered;
    return result;
  };
  return {
    async adapter() {
      const adapter = await requestAdapter(navigator.gpu);
      if (!adapter) return null;
      return isSoftware(adapter.info) ? 'software' : 'hardware';
    },
    async hardware(device, options) {
      // Nobody looks at this page.
      await worker.setAway(true);
      return worker.hardware(device, options);
    },
    openModel: async (choice) => settled(await worker.openModel(modelChoice(choice), listener)),
    async openTeacher(choice) {
      const adapter = await inMemory('teacher-adapter');
      return settled(await worker.openTeacher(modelChoice(choice, 'teacher'), adapter, listener));
    },
    setBaseDtype: (dtype) => worker.setBaseDtype(dtype),
    async openData(role, options) {
      const [file] = filesOf(role === 'eval' ? 'eval-data' : 'data');
      return settled(await worker.openData({ kind: 'file', file }, options, role, listener));
    },
    mixReplay: async ({ general, ...request }) =>
      settled(
        await worker.mixReplay({ ...request, replay: general ? 'general' : filesOf('replay')[0] }, listener),
      ),
    async setAdapter() {
      const { id, notes } = await worker.addAdapter(await inMemory('adapter'));
      await replaceBy(id);
      return notes;
    },
    async addSource() {
      const { id, notes } = await worker.addAdapter(await inMemory('adapter'));
      return { id, notes };
    },
    async merge(request) {
      const { adapter: id, ...info } = await settled(await worker.mergeAdapters(request, listener));
      await replaceBy(id);
      return info;
    },
    async train(request, to) {
      const [checkpoint] = filesOf('checkpoint');
      const whole = await wholeRequest(request);
      if (checkpoint)
        whole.resume = { name: checkpoint.name, bytes: new Uint8Array(await checkpoint.arrayBuffer()) };
      const save = async (step: number, file: Uint8Array) => {
        // What happened up to this step is known to the command before the checkpoint is.
        await delivered;
        await send(`${to}/${step}`, file);
      };
      // The command knows one adapter: its id is of no use to whoever reads the result.
      const { adapter: id, ...summary } = await settled(await worker.train(whole, listener, proxy(save)));
      adapter = id;
      return summary;
    },
    async plan(settings) {
      const { memory } = await worker.estimate(settings);
      return memory.base + memory.adapter + memory.optimizer + memory.activation;
    },
    identity: async (request) => worker.identity(await wholeRequest(request)),
    differences: async (request, of) => worker.differences(await wholeRequest(request), of),
    interrupt: () => worker.interrupt(),
    stop: () => worker.stop(),
    async sendAdapterFiles(to) {
      const files = await worker.adapterFiles(adapter ?? '');
      for (const file of files) await send(`${to}/${encodeURIComponent(file.path)}`, file.bytes);
      return files.map((file) => file.path);
    },
    generate: ({ strength, ...request }) =>
      worker.generate(
        { ...request, adapter: use(strength) },
        proxy(() => {}),
      ),
    async sendPromptLogits({ strength, ...request }, to) {
      const { input_ids, logits } = await worker.promptLogits({ ...request, adapter: use(strength) });
      await send(to, logits);
      return { input_ids };
    },
    evaluate: async (strength) => settled(await worker.evaluate(use(strength), listener)),
    score: async ({ strength, ...request }) =>
      settled(await worker.score({ ...request, adapter: use(strength) }, listener)),
    heldOutRows: async (settings) => (await worker.heldOutRows(settings, Number.POSITIVE_INFINITY)).heldOut,
    async sendRowLogits(strength, to) {
      const { input_ids, logits, vocab } = await worker.rowLogits(use(strength));
      await send(to, logits);
      return { input_ids, vocab };
    },
    async generalLoss(strength) {
      const { lossSum, tokens } = await worker.generalLoss(use(strength), 0, Number.POSITIVE_INFINITY);
      return tokens > 0 ? lossSum / tokens : null;
    },
    async prepareLadder(request) {
      const documents = [];
      for (const file of filesOf('documents')) {
        const { text, notes } = await wholeText(file);
        for (const note of notes) listener({ type: 'warning', text: note });
        documents.push({ name: file.name, text });
      }
      return settled(await worker.prepareLadder({ ...request, documents }, listener));
    },
    measureRung: async (name, strength) => settled(await worker.measureRung(name, use(strength), listener)),
    ladderKinds: async () => settled(await worker.ladderKinds(listener)),
    measureApart: async (adapters) =>
      settled(
        await worker.measureApart(
          adapters.map((id) => ({ id, strength: 1 })),
          listener,
        ),
      ),
    async prepareTasks({ tasks, replay, ...request }) {
      const [files, held, [replayed]] = ['tasks', 'task-evals', 'replay'].map(filesOf);
      const named = tasks.map(({ name, heldOut }, i) => ({
        ...{ name, file: files[i], heldOut: heldOut === null ? null : held[heldOut] },
      }));
      const given = { ...request, tasks: named, replay: replay === 'file' ? replayed : replay };
      return settled(await worker.prepareTasks(given, listener));
    },
    openMixture: async (parts) => settled(await worker.openMixture(parts, listener)),
    answerTask: async (task, strength) => settled(await worker.answerTask(task, use(strength), listener)),
    lossElsewhere: (strength) => worker.lossElsewhere(use(strength)),
    lossOnTraining: (strength) => worker.lossOnTraining(use(strength)),
    async scaleAdapter(factor, name) {
      const adapters = [{ id: adapter ?? '', name, weight: factor }];
      const scaled = await worker.mergeAdapters({ way: 'sum', adapters }, listener);
      await replaceBy(scaled.adapter);
      await delivered;
    },
    compareSources: async (ids) => settled(await worker.compareAdapters(ids, listener)),
    async removeSources(ids) {
      for (const id of ids) await worker.removeAdapter(id);
    },
    async reduceIntruders(request) {
      const { adapter: id, sites } = await settled(
        await worker.reduceIntruders({ ...request, adapter: adapter ?? '' }, listener),
      );
      await replaceBy(id);
      return sites;
    },
    questions: (role) => worker.questions(role),
    answerQuestions: async ({ strength, ...request }) =>
      settled(await worker.answerQuestions({ ...request, adapter: use(strength) }, listener)),
    inventQuestions: async ({ strength, ...request }) =>
      settled(await worker.inventQuestions({ ...request, adapter: use(strength) }, listener)),
    async prepareExport(request) {
      const [checkpoint] = await inMemory('checkpoint');
      const made = await worker.exportFiles({
        ...request,
        adapter,
        withBase: true,
        ...(checkpoint && { checkpoint: { name: checkpoint.path, bytes: checkpoint.bytes } }),
      });
      prepared = made;
      return { names: made.files.map(({ path }) => path), note: made.note };
    },
    async prepareModel(dtype) {
      prepared = { files: await worker.modelFiles(dtype) };
      return prepared.files.map(({ path }) => path);
    },
    async sendExport(to) {
      for (const { path, blob } of prepared?.files ?? [])
        await send(`${to}/${encodeURIComponent(path)}`, blob);
      prepared = null;
    },
  };
}

window.lowrank = connectWorker().then((worker) => bridge(worker));
// Whoever asks for the bridge sees the error; without this the browser would also report it as unhandled.
window.lowrank.catch(() => {});
