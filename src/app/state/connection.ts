import type { Remote } from 'comlink';
import type { WorkerApi } from '../../worker/api/api.ts';
import { importPart, missingPart } from '../shared/import-part.ts';
import { keepsNothing } from './keeping.ts';

export type Connected = Remote<WorkerApi>;

const loadClient = () => importPart(() => import('../../worker/api/client.ts'));

let connection: Promise<Connected> | null = null;

/** The run worker, started once and outside the first bundle. */
export function worker(): Promise<Connected> {
  connection ??= loadClient().then(async ({ connectWorker }) => {
    const api = await connectWorker().catch(async (error) => {
      const missing = await missingPart(error);
      throw missing.outdated ? missing : error;
    });
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
  return (await loadClient()).workerIsHeld();
}
