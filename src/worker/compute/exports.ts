import { dependencies, version } from '../../../package.json';
import type { DataReport } from '../../data/types.ts';
import type { EngineInfo } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import { templateHash } from '../../export/chat-template.ts';
import { cardOf, type Exported, type ExportInput, exportAdapter, exportRun } from '../../export/export.ts';
import { type AdapterFormat, asBlob, type ExportFormat, type RunFormat } from '../../export/format.ts';
import { formatOf } from '../../export/formats/list.ts';
import { merged, writeMerged } from '../../export/formats/merged.ts';
import type { NamedBlob, NamedFile } from '../../files/named-file.ts';
import type { MergeRecord } from '../../merging/record.ts';
import type { AdapterSettings, AdapterWeights } from '../../methods/types.ts';
import { readCheckpoint } from '../../run/checkpoint.ts';
import { type RunMetrics, type RunRecord, runRecord } from '../../run/record.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { fetchBundled } from '../../weights/bundled.ts';
import type { ExportRequest } from '../api/api.ts';
import { savedCheckpoint, savedRun } from '../storage/run-store.ts';
import { modelName } from './model-info.ts';
import type { Workspace } from './workspace.ts';

/** What computes a run, each pinned to one version. */
const COMPUTING = [
  '@huggingface/tokenizers',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-core',
] as const;
const computed = Object.fromEntries(COMPUTING.map((name) => [name, dependencies[name]]));

/** An adapter as the session holds it: trained here, or brought. */
export interface HeldAdapter {
  weights: AdapterWeights;
  record: RunRecord | null;
  merged?: MergeRecord;
}

/** What is recorded of a run that has ended. */
export interface FinishedRun {
  settings: RunSettings;
  adapterSettings: AdapterSettings;
  metrics: RunMetrics;
  report: DataReport;
  /** Rows that were held out. */
  heldOut: number;
  /** Rows that steps are taken on. */
  trained: number;
  engine: EngineInfo;
  /** As `RunPlan.date`. */
  date: string | null;
}

/** The record of a run, made when it ends: its date is that of the run. */
export function recordOf({ model }: Workspace, run: FinishedRun): RunRecord {
  const { source, config, info } = model;
  const { baseDtype } = run.settings;
  return runRecord({
    created: new Date().toISOString(),
    base: {
      id: source.id,
      revision: source.revision,
      architecture: config.family.architecture,
      precision: baseDtype === 'auto' ? info.precision : baseDtype,
    },
    adapterSettings: run.adapterSettings,
    settings: run.settings,
    dataset: {
      sha256: run.report.sha256,
      bytes: run.report.bytes,
      rows_used: run.report.used,
      rows_dropped: run.report.dropped,
      rows_bad: run.report.badCount,
      rows_held_out: run.heldOut,
      rows_trained: run.trained,
    },
    ...(source.tokenizer.chosen &&
      !run.settings.raw && { chosenTemplate: templateHash(source.tokenizer.chatTemplate!) }),
    templateDate: run.date,
    engine: run.engine,
    packages: { lowrank: version, ...computed },
    metrics: run.metrics,
  });
}

/** `run.json` among the files of an adapter that was made here; null where there is none to be read. */
export function recordAmong(files: readonly NamedFile[]): RunRecord | null {
  const file = files.find(({ path }) => path === 'run.json' || path.endsWith('/run.json'));
  if (!file) return null;
  try {
    const record = JSON.parse(new TextDecoder().decode(file.bytes));
    return record?.format === 'lowrank-run' && record.metrics && record.dataset && record.settings
      ? record
      : null;
  } catch {
    return null;
  }
}

/**
 * The adapter that is held, or an unfinished run, in the form that was asked for.
 * @throws UserError as `exportAdapter` and `runToExport`
 */
export async function exportAs(
  workspace: Workspace,
  held: () => HeldAdapter,
  request: Omit<ExportRequest, 'adapter'>,
  progress?: (done: number, total: number) => void,
): Promise<Exported> {
  const format = formatOf(request.format);
  const { dtype, target } = request;
  const made =
    format.from === 'run'
      ? await runToExport(workspace, format, request)
      : await exportAdapter(format, { ...adapterToExport(workspace, held()), dtype, target, progress });
  if (!request.withBase || format.file) return made;
  return { ...made, files: [...made.files, ...(await baseBeside(workspace, format))] };
}

/**
 * The open model as a folder for transformers, without an adapter. In halves where every value is stored so, else in
 * float32, which holds what any type does.
 * @throws UserError `unsupported-export`, `does-not-fit`
 */
export async function modelFolder(
  { source, config }: Pick<Workspace['model'], 'source' | 'config'>,
  dtype: 'f16' | 'f32' | null,
): Promise<NamedBlob[]> {
  const refused = merged.check({ source, config }, null);
  if (refused) throw new UserError('unsupported-export', refused);
  const halves = [...source.tensors.values()].every(({ stored }) => stored === 'F16');
  return writeMerged({ source, config, weights: null, dtype: dtype ?? (halves ? 'f16' : 'f32') });
}

/** The model card that an export comes with. */
export function heldCard(
  workspace: Workspace,
  held: HeldAdapter,
  format: AdapterFormat,
  target: string,
): string {
  const { bytes } = cardOf(format, { ...adapterToExport(workspace, held), target });
  return new TextDecoder().decode(bytes);
}

function adapterToExport(
  { model: { source, config, info } }: Workspace,
  { weights, record, merged }: HeldAdapter,
): Omit<ExportInput, 'dtype' | 'target'> {
  const chat = info.hasTemplate && !(record?.settings.raw ?? false);
  return { source, config, weights, record, merged, chat };
}

/** @throws UserError `no-run`, `bad-checkpoint`, `other-run`, `run-finished` */
async function runToExport(
  { model: { source, config, info } }: Workspace,
  format: RunFormat,
  { target, checkpoint: given }: Omit<ExportRequest, 'adapter'>,
): Promise<Exported> {
  const saved = given ?? (await savedCheckpoint());
  if (!saved)
    throw new UserError(
      'no-run',
      'This browser keeps no checkpoint of an unfinished run. Nothing was written. A run has one after its first 25 steps, or as often as “Checkpoint every” says.',
    );
  const mostHeldOut = given ? null : ((await savedRun())?.request.maxEvalRows ?? null);
  const checkpoint = await readCheckpoint(saved.bytes, saved.name);
  const model = modelName(info, source);
  if (checkpoint.identity.model !== model)
    throw new UserError(
      'other-run',
      `The run was started on the model ${checkpoint.identity.model}, but ${model} is open. Nothing was written. Open the run’s model.`,
    );
  return exportRun(format, { source, config, checkpoint, mostHeldOut }, target);
}

/** The bundled base as the program that loads the export reads it; nothing for another base. */
export async function baseBeside(
  { model: { source, config }, bundledUrl }: Workspace,
  { base }: Pick<ExportFormat, 'base'>,
): Promise<NamedBlob[]> {
  if (source.kind !== 'bundled' || base === null) return [];
  if (base !== 'own files') return [await base({ source, config })];
  const files = await fetchBundled(bundledUrl);
  return [...files].map(([name, bytes]) => asBlob({ path: `base/${name}`, bytes }));
}
