import { UserError } from '../../errors.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { BaseDtype, Hardware, ModelInfo, PickedModel } from '../../worker/api/api.ts';
import { anotherWorker } from '../state/another-worker.ts';
import type { Connected } from '../state/connection.ts';
import { nowAt, useLab } from '../state/lab.ts';
import { type Request, requests } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { hearPiece, stopped, unlessStopped } from './experiment.ts';
import { readingOf } from './open-data.ts';

/** A worker of its own for an experiment, in which other models and rows are open than on the page. */
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
    void Promise.all([
      api.interrupt(),
      api.cancelGenerate(),
      api.cancelModel(),
      api.cancelData(),
      api.stopWork(),
    ]);
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

interface Picked extends Pick<PickedModel, 'model'> {
  /** Of one that this browser does not keep, what was chosen again. */
  again?: PickedModel['model']['choice'];
  /** As a sentence calls it. */
  called: string;
}

/** How a picked model is opened, with the token that was pasted where it needs one. @throws UserError `no-model` */
export function choiceOf({ model, again, called }: Picked) {
  const choice = model.choice ?? again ?? null;
  if (!choice)
    throw new UserError(
      'no-model',
      `The files of ${called} are not kept in this browser. What was measured stays. Choose them again.`,
    );
  const token = getApp().hub.token.trim();
  return {
    ...choice,
    ...(choice.kind === 'hub' && !choice.token && token !== '' && { token }),
    ...(model.chatTemplate !== undefined && { chatTemplate: model.chatTemplate }),
  };
}

/** Opens a picked model. @throws UserError `no-model` where its files are not kept, and as any model */
export async function openPicked(
  { api, request }: Session,
  picked: Picked,
  { at, dtype }: { at: string; dtype?: BaseDtype },
): Promise<ModelInfo> {
  nowAt(at);
  const choice = choiceOf(picked);
  const info = await request.events(hearPiece(), (worker, listener) => worker.openModel(choice, listener));
  if (dtype) await api.setBaseDtype(dtype);
  unlessStopped();
  return info;
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
