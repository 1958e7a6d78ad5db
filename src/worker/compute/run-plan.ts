import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { heldOutSplit } from '../../data/batches.ts';
import { UserError } from '../../errors.ts';
import { virtualTokensOf } from '../../methods/list.ts';
import { joinValues, sitesOf } from '../../methods/parameters.ts';
import { readPeft } from '../../methods/peft.ts';
import type { AdapterSettings, AdapterWeights, Ia3Settings, LoraSettings } from '../../methods/types.ts';
import { OBJECTIVES } from '../../objectives/list.ts';
import type { Objective } from '../../objectives/objective.ts';
import { broughtSettings } from '../../run/adapter-settings.ts';
import { differences, type ReadCheckpoint, type RunIdentity, readCheckpoint } from '../../run/checkpoint.ts';
import {
  checkedSettings,
  objectiveOf,
  type RunSettings,
  SETTINGS,
  savedSettings,
} from '../../run/settings/list.ts';
import { fingerprint } from '../../weights/fingerprint.ts';
import { isBlockType } from '../../weights/gguf/blocks.ts';
import { tensorOf } from '../../weights/load.ts';
import { float32Bytes } from '../../weights/safetensors.ts';
import type { TrainRequest } from '../api/api.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import { savedCheckpoint } from '../storage/run-store.ts';
import { adapterNotes } from './adapter-notes.ts';
import type { EngineNeed } from './engine-need.ts';
import { fitInto, fitIntoWasm, fitTeacher, spareMemory } from './fit.ts';
import { mergeTargetNotes } from './merge-target.ts';
import { modelName } from './model-info.ts';
import { teacherIdentity } from './other-teacher.ts';
import { needOfTeacher, planTeacher, type TeacherPlan } from './teacher.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

/** What a request comes to on what is open. */
export interface RunPlan {
  request: TrainRequest;
  dataset: RemoteDataset;
  /** Rows of `dataset` that are trained on. */
  rows: Uint32Array;
  heldOut: { dataset: RemoteDataset; rows: Uint32Array } | null;
  settings: RunSettings;
  objective: Objective;
  adapterSettings: AdapterSettings;
  brought: AdapterWeights | null;
  /** The adapter as it begins, where its settings were not known before. */
  begun: AdapterWeights | null;
  identity: RunIdentity;
  need: EngineNeed;
  /** When the run began, where its chat template asks for a date. */
  date: string | null;
  /** What a teacher is to read first, where the objective learns from one. */
  teacher: TeacherPlan | null;
  /** Goes on from here. */
  from: ReadCheckpoint | null;
}

/** @throws UserError `other-run` where it goes on from a checkpoint of another, `does-not-fit` */
export async function planRun(
  workspace: Workspace,
  request: TrainRequest,
  emit: Listener,
  begin?: (
    lora: LoraSettings,
    given: Pick<RunPlan, 'dataset' | 'rows' | 'settings' | 'objective' | 'need'>,
  ) => Promise<AdapterWeights<LoraSettings>>,
): Promise<RunPlan> {
  const brought = request.initAdapter ? await readPeft(request.initAdapter, workspace.model.config) : null;
  for (const text of brought ? adapterNotes(brought, workspace.model.source) : [])
    emit({ type: 'warning', text });
  const resume = request.resume === 'saved' ? await savedCheckpoint() : request.resume;
  const from = resume ? await readCheckpoint(resume.bytes, resume.name) : null;
  const date = await workspace.runDate(from?.identity.date ?? null, request.settings.raw, emit);
  const objective = await objectiveFor(workspace, request, emit);
  const dataset = workspace.dataset('train');
  const { rows, heldOut, teacher } = await planTeacher(
    workspace,
    objective,
    request.settings,
    { dataset, ...split(workspace, request, dataset) },
    emit,
  );
  // The page resumes without the files of the adapter that the run was begun with.
  const begunWith =
    brought === null && request.resume === 'saved'
      ? (from?.identity.initAdapter ?? null)
      : begunFrom(brought);
  // What is written down names the objective wherever the rows alone would not say it.
  const named = objective.name === 'sft' && dataset.report.calledFor === 'answers' ? null : objective.name;
  const given = { ...request.settings, objective: named };
  const { settings, adapterSettings: asked } = settled(workspace, given, brought, begunWith);
  let adapterSettings: AdapterSettings = { ...asked, ...from?.identity.start };
  if (!brought && settings.method === 'prompt' && settings.promptInit === 'text' && !settings.promptText)
    throw new UserError(
      'bad-setting',
      'The prompt is to begin as a text, and there is none. Nothing was changed. Give the text (--prompt-text), or begin with words of the vocabulary (--prompt-init vocab).',
    );
  refuseStart(workspace, settings, adapterSettings);
  for (const text of mergeTargetNotes(workspace.model, settings)) emit({ type: 'warning', text });
  const identity: RunIdentity = {
    ...(await identityOf(workspace, request, settings, begunWith, heldOut?.dataset ?? null)),
    ...(date !== null && { date }),
  };
  const different = from ? differences(identity, from.identity) : [];
  if (different.length > 0) throw new UserError('other-run', otherRun(different));
  const longest = Math.max(dataset.report.longest, heldOut?.dataset.report.longest ?? 0);
  refuseBehindVirtual(virtualTokensOf(adapterSettings), longest, workspace.model.config.maxPositions);
  let need = await workspace.need(
    settings,
    adapterSettings,
    longest,
    from?.identity.kernels ?? request.kernels,
  );
  let begun: AdapterWeights | null = brought;
  if (begin && !from && 'start' in adapterSettings && adapterSettings.start === 'eva') {
    begun = await begin(adapterSettings, { dataset, rows, settings, objective, need });
    const { targets, rankPattern, alphaPattern } = begun.settings as LoraSettings;
    adapterSettings = begun.settings;
    need = { ...need, adapterSettings };
    identity.start = {
      targets,
      ...(rankPattern && { rankPattern: { ...rankPattern } }),
      ...(alphaPattern && { alphaPattern: { ...alphaPattern } }),
    };
  }
  if (from?.identity.start) identity.start = from.identity.start;
  const { model } = workspace;
  if (request.memoryLimit !== undefined) await fitInto(model, need, settings, request.memoryLimit, emit);
  else await spareMemory(model, need, settings, emit);
  await fitIntoWasm(model, need, settings, emit);
  if (teacher) await fitTeacher(model, needOfTeacher(need, teacher), teacher.other, request.memoryLimit);
  return {
    ...{
      request,
      dataset,
      rows,
      heldOut,
      settings,
      objective,
      adapterSettings,
      brought,
      begun,
      identity,
      need,
      date,
      from,
    },
    teacher,
  };
}

/** LoftQ makes up for rounding: there has to be some. @throws UserError `bad-setting` */
function refuseStart(
  { model: { source, config } }: Workspace,
  { init, baseDtype }: RunSettings,
  adapterSettings: AdapterSettings,
): void {
  if (init !== 'loftq' || !('start' in adapterSettings)) return;
  const rounds = baseDtype === 'q8' || baseDtype === 'q4' || baseDtype === 'nf4';
  const coarse =
    rounds &&
    sitesOf(config, adapterSettings).some(({ path }) =>
      isBlockType(tensorOf(source, `${path}.weight`).stored),
    );
  if (rounds && !coarse) return;
  throw new UserError(
    'bad-setting',
    `The start LoftQ makes up for what rounding took off the base, and ${coarse ? 'this file has it rounded already: what was there before is not known' : 'this base is held as its file has it'}. Nothing was changed. ${coarse ? 'Open the model in full precision' : 'Hold the base in fewer bits (--base-dtype nf4, q4 or q8)'}, or begin otherwise (--init).`,
  );
}

/** @throws UserError `does-not-fit` where a row does not fit the model's context behind what an adapter puts in front of it */
function refuseBehindVirtual(virtual: number, longest: number, positions: number): void {
  if (virtual === 0 || virtual + longest <= positions) return;
  const most = positions - virtual;
  throw new UserError(
    'does-not-fit',
    `A row has ${longest} tokens, and with ${virtual} virtual tokens in front it does not fit the ${positions} positions of this model. Nothing was changed. ${most < 8 ? 'Use fewer virtual tokens (--virtual-tokens).' : `Choose a max length (--max-length) of ${most}, or fewer virtual tokens (--virtual-tokens).`}`,
  );
}

/** What the run minimises, with the rows that are open read for it. @throws UserError `no-rows`, `bad-setting` */
async function objectiveFor(workspace: Workspace, request: TrainRequest, emit: Listener): Promise<Objective> {
  const { settings } = request;
  const name = objectiveOf(settings, workspace.dataset('train').report.calledFor);
  const objective = OBJECTIVES[name](settings);
  await workspace.readFor(objective.rows, request.evalData ? ['train', 'eval'] : ['train'], emit);
  needRows(workspace.dataset('train').report);
  if (objective.recombines && settings.batch < 2)
    throw new UserError(
      'bad-setting',
      'The objective kto compares each answer with those of other rows in its batch, and a batch of one row has none. Nothing was changed. Choose a batch size (--batch) above 1.',
    );
  return objective;
}

/** Which run a request is. */
export async function identityOfRequest(workspace: Workspace, request: TrainRequest): Promise<RunIdentity> {
  const { heldOut } = split(workspace, request, workspace.dataset('train'));
  const brought = request.initAdapter ? await readPeft(request.initAdapter, workspace.model.config) : null;
  const begunWith = begunFrom(brought);
  const { settings } = settled(workspace, request.settings, brought, begunWith);
  return identityOf(workspace, request, settings, begunWith, heldOut?.dataset ?? null);
}

function begunFrom(brought: AdapterWeights | null): RunIdentity['initAdapter'] {
  if (!brought) return null;
  const {
    rsLora = false,
    rankPattern,
    alphaPattern,
    feedForward,
  }: Partial<Omit<LoraSettings, 'method'> & Ia3Settings> = brought.settings.method === 'prompt' ||
  brought.settings.method === 'prefix'
    ? {}
    : { ...brought.settings, method: undefined };
  return {
    sha256: bytesToHex(sha256(float32Bytes(joinValues(brought)))),
    rsLora,
    ...(rankPattern && { rankPattern: { ...rankPattern } }),
    ...(alphaPattern && { alphaPattern: { ...alphaPattern } }),
    ...(feedForward && { feedForward: [...feedForward] }),
  };
}

/** What an adapter that is trained further is, is its own; dropout is the run's. @throws UserError `bad-setting` */
function settled(
  workspace: Workspace,
  given: RunSettings,
  brought: AdapterWeights | null,
  begunWith: RunIdentity['initAdapter'],
): { settings: RunSettings; adapterSettings: AdapterSettings } {
  const settings = checkedSettings(
    // An adapter that is trained further has begun already.
    { ...given, ...(begunWith && { rslora: begunWith.rsLora, init: 'default' }) },
    begunWith !== null,
  );
  if (!brought) return { settings, adapterSettings: workspace.adapterSettings(settings, begunWith) };
  const { settings: adapter } = brought;
  const { method = 'lora' } = adapter;
  if (settings.method !== 'lora' && settings.method !== method)
    throw new UserError(
      'bad-setting',
      `The method ${settings.method} was asked for, but the adapter that the run begins with is of ${method}. Nothing was changed. Leave the method out, or begin without the adapter.`,
    );
  const own = { ...settings, ...broughtSettings(adapter) };
  if (adapter.method === 'prompt' || adapter.method === 'prefix' || adapter.method === 'ia3')
    return { settings: own, adapterSettings: adapter };
  return {
    settings: own,
    adapterSettings: {
      ...adapter,
      dropout: settings.dropout,
      ...(settings.loraPlusRatio === 1 ? {} : { loraPlusRatio: settings.loraPlusRatio }),
      ...(settings.mergeTarget === 'none' || method === 'dora' ? {} : { mergeTarget: settings.mergeTarget }),
    },
  };
}

function split(
  workspace: Workspace,
  request: TrainRequest,
  dataset: RemoteDataset,
): Pick<RunPlan, 'rows' | 'heldOut'> {
  const left = new Set(request.leaveOut);
  const open = everyRow(dataset).filter((row) => !left.has(row));
  if (request.evalData) {
    const other = workspace.dataset('eval');
    needRows(other.report, 'no-held-out-rows');
    return { rows: open, heldOut: { dataset: other, rows: everyRow(other) } };
  }
  const { settings, maxEvalRows } = request;
  const { train, heldOut } = heldOutSplit(
    open.length,
    settings.evalFraction,
    settings.seed,
    maxEvalRows ?? undefined,
  );
  const places = (rows: Uint32Array) => rows.map((row) => open[row]);
  return { rows: places(train), heldOut: heldOut.length > 0 ? { dataset, rows: places(heldOut) } : null };
}

async function identityOf(
  workspace: Workspace,
  { leaveOut = [] }: Pick<TrainRequest, 'leaveOut'>,
  settings: RunSettings,
  initAdapter: RunIdentity['initAdapter'],
  heldOut: RemoteDataset | null,
): Promise<RunIdentity> {
  const { info, source } = workspace.model;
  const of = ({ report }: RemoteDataset) => ({ sha256: report.sha256, rows: report.used });
  return {
    version: 1,
    model: modelName(info, source),
    fingerprint: await fingerprint(source),
    settings: {
      ...resolved(workspace, settings, initAdapter, heldOut !== null),
      ...(settings.objective === 'distil' && workspace.teacher
        ? { 'the teacher (--teacher)': await teacherIdentity(workspace.teacher) }
        : {}),
      ...(leaveOut.length > 0 && { 'rows left out': leaveOut.join(' ') }),
      // Rows rendered otherwise are other rows.
      ...(source.tokenizer.chosen ? { 'chat template': source.tokenizer.chatTemplate } : {}),
    },
    initAdapter,
    dataset: { ...of(workspace.dataset('train')), mapping: workspace.trainingFile?.choice.mapping ?? null },
    heldOut: heldOut && of(heldOut),
    kernels: {},
    device: '',
  };
}

/** Settings as they work out, so that a default that is written out is no other run. */
function resolved(
  workspace: Workspace,
  settings: RunSettings,
  initAdapter: RunIdentity['initAdapter'],
  heldOut: boolean,
): Record<string, unknown> {
  const { calledFor } = workspace.dataset('train').report;
  const objective = objectiveOf(settings, calledFor);
  // The scale of an adapter that the run was begun with stands in `initAdapter`.
  const own = initAdapter ? { ...settings, rslora: false } : settings;
  const adapter = workspace.adapterSettings(settings);
  const { checkpointEvery: _, epochs, objective: __, ...rest } = savedSettings(own);
  return {
    ...rest,
    // Runs of earlier versions, which were all supervised, do not name it.
    ...(objective === 'sft' ? {} : { objective }),
    // A number of steps wins over the epochs.
    ...(settings.steps === null ? { epochs } : {}),
    ...('targets' in adapter && { targets: adapter.targets }),
    keep: settings.keep ?? (heldOut ? 'best' : 'last'),
  };
}

function otherRun(different: readonly string[]): string {
  const named = different.map((name) => SETTINGS.find(({ key }) => key === name)?.label ?? name).join(', ');
  return `This is another run than the one that was saved: ${named} ${different.length === 1 ? 'differs' : 'differ'}. The saved run is untouched. Resume with what it was begun with, or train into another folder.`;
}
