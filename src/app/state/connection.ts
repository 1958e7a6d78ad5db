import type { Remote } from 'comlink';
import type { WorkerApi } from '../../worker/api/api.ts';
import { keepsNothing } from './keeping.ts';

export type Connected = Remote<WorkerApi>;

let connection: Promise<Connected> | null = null;

/** The run worker, started once and outside the first bundle. */
export function worker(): Promise<Connected> {
  connection ??= import('../../worker/api/client.ts').then(async (client) => {
    const api = await client.connectWorker();
    if (keepsNothing()) await api.keepNothing(true);
    return api;
  });
  const mine = connection;
  // What failed to start is not remembered: whoever asks next tries again.
  mine.catch(() => {
    if (connection === mine) connection = null;
  });
  return mine;
}

/** Whether the browser holds the run worker to the page's policy. */
export async function workerIsHeld(): Promise<boolean | null> {
  return (await import('../../worker/api/client.ts')).workerIsHeld();
}
