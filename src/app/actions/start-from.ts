import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { getApp, setApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { bring } from './adapter.ts';
import { giveUpMeasuring } from './outcome.ts';
import { newRun } from './run.ts';

/** Goes back to the set-up with the finished run's adapter from the chosen step, for the next run to start from. */
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
