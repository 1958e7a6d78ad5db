import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { getApp, setApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { bring, placeFromShelf } from './adapter.ts';
import { giveUpMeasuring } from './outcome.ts';
import { newRun } from './run.ts';

/** Goes back to the set-up with the finished run's adapter from the chosen step, for the next run to start from. */
export async function startFromHere(): Promise<void> {
  const { runName, tuned } = getApp();
  if (tuned === null) return;
  const { step } = useThen.getState();
  try {
    if (step === null) {
      await startFromShelf(tuned);
      return;
    }
    const files = await (await worker()).adapterFiles(`${tuned}@${step}`);
    giveUpMeasuring();
    // First in place, so that what does not open costs nothing; the new run keeps what was brought.
    await bring(`${runName}, step ${step}`, files);
    newRun();
  } catch (error) {
    setApp({ takeError: pageError(error) });
  }
}

/** Goes back to the set-up with an adapter of the shelf in place, whether a run is shown or not. */
export async function startFromShelf(id: string): Promise<void> {
  giveUpMeasuring();
  await placeFromShelf(id);
  newRun();
}
