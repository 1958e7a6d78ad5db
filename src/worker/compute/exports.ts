import { dependencies, version } from '../../../package.json';
import { UserError } from '../../errors.ts';
import { cardOf, exportAdapter } from '../../export/export.ts';
import { quoted } from '../../export/how-to-load.ts';
import type { NamedFile } from '../../files/named-file.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import { readCheckpoint } from '../../run/checkpoint.ts';
import { continueFiles } from '../../run/continue/files.ts';
import { type RunRecord, runRecord } from '../../run/record.ts';
import { fetchBundled } from '../../weights/bundled.ts';
import type { ContinueRequest, ExportRequest, ExportResult } from '../api/api.ts';
import { savedCheckpoint, savedRun } from '../storage/run-store.ts';
import { modelName } from './model-info.ts';
import type { FinishedRun } from './runs.ts';
import type { Workspace } from './workspace.ts';

/** What computes a run, each pinned to one version. */
const COMPUTING = [
  '@huggingface/jinja',
  '@huggingface/tokenizers',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-core',
] as const;
const computed = Object.fromEntries(COMPUTING.map((name) => [name, dependencies[name]]));

/** An adapter as the session holds it: trained here, or brought. */
export interface HeldAdapter {
  weights: AdapterWeights;
  record: RunRecord | null;
}

/** The record of a run. */
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

export async function exportHeld(
  { model }: Workspace,
  { weights, record }: HeldAdapter,
  request: ExportRequest,
  progress?: (done: number, total: number) => void,
): Promise<ExportResult> {
  const { source, config, info } = model;
  const chat = info.hasTemplate && !(record?.settings.raw ?? false);
  return exportAdapter({ source, config, weights, record, chat, progress, ...request });
}

/** The model card that an export comes with. */
export function heldCard(
  { model }: Workspace,
  { weights, record }: HeldAdapter,
  request: ExportRequest,
): string {
  const { source, config, info } = model;
  const chat = info.hasTemplate && !(record?.settings.raw ?? false);
  const { bytes } = cardOf({ source, config, weights, record, chat, ...request });
  return new TextDecoder().decode(bytes);
}

/** @throws UserError `no-run`, `bad-checkpoint`, `other-run`, `run-finished` */
export async function exportContinue(workspace: Workspace, request: ContinueRequest): Promise<ExportResult> {
  const { target } = request;
  const { source, config, info } = workspace.model;
  const saved = request.checkpoint === 'saved' ? await savedCheckpoint() : request.checkpoint;
  if (!saved)
    throw new UserError(
      'no-run',
      'This browser keeps no checkpoint of an unfinished run. Nothing was written. A run has one after its first 25 steps, or as often as “Checkpoint every” says.',
    );
  const mostHeldOut =
    request.checkpoint === 'saved' ? ((await savedRun())?.request.maxEvalRows ?? null) : request.mostHeldOut;
  const read = await readCheckpoint(saved.bytes, saved.name);
  const model = modelName(info, source);
  if (read.identity.model !== model)
    throw new UserError(
      'other-run',
      `The run was begun on the model ${read.identity.model}, and ${model} is open. Nothing was written. Open the run’s own model.`,
    );
  const files = continueFiles(source, config, read, mostHeldOut);
  return {
    files: [...files, ...(await bundledBase(workspace))].map(({ path, bytes }) => ({
      path,
      blob: new Blob([bytes as Uint8Array<ArrayBuffer>]),
    })),
    beside: [],
    note: `cd ${quoted(target)} && accelerate launch train.py --data THEIR.jsonl`,
  };
}

/** Files of the bundled base as they lie beside an adapter in a download; none for another base. */
export async function bundledBase(workspace: Workspace): Promise<NamedFile[]> {
  if (workspace.model.source.kind !== 'bundled') return [];
  const files = await fetchBundled(workspace.bundledUrl);
  return [...files].map(([name, bytes]) => ({ path: `base/${name}`, bytes }));
}
