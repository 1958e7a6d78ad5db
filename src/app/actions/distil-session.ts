import { UserError } from '../../errors.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { DistilInputs, DistilModel, Hardware, ModelInfo } from '../../worker/api/api.ts';
import { anotherWorker } from '../state/another-worker.ts';
import type { Connected } from '../state/connection.ts';
import { type Role, useDistil } from '../state/distil.ts';
import { nowAt, useLab } from '../state/lab.ts';
import { type Request, requests } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { hearPiece, stopped, unlessStopped } from './experiment.ts';
import { readingOf } from './open-data.ts';

/** A worker of its own for the stages of a distillation, in which other models are open than on the page. */
export interface Session {
  api: Connected;
  request: Request;
  hardware: Hardware;
}

/** @throws UserError `stopped` where the person ended it, whatever was under way */
export async function inSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const { api, end } = await anotherWorker();
  const kind = requests(async () => api);
  const request = kind.begin();
  const tellAway = () => void api.setAway(document.hidden);
  const unhear = useLab.subscribe(({ stopping }, before) => {
    if (!stopping || before.stopping) return;
    void Promise.all([api.interrupt(), api.cancelGenerate(), api.cancelModel(), api.cancelData()]);
  });
  document.addEventListener('visibilitychange', tellAway);
  try {
    tellAway();
    const { device, matrices, threads } = getApp();
    const hardware = await api.hardware(device, { matrices, threads });
    unlessStopped();
    return await work({ api, request, hardware });
  } catch (error) {
    if (useLab.getState().stopping) throw stopped();
    throw error;
  } finally {
    document.removeEventListener('visibilitychange', tellAway);
    unhear();
    kind.end();
    end();
  }
}

const CALLED: Record<Role, string> = { teacher: 'Opening the teacher', student: 'Opening the student' };

/**
 * Opens the teacher or the student.
 *
 * @param parameters of the model that it has to be, where that is known
 * @throws UserError `no-model` where it is another, and as any model
 */
export async function openIn(
  { api, request }: Session,
  role: Role,
  given: Pick<DistilInputs, Role | 'settings'>,
  parameters: number | undefined,
): Promise<ModelInfo> {
  nowAt(CALLED[role]);
  const choice = choiceOf(role, given[role]);
  const info = await request.events(hearPiece(), (worker, listener) => worker.openModel(choice, listener));
  if (parameters !== undefined && info.parameters !== parameters)
    throw new UserError(
      'no-model',
      `${info.name} has ${info.parameters} parameters, and the ${role} of this distillation had ${parameters}. Nothing was changed. Choose ${given[role].model.name} again.`,
    );
  await api.setBaseDtype(given.settings.baseDtype);
  unlessStopped();
  return info;
}

/** How a model is opened, with the token that was pasted where it needs one. @throws UserError `no-model` */
export function choiceOf(role: Role, { model }: DistilModel) {
  const choice = model.choice ?? useDistil.getState().again[role] ?? null;
  if (!choice)
    throw new UserError(
      'no-model',
      `The files of the ${role} ${model.name} are not kept in this browser. What was measured stays. Choose them again.`,
    );
  const token = getApp().hub.token.trim();
  return {
    ...choice,
    ...(choice.kind === 'hub' && !choice.token && token !== '' && { token }),
    ...(model.chatTemplate !== undefined && { chatTemplate: model.chatTemplate }),
  };
}

/** Opens rows, as the settings have them read. */
export function readIn(
  { request }: Session,
  role: 'train' | 'eval',
  choice: Parameters<Connected['openData']>[0],
  settings: RunSettings,
) {
  unlessStopped();
  return request.events(hearPiece(), (api, listener) =>
    api.openData(choice, readingOf(settings), role, listener),
  );
}

/** JSON Lines as a file that is opened. */
export function fileOf(name: string, text: string) {
  return { kind: 'file', file: new File([text], name) } as const;
}
