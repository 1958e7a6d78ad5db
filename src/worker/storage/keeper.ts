import type { RunEvent } from '../../run/events.ts';
import type { SaveCheckpoint, TrainRequest } from '../api/api.ts';
import type { Listener, Workspace } from '../compute/workspace.ts';
import { keeping } from './keeping.ts';
import { RunJournal } from './run-journal.ts';
import { beginRecord, keepCheckpoint } from './run-store.ts';

/** Keeps what a run needs in order to go on. */
export interface Keeper {
  /** The run tells: what it has shown is kept with its next checkpoint. */
  hear(event: RunEvent): void;
  /** Takes a checkpoint file. */
  keep(step: number, file: Uint8Array): Promise<void>;
}

/** Where checkpoints go: to the command, or into the browser; where that fails the run goes on in memory. */
export async function keeperFor(
  workspace: Workspace,
  request: TrainRequest,
  save: SaveCheckpoint | undefined,
  interrupted: () => boolean,
  emit: Listener,
): Promise<Keeper> {
  if (save)
    return {
      hear() {},
      async keep(step, file) {
        if (request.settings.checkpointEvery === null && !interrupted()) return;
        await save(step, file);
        emit({ type: 'checkpoint', step, bytes: file.byteLength });
      },
    };
  const { keepAs } = request;
  // A run that was kept before nothing was to be goes on, and is not written to.
  let failed = keepAs === undefined || (request.resume === 'saved' && keeping.nothing);
  const attempt = async (work: () => Promise<void>) => {
    if (failed) return;
    try {
      await work();
    } catch (error) {
      failed = true;
      emit({
        type: 'warning',
        text: `The run cannot be kept in this browser (${error instanceof Error ? error.message : error}). It continues; keep this tab open and download the adapter at the end.`,
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
  const journal = new RunJournal();
  return {
    hear(event) {
      if (!failed) journal.hear(event);
    },
    keep: (step, file) =>
      attempt(async () => {
        const event: RunEvent = { type: 'checkpoint', step, bytes: file.byteLength };
        journal.hear(event);
        await keepCheckpoint(step, file, journal);
        emit(event);
      }),
  };
}
