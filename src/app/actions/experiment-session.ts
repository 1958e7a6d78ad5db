import type { RunSettings } from '../../run/settings/list.ts';
import type { Hardware } from '../../worker/api/api.ts';
import { anotherWorker } from '../state/another-worker.ts';
import type { Connected } from '../state/connection.ts';
import { useLab } from '../state/lab.ts';
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
