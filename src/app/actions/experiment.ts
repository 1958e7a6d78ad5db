import type { DataReport } from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import type { ExperimentId, KeptExperiments, RunEvent } from '../../worker/api/api.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { NOTHING_UNDER_WAY, nowAt, useLab } from '../state/lab.ts';
import { type AppState, getApp, isTaken, setApp } from '../state/store.ts';
import { giveUpMeasuring } from './outcome.ts';
import { askBase, dropBaseAnswers } from './preview.ts';
import { progressInto } from './progress.ts';
import { keepAwake } from './run.ts';

/** What every experiment of the lab does: it has the model to itself, ends when it is told to, and is kept as it grows. */

/** Whether the model is open, and nothing else has it. Rows that are being read, or a model, are waited for. */
export function canExperiment(): boolean {
  const app = getApp();
  return app.model !== null && !app.dataWork && !app.modelWork && !app.starting && !isTaken(app);
}

/**
 * Carries an experiment out. From its begin to its end model, data and settings stay as they are.
 * @param first what is done first, for people
 * @returns why it was not finished; null where it was, or where the person has stopped it
 */
export async function underWay(
  id: NonNullable<AppState['underWay']>,
  first: string,
  carryOut: () => Promise<void>,
): Promise<PageError | null> {
  giveUpMeasuring();
  setApp({ underWay: id });
  useLab.setState({ stopping: false });
  nowAt(first);
  const lock = await keepAwake();
  try {
    await dropBaseAnswers();
    await carryOut();
    return null;
  } catch (error) {
    const failure = pageError(error);
    return failure.code === 'stopped' ? null : failure;
  } finally {
    lock?.release().catch(() => {});
    setApp({ underWay: null });
    useLab.setState(NOTHING_UNDER_WAY);
    // Those that the experiment cut short.
    void askBase();
  }
}

/** Ends the piece that is under way; a training keeps a checkpoint to go on from. */
export async function stopExperiment(): Promise<void> {
  useLab.setState({ stopping: true });
  const api = await worker();
  await Promise.all([api.interrupt(), api.cancelGenerate()]);
}

export function stopped(): UserError {
  return new UserError('stopped', 'Stopped. What was measured before stays.');
}

/** @throws UserError `stopped` once the person has pressed Stop */
export function unlessStopped(): void {
  if (useLab.getState().stopping) throw stopped();
}

/** A listener that shows how far a piece is, with the time that the rest will take at its pace. */
export function hearPiece(): (events: RunEvent[]) => void {
  return progressInto((work) => {
    const { total, done, speed } = work;
    useLab.setState({ work, left: total && speed ? (total - done) / speed : null });
  });
}

/** What was found in rows that were opened: those that are left out or cut among it, a sentence each. @param by the model */
export function warningsIn({ name, warnings }: Pick<DataReport, 'name' | 'warnings'>, by?: string): string[] {
  return warnings.map((warning) => [by, name, warning].filter(Boolean).join(': '));
}

let written: Promise<void> = Promise.resolve();

/**
 * Keeps an experiment as it is by now, one after another. Where the browser cannot, it goes on all the same.
 * @param warn is told what the person should know then
 */
export function keepRecord<Id extends ExperimentId>(
  id: Id,
  record: KeptExperiments[Id],
  warn: (text: string) => void,
): Promise<void> {
  written = written
    .then(async () => (await worker()).keepExperiment(id, record))
    .catch((error) =>
      warn(
        `This cannot be kept in this browser (${pageError(error).text}). It continues; keep this tab open.`,
      ),
    );
  return written;
}

/** Forgets an experiment, and a training of its that was not finished. */
export async function forgetRecord(id: ExperimentId): Promise<void> {
  const api = await worker();
  await api.forgetExperiment(id);
  if ((await api.savedRun())?.request.leaveOut) await api.forgetSavedRun();
}
