import { startWorker } from '../../worker/api/client.ts';
import { type Connected, worker } from './connection.ts';
import { keepsNothing } from './keeping.ts';

/**
 * A run worker beside the page's, for other models than the one that is open: what is open, trained and answered on the page
 * stays. The page's worker lets go of the device meanwhile.
 */
export async function anotherWorker(): Promise<{ api: Connected; end(): void }> {
  await (await worker()).makeRoom();
  const started = await startWorker();
  if (keepsNothing()) await started.api.keepNothing(true);
  return started;
}
