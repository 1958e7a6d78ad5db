import { type Remote, wrap } from 'comlink';
import { plainError, UserError } from '../../errors.ts';
import { policyInPlace } from '../../service-worker/register.ts';
import runWorker from '../compute/run-worker.ts?worker&url';
import type { WorkerApi } from './api.ts';

/** Starts the run worker. Rejects where it cannot be started at all. */
export async function connectWorker(): Promise<Remote<WorkerApi>> {
  return (await startWorker()).api;
}

/** Starts a run worker, and ends it with all that it has open. */
export async function startWorker(): Promise<{ api: Remote<WorkerApi>; end(): void }> {
  const url = new URL(runWorker, import.meta.url).href;
  held = await policyInPlace(url);
  const worker = new Worker(url, { type: 'module', name: 'lowrank run' });
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener(
      'error',
      (event) =>
        reject(
          plainError(
            new UserError(
              'worker-failed',
              event.message || 'The page could not start its worker. Reload it.',
            ),
          ),
        ),
      { once: true },
    );
  });
  failed.catch(() => undefined);
  const api = wrap<WorkerApi>(worker);
  // A first answer shows that it runs.
  await Promise.race([api.cancelData(), failed]);
  return { api, end: () => worker.terminate() };
}

let held: boolean | null = null;

/** Whether the browser holds the worker to the page's policy; null before one was started. */
export function workerIsHeld(): boolean | null {
  return held;
}
