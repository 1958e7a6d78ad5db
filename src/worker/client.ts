import { type Remote, wrap } from 'comlink';
import type { WorkerApi } from './api.ts';

/** Starts the run worker. Rejects where it cannot be started at all. */
export async function connectWorker(): Promise<Remote<WorkerApi>> {
  const worker = new Worker(new URL('./run-worker.ts', import.meta.url), {
    type: 'module',
    name: 'lowrank run',
  });
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener(
      'error',
      (event) =>
        reject(
          new Error(`worker-failed: ${event.message || 'The page could not start its worker. Reload it.'}`),
        ),
      { once: true },
    );
  });
  failed.catch(() => undefined);
  const api = wrap<WorkerApi>(worker);
  // A first answer shows that it runs.
  await Promise.race([api.cancelData(), failed]);
  return api;
}
