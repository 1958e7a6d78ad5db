import { readPeft } from '../adapters/peft.ts';
import type { AdapterWeights, LoraSettings } from '../adapters/types.ts';
import { heldOutSplit } from '../data/batches.ts';
import { UserError } from '../errors.ts';
import { differences, type ReadCheckpoint, type RunIdentity, readCheckpoint } from '../train/checkpoint.ts';
import type { RunSettings } from '../train/settings.ts';
import type { TrainRequest } from './api.ts';
import type { RemoteDataset } from './data-client.ts';
import type { EngineNeed } from './engines.ts';
import { fitInto } from './fit.ts';
import { modelName } from './model-info.ts';
import { savedCheckpoint } from './run-store.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

/** What a request comes to on what is open. */
export interface RunPlan {
  request: TrainRequest;
  dataset: RemoteDataset;
  /** Rows of `dataset` that are trained on. */
  rows: Uint32Array;
  heldOut: { dataset: RemoteDataset; rows: Uint32Array } | null;
  settings: RunSettings;
  lora: LoraSettings;
  brought: AdapterWeights | null;
  identity: RunIdentity;
  need: EngineNeed;
  /** Goes on from here. */
  from: ReadCheckpoint | null;
}

/** @throws UserError `other-run` where it goes on from a checkpoint of another, `does-not-fit` */
export async function planRun(workspace: Workspace, request: TrainRequest, emit: Listener): Promise<RunPlan> {
  const dataset = workspace.dataset('train');
  const { rows, heldOut } = split(workspace, request, dataset);
  const brought = request.initAdapter ? await readPeft(request.initAdapter, workspace.model.config) : null;
  const resume = request.resume === 'saved' ? await savedCheckpoint() : request.resume;
  const from = resume ? await readCheckpoint(resume.bytes, resume.name) : null;
  const { settings, lora } = settled(workspace, request.settings, brought);
  // The page goes on without the adapter that the run was begun with.
  if (!brought && from?.identity.rsLora) lora.rsLora = true;
  const identity = identityOf(workspace, settings, lora, heldOut?.dataset ?? null);
  const different = from ? differences(identity, from.identity) : [];
  if (different.length > 0) throw new UserError('other-run', otherRun(different));
  const need = await workspace.need(
    settings,
    lora,
    Math.max(dataset.report.longest, heldOut?.dataset.report.longest ?? 0),
    from?.identity.kernels ?? request.kernels,
  );
  const { host } = workspace.model;
  if (request.memoryLimit !== undefined) await fitInto(host, need, settings, request.memoryLimit, emit);
  return { request, dataset, rows, heldOut, settings, lora, brought, identity, need, from };
}

/** Which run a request is. */
export async function identityOfRequest(workspace: Workspace, request: TrainRequest): Promise<RunIdentity> {
  const { heldOut } = split(workspace, request, workspace.dataset('train'));
  const brought = request.initAdapter ? await readPeft(request.initAdapter, workspace.model.config) : null;
  const { settings, lora } = settled(workspace, request.settings, brought);
  return identityOf(workspace, settings, lora, heldOut?.dataset ?? null);
}

/** Rank, alpha, targets and scale of an adapter that goes on are its own; dropout is the run's. */
function settled(
  workspace: Workspace,
  settings: RunSettings,
  brought: AdapterWeights | null,
): { settings: RunSettings; lora: LoraSettings } {
  if (!brought) return { settings, lora: workspace.lora(settings) };
  const { rank, alpha, targets } = brought.settings;
  return {
    settings: { ...settings, rank, alpha, targets },
    lora: { ...brought.settings, dropout: settings.dropout },
  };
}

function split(
  workspace: Workspace,
  request: TrainRequest,
  dataset: RemoteDataset,
): Pick<RunPlan, 'rows' | 'heldOut'> {
  if (request.evalData) {
    const other = workspace.dataset('eval');
    needRows(other.report);
    return { rows: everyRow(dataset), heldOut: { dataset: other, rows: everyRow(other) } };
  }
  const { settings, maxEvalRows } = request;
  const { train, heldOut } = heldOutSplit(
    dataset.rows,
    settings.evalFraction,
    settings.seed,
    maxEvalRows ?? undefined,
  );
  return { rows: train, heldOut: heldOut.length > 0 ? { dataset, rows: heldOut } : null };
}

function identityOf(
  workspace: Workspace,
  settings: RunSettings,
  lora: LoraSettings,
  heldOut: RemoteDataset | null,
): RunIdentity {
  const { info, source } = workspace.model;
  const { checkpointEvery: _, ...rest } = settings;
  const of = ({ report }: RemoteDataset) => ({ sha256: report.sha256, rows: report.used });
  return {
    version: 1,
    model: modelName(info, source),
    settings: rest,
    rsLora: lora.rsLora ?? false,
    dataset: of(workspace.dataset('train')),
    heldOut: heldOut && of(heldOut),
    kernels: {},
    device: '',
  };
}

function otherRun(different: readonly string[]): string {
  return `This is another run than the one that was saved: ${different.join(', ')} ${different.length === 1 ? 'differs' : 'differ'}. The saved run is untouched. Resume with what it was begun with, or train into another folder.`;
}
