import type { Engine } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import { formatOf } from '../../export/formats/list.ts';
import type { NamedBlob, NamedFile } from '../../files/named-file.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import { quantisationReport } from '../../loading/quantisation.ts';
import type { SiteCosines } from '../../merging/cosine.ts';
import { methodOf } from '../../methods/list.ts';
import type { MovedPart } from '../../methods/method.ts';
import { readPeft } from '../../methods/peft.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import { sft } from '../../objectives/sft.ts';
import { broughtSettings } from '../../run/adapter-settings.ts';
import { goodOnes, heldOutLoss } from '../../run/held-out.ts';
import { movedParts } from '../../run/moved-parts.ts';
import type { RunRecord } from '../../run/record.ts';
import { defaultSettings } from '../../run/settings/list.ts';
import type { AdapterUse } from '../api/adapter-use.ts';
import type {
  AdapterInfo,
  DownloadRequest,
  Exported,
  ExportRequest,
  MergeInfo,
  MergeRequest,
  ModelChoice,
  ModelInfo,
  Quantisation,
  ReduceInfo,
  ReduceRequest,
  ShelfEntry,
  TeacherInfo,
  VirtualToken,
} from '../api/api.ts';
import { adapterNotes } from './adapter-notes.ts';
import { Answers, type EngineSize } from './answers.ts';
import { downloadAs } from './downloads.ts';
import type { EngineNeed } from './engine-need.ts';
import { exportAs, type HeldAdapter, heldCard, modelFolder, recordAmong } from './exports.ts';
import { Influences } from './influence.ts';
import { Ladder } from './ladder.ts';
import { Measures } from './measures.ts';
import { cosinesOnShelf, mergeOnShelf, reduceOnShelf } from './merging.ts';
import { Runs } from './runs.ts';
import { bytesOf, isRaw, Shelf, type WholeAdapter } from './shelf.ts';
import { Tasks } from './tasks.ts';
import { Teaching } from './teaching.ts';
import { virtualTokens } from './virtual-tokens.ts';
import { type Listener, Workspace } from './workspace.ts';

/** Rows of the person's data that a precision is measured on. */
const MEASURED_ROWS = 32;

/** This need, with room for a batch of so many tokens. */
export function withRoom(need: EngineNeed | null | undefined, tokens: number): EngineNeed | null | undefined {
  if (!need || need.shape.maxRows * need.shape.maxLength >= tokens) return need;
  return { ...need, shape: { ...need.shape, maxRows: Math.ceil(tokens / need.shape.maxLength) } };
}

/** This need for gradients of single rows: of the labels alone, and by every trained number. */
export function forGradients({ soft, ...need }: EngineNeed): EngineNeed {
  return { ...need, adapterSettings: withoutDropout(need.adapterSettings) };
}

function withoutDropout<S extends AdapterSettings>(settings: S): S {
  return 'dropout' in settings ? { ...settings, dropout: 0 } : settings;
}

/** Hands on what is told until other work takes its place or it is stopped, and ends it then. */
function whileLatest(isLatest: () => boolean, listener: Listener): Listener {
  return (event) => {
    if (!isLatest()) throw new UserError('stopped', 'Stopped. Nothing was written.');
    listener(event);
  };
}

/** What LoftQ made up for is there on no other base. */
function roundingNote(record: RunRecord | null): string[] {
  if (record?.settings.init !== 'loftq') return [];
  return [
    `This adapter began with LoftQ on the base rounded to ${record.base_model.precision}, and makes up for that rounding. On the base in another precision it is out of place: choose that one.`,
  ];
}

/** Everything that is open in the run worker: hardware, a model, data, a run, an adapter. */
export class Session {
  readonly workspace: Workspace;
  readonly answers: Answers;
  readonly runs: Runs;
  readonly measures: Measures;
  readonly influences: Influences;
  readonly ladder: Ladder;
  readonly tasks: Tasks;
  readonly teaching: Teaching;
  readonly shelf = new Shelf();
  #dtype: BaseDtype = 'auto';
  /** Of the long work under way, to stop it by; merging ends no export, and none a merge. */
  #work = {};
  #merging = {};

  /** `root`: address of the page's folder, where models and samples lie. */
  constructor(root: string) {
    this.workspace = new Workspace(root);
    this.answers = new Answers(this.workspace, (use, size) => this.#engineFor(use, size));
    this.measures = new Measures(this.workspace, this.answers);
    this.influences = new Influences(this.answers, this.shelf);
    this.ladder = new Ladder(this.workspace, this.answers);
    this.tasks = new Tasks(this.workspace, this.answers, this.measures);
    this.teaching = new Teaching(this.workspace, this.answers);
    this.runs = new Runs(this.workspace, this.answers, this.shelf);
  }

  async openModel(choice: ModelChoice, listener: Listener): Promise<ModelInfo> {
    const info = await this.workspace.openModel(choice, listener);
    this.runs.forget();
    this.shelf.clear();
    return info;
  }

  /** @throws UserError `busy` while a run is going, `other-tokenizer`, and as any model */
  openTeacher(
    choice: ModelChoice | null,
    adapter: readonly NamedFile[],
    listener: Listener,
  ): Promise<TeacherInfo | null> {
    if (this.runs.training)
      throw new UserError(
        'busy',
        'A run is in progress and continues. Choose another teacher once it has ended.',
      );
    return this.workspace.openTeacher(choice, adapter, listener);
  }

  /** @throws UserError `busy` while a run is going, `bad-chat-template` */
  setChatTemplate(choice: string | null): Promise<ModelInfo> {
    if (this.runs.training)
      throw new UserError(
        'busy',
        'A run is using the chat template and continues. Choose another once the run has ended.',
      );
    return this.answers.inTurn(() => this.workspace.setChatTemplate(choice));
  }

  /** Puts an adapter on the shelf. @throws UserError as `readPeft` */
  async addAdapter(files: NamedFile[]): Promise<AdapterInfo> {
    const weights = await readPeft(files, this.workspace.model.config);
    const record = recordAmong(files);
    // It belongs to the base as that was rounded; its files alone do not say so.
    if (record?.settings.init === 'loftq') Object.assign(weights.settings, { start: 'loftq' });
    // Whatever is asked next, the base too, is asked as the adapter is.
    this.workspace.askAsOn(record?.template_date ?? null);
    return this.#infoOf(this.shelf.whole(this.shelf.putFile(weights, record)));
  }

  #infoOf(one: WholeAdapter): AdapterInfo {
    const { id, weights, record } = one;
    const { mergeTarget } = record?.settings ?? {};
    return {
      id,
      settings: broughtSettings(weights.settings),
      ...(mergeTarget && { mergeTarget }),
      raw: isRaw(one),
      notes: [...adapterNotes(weights, this.workspace.model.source), ...roundingNote(record)],
    };
  }

  shelfEntries(): ShelfEntry[] {
    return this.shelf.all.map((one) => ({
      ...this.#infoOf(one),
      // One that is whole trains no longer, and steps are no entries of their own.
      origin: one.origin as ShelfEntry['origin'],
      bytes: bytesOf(one),
      merged: one.merged ?? null,
    }));
  }

  /** @throws UserError `no-adapter`, `no-snapshot`, `busy` */
  virtualTokens(id: string, most: number): Promise<VirtualToken[] | null> {
    const { weights, begun = null } = this.shelf.whole(id);
    return virtualTokens(this.workspace, weights, begun, most);
  }

  /** How far each part of an adapter has moved, as a run tells it. @throws UserError `no-adapter`, `no-snapshot`, `busy` */
  movedParts(id: string): Promise<MovedPart[] | null> {
    const { weights, begun = null } = this.shelf.whole(id);
    const { moved } = methodOf(weights.settings);
    return this.answers.using({ id, strength: 1 }, {}, (engine) =>
      movedParts(engine, moved && ((now) => moved(now, begun, engine.config))),
    );
  }

  /** Makes one adapter of several on the shelf. @throws UserError as `mergeOnShelf` */
  mergeAdapters(request: MergeRequest, listener: Listener): Promise<MergeInfo> {
    const mine = {};
    this.#merging = mine;
    return mergeOnShelf(
      this.workspace,
      this.shelf,
      request,
      whileLatest(() => this.#merging === mine, listener),
    );
  }

  /** @throws UserError as `mergeOnShelf` */
  compareAdapters(ids: readonly string[], listener: Listener): Promise<SiteCosines[]> {
    return cosinesOnShelf(this.workspace, this.shelf, ids, this.#telling(listener));
  }

  /** @throws UserError as `mergeOnShelf` */
  reduceIntruders(request: ReduceRequest, listener: Listener): Promise<ReduceInfo> {
    return reduceOnShelf(this.workspace, this.shelf, request, this.#telling(listener));
  }

  /** Frees the device's memory, for another worker; what is asked next loads the model again. */
  async makeRoom(): Promise<void> {
    const { host } = this.workspace.model;
    await this.answers.inTurn(() => host.dispose());
  }

  /** How the base is held for answers and measurements without a run. */
  setBaseDtype(dtype: BaseDtype): void {
    this.#dtype = dtype;
  }

  /**
   * What holding the base as `dtype` does to it, and to its loss on the first rows of the data. Not while a run trains:
   * measuring takes the engine. What was trained lies on the shelf, and has its engine again when it is next asked.
   */
  async quantisation(dtype: BaseDtype, listener: Listener): Promise<Quantisation> {
    const { workspace } = this;
    const { source, config } = workspace.model;
    const telling = this.#telling(listener);
    const report = await quantisationReport(source, config, dtype, (done, total) =>
      telling({ type: 'progress', what: 'Rounding the model', done, total }),
    );
    const dataset = workspace.trainingData;
    if (!dataset || dataset.rows === 0 || this.runs.training) return { ...report, loss: null };
    const rows = Array.from({ length: Math.min(MEASURED_ROWS, dataset.rows) }, (_, i) => i);
    const { longest } = dataset.report;
    const lossOf = (held: BaseDtype) =>
      this.answers.inTurn(async () => {
        const engine = await this.#inferenceEngine({ longest, rows: 4 }, held);
        const settings = { batch: 4, packing: false, maxLength: longest };
        const measure = { dataset: goodOnes(dataset), rows, settings, objective: sft, strength: 0 };
        return (await heldOutLoss(engine, measure)).loss;
      });
    return {
      ...report,
      loss: { rows: rows.length, stored: await lossOf('auto'), held: await lossOf(dtype) },
    };
  }

  /** An engine of this size as no run has decided it, for an adapter or the base alone. */
  async #inferenceEngine(
    { longest, rows }: EngineSize,
    baseDtype: BaseDtype,
    adapterSettings?: AdapterSettings,
  ): Promise<Engine> {
    const { workspace } = this;
    const settings = defaultSettings({
      ...{ batch: rows, maxLength: Math.max(16, longest), baseDtype },
      // What a layer keeps for its gradient is room for nothing here.
      checkpointing: 'on',
    });
    const need = await workspace.need(
      settings,
      adapterSettings ?? workspace.adapterSettings(settings),
      longest,
    );
    return workspace.model.host.ensure(need, () => {});
  }

  /**
   * An engine of this size with this adapter in place. The base alone is asked on whichever engine is there, if it is
   * large enough.
   */
  async #engineFor(use: AdapterUse | null, size: EngineSize): Promise<Engine> {
    const { longest, rows, atOnce = 0, gradients = false } = size;
    const { host } = this.workspace.model;
    if (this.runs.training) {
      const engine = host.engine;
      if (!engine)
        throw new UserError('busy', 'The run is preparing the model and continues. Ask once it is training.');
      if (use && this.shelf.get(use.id).origin !== 'training')
        throw new UserError(
          'busy',
          'A run is using the model and continues. Ask this adapter once the run has ended.',
        );
      return engine;
    }
    const adapter = use && this.shelf.whole(use.id);
    const lent = adapter ?? this.shelf.asked;
    const room = withRoom(lent?.need, atOnce);
    const decided = gradients && room ? forGradients(room) : room;
    const engine = decided
      ? await host.ensure(decided, () => {})
      : await this.#inferenceEngine(
          { longest, rows },
          this.#dtype,
          gradients && lent ? withoutDropout(lent.weights.settings) : lent?.weights.settings,
        );
    if (!adapter) return engine;
    this.shelf.ask(adapter.id);
    this.workspace.askAsOn(adapter.date);
    if (this.shelf.inPlace.get(engine) !== adapter.id) {
      await engine.setAdapter(adapter.weights);
      this.shelf.inPlace.set(engine, adapter.id);
    }
    return engine;
  }

  /** The adapter of the shelf that a request names. @throws UserError `no-adapter`, `no-snapshot`, `busy` */
  #named({ adapter }: Pick<ExportRequest, 'adapter'>): HeldAdapter {
    if (adapter !== null) return this.shelf.whole(adapter);
    throw new UserError('no-adapter', 'There is no adapter yet. Train one first, or open one.');
  }

  /** @throws UserError `unsupported-export`, `does-not-fit` */
  modelFiles(dtype: 'f16' | 'f32' | null): Promise<NamedBlob[]> {
    return modelFolder(this.workspace.model, dtype);
  }

  exportFiles(request: ExportRequest): Promise<Exported> {
    return exportAs(this.workspace, () => this.#named(request), request);
  }

  download(request: DownloadRequest, listener: Listener): Promise<{ name: string; blob: Blob }> {
    return downloadAs(this.workspace, () => this.#named(request), request, this.#telling(listener));
  }

  stopWork(): void {
    this.#work = {};
    this.#merging = {};
  }

  /** A listener to hand to long work, which ends it once that was stopped. */
  #telling(listener: Listener): Listener {
    const mine = {};
    this.#work = mine;
    return whileLatest(() => this.#work === mine, listener);
  }

  async exportCard(request: ExportRequest): Promise<string> {
    const format = formatOf(request.format);
    if (format.from === 'run') throw new RangeError(`an export as ${format.id} has no card`);
    return heldCard(this.workspace, this.#named(request), format, request.target);
  }

  /** The adapter as PEFT files, with card and run.json. @throws UserError `no-adapter`, `no-snapshot` */
  async adapterFiles(id: string): Promise<NamedFile[]> {
    const peft = { format: 'peft', dtype: null, target: '.' } as const;
    const { files } = await exportAs(this.workspace, () => this.shelf.whole(id), peft);
    return Promise.all(
      files.map(async ({ path, blob }) => ({ path, bytes: new Uint8Array(await blob.arrayBuffer()) })),
    );
  }
}
