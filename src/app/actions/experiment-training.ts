import type { RunEvent, RunSummary, TrainRequest } from '../../worker/api/api.ts';
import { loss } from '../shared/format.ts';
import { pageError } from '../shared/page-error.ts';
import type { Connected } from '../state/connection.ts';
import { nowAt, useLab } from '../state/lab.ts';
import type { Request } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { stopped } from './experiment.ts';
import { takeRunLock } from './run.ts';

export interface ExperimentTraining {
  /** The worker in which the rows are open, and a request to it. */
  api: Connected;
  request: Request;
  /** With `leaveOut`: such a run is an experiment's, and the page does not offer it. */
  training: TrainRequest;
  /** Under which a checkpoint is kept, and what it is of. */
  keepAs: string;
  dataTitle: string;
  /** What is happening, for people. */
  what: string;
  warn(text: string): void;
}

/**
 * A training of an experiment, from its newest checkpoint where this browser has one of it.
 *
 * @throws UserError `stopped`
 */
export async function trainIn(asked: ExperimentTraining): Promise<RunSummary> {
  const { api, request, training, dataTitle, what } = asked;
  const alone = await takeRunLock();
  try {
    // Of the unfinished run that the page offers none may be lost.
    const keepAs = alone && !getApp().saved ? asked.keepAs : undefined;
    const saved = keepAs === undefined ? null : await api.savedRun();
    const run = (resume: 'saved' | undefined) =>
      request.events(hearTraining(asked), (worker, listener) =>
        worker.train({ ...training, keepAs, dataTitle, resume }, listener),
      );
    nowAt(`${what}: preparing`);
    const summary = await (saved && isOf(saved.request, { ...training, dataTitle })
      ? run('saved').catch((error) => {
          if (pageError(error).code !== 'other-run') throw error;
          return run(undefined);
        })
      : run(undefined));
    if (summary.interrupted || summary.stopped) throw stopped();
    return summary;
  } finally {
    alone?.();
  }
}

/** What a training took at its peak; null where that is not known. */
export function memoryOf({ memory }: RunSummary): number | null {
  return memory.peak_bytes || memory.plan_bytes || null;
}

/** Whether an unfinished run is of this training: of the same rows, with the same settings. */
function isOf(saved: TrainRequest, asked: TrainRequest): boolean {
  const identity = ({ leaveOut, settings, dataTitle }: TrainRequest) =>
    JSON.stringify([leaveOut, settings, dataTitle]);
  return identity(saved) === identity(asked);
}

function hearTraining({ what, warn }: ExperimentTraining): (events: RunEvent[]) => void {
  return (events) => {
    for (const event of events) {
      if (event.type === 'step')
        useLab.setState({
          work: { what: `${what}, loss ${loss(event.loss)}`, done: event.step, total: event.steps },
          left: event.secondsLeft,
        });
      else if (event.type === 'progress')
        useLab.setState({ work: { what: event.what, done: event.done, total: event.total }, left: null });
      else if (event.type === 'warning') warn(event.text);
    }
  };
}
