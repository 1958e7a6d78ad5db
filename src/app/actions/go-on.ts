import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { getApp, setApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { bring } from './adapter.ts';
import { giveUpMeasuring } from './outcome.ts';
import { newRun } from './run.ts';

/** Back to the set-up with the adapter of the run that has ended, as it was at the chosen step, to train on from. */
export async function startFromHere(): Promise<void> {
  const { runName, tuned } = getApp();
  if (tuned === null) return;
  const { step } = useThen.getState();
  try {
    const files = await (await worker()).adapterFiles(step === null ? tuned : `${tuned}@${step}`);
    giveUpMeasuring();
    // First in place, so that what does not open costs nothing; the new run keeps what was brought.
    await bring(step === null ? runName : `${runName}, step ${step}`, files);
    newRun();
  } catch (error) {
    setApp({ takeError: pageError(error) });
  }
}
