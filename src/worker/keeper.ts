import type { SaveCheckpoint, TrainRequest } from './api.ts';
import { beginRecord, keepCheckpoint } from './run-store.ts';
import type { Listener, Workspace } from './workspace.ts';

/** Takes a checkpoint file. */
export type Keeper = (step: number, file: Uint8Array) => Promise<void>;

/** Where checkpoints go: to the command, or into the browser; where that fails the run goes on in memory. */
export async function keeperFor(
  workspace: Workspace,
  request: TrainRequest,
  save: SaveCheckpoint | undefined,
  interrupted: () => boolean,
  emit: Listener,
): Promise<Keeper> {
  if (save)
    return async (step, file) => {
      if (request.settings.checkpointEvery === null && !interrupted()) return;
      await save(step, file);
      emit({ type: 'checkpoint', step, bytes: file.byteLength });
    };
  const { keepAs } = request;
  let failed = keepAs === undefined;
  const attempt = async (work: () => Promise<void>) => {
    if (failed) return;
    try {
      await work();
    } catch (error) {
      failed = true;
      emit({
        type: 'warning',
        text: `The run cannot be kept in this browser (${error instanceof Error ? error.message : error}). It goes on; keep this tab open and download the adapter at the end.`,
      });
    }
  };
  const data = workspace.trainingFile;
  if (keepAs !== undefined && data && request.resume !== 'saved')
    await attempt(async () => {
      const model = { choice: workspace.modelChoice, name: workspace.model.info.name };
      const { initAdapter: _, resume: __, ...plain } = request;
      if (!(await beginRecord(keepAs, model, data, plain))) failed = true;
    });
  return (step, file) =>
    attempt(async () => {
      await keepCheckpoint(step, file);
      emit({ type: 'checkpoint', step, bytes: file.byteLength });
    });
}
