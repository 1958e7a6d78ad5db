import type { Engine } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import { formatOf } from '../../export/formats/list.ts';
import type { NamedFile } from '../../files/named-file.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import { quantisationReport } from '../../loading/quantisation.ts';
import { readPeft } from '../../methods/peft.ts';
import { sft } from '../../objectives/sft.ts';
import { heldOutLoss } from '../../run/held-out.ts';
import { defaultSettings } from '../../run/settings.ts';
import type {
  AdapterInfo,
  DownloadRequest,
  Exported,
  ExportRequest,
  ModelChoice,
  ModelInfo,
  Quantisation,
} from '../api/api.ts';
import { Answers } from './answers.ts';
import { downloadAs } from './downloads.ts';
import { exportAs, type HeldAdapter, heldCard, recordAmong, recordOf } from './exports.ts';
import { Measures } from './measures.ts';
import { Runs } from './runs.ts';
import { Snapshots } from './snapshots.ts';
import { type Listener, Workspace } from './workspace.ts';

/** Rows of the person's data that a precision is measured on. */
const MEASURED_ROWS = 32;

/** Everything that is open in the run worker: hardware, a model, data, a run, an adapter. */
export class Session {
  readonly workspace: Workspace;
  readonly answers: Answers;
  readonly runs: Runs;
  readonly measures: Measures;
  readonly snapshots = new Snapshots();
  /** An adapter that was brought, until a run replaces it. */
  #brought: HeldAdapter | null = null;
  #dtype: BaseDtype = 'auto';
  /** Of the long work under way, to stop it by. */
  #work = {};

  /** `root`: address of the page's folder, where models and samples lie. */
  constructor(root: string) {
    this.workspace = new Workspace(root);
    this.answers = new Answers(
      this.workspace,
      (longest, rows) => this.#inferring(longest, rows),
      // While a run trains its adapter must not be exchanged.
      (step) => (this.runs.finished ? this.snapshots.at(step) : null),
    );
    this.measures = new Measures(this.workspace, this.answers);
    this.runs = new Runs(this.workspace, this.answers, this.snapshots);
  }

  async openModel(choice: ModelChoice, listener: Listener): Promise<ModelInfo> {
    const info = await this.workspace.openModel(choice, listener);
    this.runs.forget();
    this.snapshots.clear();
    this.#brought = null;
    return info;
  }

  async train(...given: Parameters<Runs['train']>): ReturnType<Runs['train']> {
    this.#brought = null;
    return this.runs.train(...given);
  }

  /** Adapter files to try, to evaluate or to export; null goes back to none. */
  async setAdapter(files: NamedFile[] | null): Promise<AdapterInfo | null> {
    const { config } = this.workspace.model;
    const weights = files && (await readPeft(files, config));
    this.runs.finished = null;
    this.snapshots.clear();
    this.#brought = weights && { weights, record: recordAmong(files) };
    return (
      weights && {
        rank: weights.settings.rank,
        alpha: weights.settings.alpha,
        targets: weights.settings.targets,
        rsLora: weights.settings.rsLora ?? false,
      }
    );
  }

  /** How the base is held for answers and measurements without a run. */
  setBaseDtype(dtype: BaseDtype): void {
    this.#dtype = dtype;
  }

  /**
   * What holding the base as `dtype` does to it, and to its loss on the first rows of the data. No loss where an
   * adapter was trained: measuring would take the engine that holds it.
   */
  async quantisation(dtype: BaseDtype, listener: Listener): Promise<Quantisation> {
    const { source, config } = this.workspace.model;
    const telling = this.#telling(listener);
    const report = await quantisationReport(source, config, dtype, (done, total) =>
      telling({ type: 'progress', what: 'Rounding the model', done, total }),
    );
    const dataset = this.workspace.trainingData;
    if (!dataset || dataset.rows === 0 || this.runs.finished || this.runs.training)
      return { ...report, loss: null };
    const rows = Array.from({ length: Math.min(MEASURED_ROWS, dataset.rows) }, (_, i) => i);
    const settings = { batch: 4, packing: false, maxLength: dataset.report.longest };
    const lossOf = async (held: BaseDtype) => {
      const before = this.#dtype;
      this.#dtype = held;
      try {
        return await this.answers.inTurn(async () => {
          const engine = await this.#inferring(settings.maxLength, settings.batch);
          const measure = { dataset, rows, settings, objective: sft, strength: 0 };
          return (await heldOutLoss(engine, measure)).loss;
        });
      } finally {
        this.#dtype = before;
      }
    };
    return {
      ...report,
      loss: { rows: rows.length, stored: await lossOf('auto'), held: await lossOf(dtype) },
    };
  }

  /** An engine with the trained or brought adapter, for rows of up to `longest` tokens. */
  async #inferring(longest: number, rows: number): Promise<Engine> {
    const { host } = this.workspace.model;
    const run = this.runs.finished;
    if ((run || this.runs.training) && host.engine) return host.engine;
    if (this.runs.training)
      throw new UserError('busy', 'The run is preparing the model and continues. Ask once it is training.');
    if (run) {
      // The device was lost behind the run: its adapter was not.
      const engine = await host.ensure(run.need, () => {});
      await engine.setAdapter(run.adapter);
      return engine;
    }
    const settings = defaultSettings({
      batch: rows,
      maxLength: Math.max(16, longest),
      baseDtype: this.#dtype,
    });
    const lora = this.#brought?.weights.settings ?? this.workspace.lora(settings);
    const engine = await host.ensure(await this.workspace.need(settings, lora, longest), () => {});
    if (this.#brought) await engine.setAdapter(this.#brought.weights);
    return engine;
  }

  #held(): HeldAdapter {
    const run = this.runs.finished;
    if (run) return { weights: run.adapter, record: recordOf(this.workspace, run) };
    if (this.#brought) return this.#brought;
    throw new UserError('no-peft-adapter', 'There is no adapter yet. Train first, or open one.');
  }

  exportFiles(request: ExportRequest): Promise<Exported> {
    return exportAs(this.workspace, () => this.#held(), request);
  }

  download(request: DownloadRequest, listener: Listener): Promise<{ name: string; blob: Blob }> {
    return downloadAs(this.workspace, () => this.#held(), request, this.#telling(listener));
  }

  stopWork(): void {
    this.#work = {};
  }

  /** A listener to hand to long work, which ends it once that was stopped. */
  #telling(listener: Listener): Listener {
    const work = {};
    this.#work = work;
    return (event) => {
      if (this.#work !== work) throw new UserError('stopped', 'Stopped. Nothing was written.');
      listener(event);
    };
  }

  async exportCard(request: ExportRequest): Promise<string> {
    const format = formatOf(request.format);
    if (format.from === 'run') throw new RangeError(`an export as ${format.id} has no card`);
    return heldCard(this.workspace, this.#held(), format, request.target);
  }

  /**
   * The adapter as PEFT files, with card and run.json; as it was at a step where one is given.
   * @throws UserError `no-snapshot`
   */
  async adapterFiles(step?: number): Promise<NamedFile[]> {
    const held = this.#held();
    const weights = step === undefined ? held.weights : this.answers.weightsAt(step);
    const peft = { format: 'peft', dtype: null, target: '.' } as const;
    const { files } = await exportAs(this.workspace, () => ({ ...held, weights }), peft);
    return Promise.all(
      files.map(async ({ path, blob }) => ({ path, bytes: new Uint8Array(await blob.arrayBuffer()) })),
    );
  }
}
