import { UserError } from '../../errors.ts';
import type { KeptRung } from '../../lab/ladder/climb.ts';
import { named, nameOf, type PointName, pointOf } from '../../lab/progression/points.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type {
  BaseDtype,
  FrontierCandidate,
  FrontierModel,
  KeptPoint,
  ModelInfo,
  TrainRequest,
} from '../../worker/api/api.ts';
import { useFrontier } from '../state/frontier.ts';
import { hearPiece, unlessStopped, warningsIn } from './experiment.ts';
import { openPicked, readIn, type Session } from './experiment-session.ts';
import { memoryOf, trainIn } from './experiment-training.ts';
import { change, keepPoint, keptNow, keptPoint, warn } from './frontier-record.ts';
import { lossOnGeneral } from './general-loss.ts';

/** What is asked of the worker in which the models of a comparison are opened: what each would take, and each point. */

/** Opens a model with the rows, and finds what each of its points would take and what decides it. */
export async function weigh(session: Session, place: number): Promise<FrontierCandidate[]> {
  const { api } = session;
  const { given } = keptNow();
  const one = given.models[place];
  const info = await openIn(session, place);
  const { parameters, bytes } = info;
  const planned: [PointName & { dtype: BaseDtype }, number][] = [];
  for (const point of pointsOf(one)) {
    unlessStopped();
    const { memory } = await api.estimate({ ...given.settings, baseDtype: point.dtype });
    const { base, adapter, optimizer, activation } = memory;
    planned.push([point, point.untrained ? base : base + adapter + optimizer + activation]);
  }
  await openRows(session, one);
  const candidates: FrontierCandidate[] = [];
  for (const [point, planned_bytes] of planned) {
    const decides = await decidesOf(session, one, point);
    candidates.push({ ...point, parameters, bytes, planned_bytes, of: place, decides });
  }
  return candidates;
}

/** What of a model is to be measured, in the order of its precisions. */
export function pointsOf({ flag, dtypes, work }: FrontierModel): (PointName & { dtype: BaseDtype })[] {
  return dtypes.flatMap((dtype) => [
    ...(work === 'train' ? [] : [{ model: flag, dtype, untrained: true as const }]),
    ...(work === 'asItIs' ? [] : [{ model: flag, dtype }]),
  ]);
}

/** What the figures of a point come of, by what a person would call it. */
async function decidesOf(
  { api, hardware }: Session,
  { model }: FrontierModel,
  { dtype, untrained }: PointName & { dtype: BaseDtype },
): Promise<Record<string, unknown>> {
  const { settings, rows } = keptNow().given;
  const identity = await api.identity(requestOf({ ...settings, baseDtype: dtype }));
  const { raw, maxLength } = settings;
  return {
    'the model': [identity.model, identity.fingerprint],
    'the chat template': model.chatTemplate ?? null,
    'the held-out rows': rows.sha256.heldOut,
    'the columns': rows.mapping ?? null,
    'the device': hardware.name,
    'the precision': dtype,
    'how rows are read': [raw, maxLength],
    ...(untrained ? { training: null } : { 'the training rows': rows.sha256.train, ...identity.settings }),
  };
}

function requestOf(settings: RunSettings): TrainRequest {
  return {
    ...{ settings, prompts: [], sampleEvery: null, sampleTokens: 0, trace: false, evalData: false },
    ...{ maxEvalRows: null, leaveOut: [] },
  };
}

function openIn(session: Session, place: number, dtype?: BaseDtype): Promise<ModelInfo> {
  const { model } = keptNow().given.models[place];
  const again = useFrontier.getState().again[place];
  return openPicked(session, { model, again, called: model.name }, { at: `Opening ${model.name}`, dtype });
}

/** Opens the rows, and says what of them this model cannot read or cuts. */
async function openRows(session: Session, { model }: FrontierModel): Promise<void> {
  const { rows, settings } = keptNow().given;
  const { train, heldOut, mapping } = rows;
  const reports = [
    await readIn(session, 'train', { kind: 'file', file: train, mapping }, settings),
    await readIn(session, 'eval', { kind: 'file', file: heldOut, mapping }, settings),
  ];
  for (const report of reports) warn(...warningsIn(report, model.name));
}

/** Trains a point, where it is to be and is not yet, and has it answer the held-out rows. */
export async function measurePoint(session: Session, candidate: FrontierCandidate): Promise<KeptPoint> {
  const { of, decides, ...point } = candidate;
  const { request } = session;
  const { settings } = keptNow().given;
  const dtype = point.dtype as BaseDtype;
  await openIn(session, of, dtype);
  await openRows(session, keptNow().given.models[of]);
  // The rows may be other ones than those that what decides it speaks of: the files may have been chosen again.
  await refuseOther(session, candidate);
  const { raw, seed } = settings;
  const plan = await request.events(hearPiece(), (worker, listener) =>
    worker.prepareLadder(
      { prompt: null, metric: keptNow().about?.metric ?? null, raw, seed, documents: [] },
      listener,
    ),
  );
  await change({ about: { metric: plan.metric, removed: plan.removed.rows } });
  unlessStopped();
  let half: KeptPoint = keptPoint(candidate) ?? { decides, adapter: null, training: null, point: null };
  let id: string | null = null;
  if (!point.untrained) [id, half] = await trained(session, candidate, half);
  unlessStopped();
  const rung: KeptRung = await request.events(hearPiece(), (worker, listener) =>
    worker.measureRung('tuned', id === null ? null : { id, strength: 1 }, listener),
  );
  const whole = { ...half, point: pointOf(point, { ...rung, ...half.training }) };
  await keepPoint(whole);
  return whole;
}

/** @throws UserError `no-model` where the model is not the one that was weighed */
async function refuseOther(
  session: Session,
  { of, decides, dtype, ...name }: FrontierCandidate,
): Promise<void> {
  const one = keptNow().given.models[of];
  const now = await decidesOf(session, one, { ...nameOf({ ...name, dtype }), dtype: dtype as BaseDtype });
  const which = 'the model';
  if (JSON.stringify(now[which]) === JSON.stringify(decides[which])) return;
  throw new UserError(
    'no-model',
    `${one.model.name} is another model than the one that was weighed. What was measured stays. Choose the files of that one.`,
  );
}

/** The adapter of a point on the shelf of the session, with what its training took: as it is kept, or trained now. */
async function trained(
  { api, request }: Session,
  candidate: FrontierCandidate,
  half: KeptPoint,
): Promise<[id: string, half: KeptPoint]> {
  if (half.adapter && half.training) return [(await api.addAdapter(half.adapter)).id, half];
  const { given, title } = keptNow();
  const general = (id: string | null, what: string) =>
    lossOnGeneral(
      (begin, end) => api.generalLoss(id === null ? null : { id, strength: 1 }, begin, end),
      what,
    );
  const elsewhere_before = await general(null, 'Loss on general text, before training');
  const summary = await trainIn({
    ...{ api, request, keepAs: title, dataTitle: `${title}: ${named(candidate)}`, what: 'Training', warn },
    training: requestOf({ ...given.settings, baseDtype: candidate.dtype as BaseDtype }),
  });
  const id = summary.adapter;
  const training = {
    ...{ train_seconds: summary.seconds, memory_bytes: memoryOf(summary), elsewhere_before },
    elsewhere_after: null,
  };
  const adapter = await api.adapterFiles(id);
  await keepPoint({ ...half, adapter, training });
  const elsewhere_after = await general(id, 'Loss on general text, tuned');
  const whole = { ...half, adapter, training: { ...training, elsewhere_after } };
  await keepPoint(whole);
  return [id, whole];
}
