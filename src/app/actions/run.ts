import { burstListener, worker } from '../state/connection.ts';
import { pageError } from '../state/errors.ts';
import { evalInterval, MAX_HELD_OUT_ROWS, sampleInterval } from '../state/presets.ts';
import { EMPTY_RUN, isBusy, reduceRun } from '../state/run.ts';
import { getApp, setApp } from '../state/store.ts';
import { refreshEstimate } from './estimate.ts';
import { dropBaseAnswers, SAMPLE_TOKENS } from './preview.ts';

export function canTrain(): boolean {
  const { model, data, starting, run, dataWork, modelWork } = getApp();
  return (
    model !== null &&
    data !== null &&
    data.used > 0 &&
    !dataWork &&
    !modelWork &&
    !starting &&
    !isBusy(run.state)
  );
}

/** `Sample: talk like a pirate` gives `Talk like a pirate`; a file's name loses its ending. */
export function runNameOf(dataTitle: string): string {
  const name = dataTitle.replace(/^Sample: /, '');
  if (name === dataTitle) return name.replace(/\.[a-z]+$/i, '');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** One run from its first word to its last; everything it says goes through the reducer. */
export async function train(): Promise<void> {
  if (!canTrain()) return;
  const { settings, prompts, dataTitle, estimate } = getApp();
  setApp({
    run: { ...EMPTY_RUN, state: 'loading', detail: '' },
    starting: true,
    runSettings: settings,
    runName: runNameOf(dataTitle),
    exchanges: [],
    askError: null,
    takeError: null,
    tab: 'samples',
    focusStep: null,
    pane: 'run',
    drawer: false,
  });
  const { listener, settle } = burstListener((events) => {
    setApp(({ run }) => ({ run: reduceRun(run, events) }));
  });
  const lock = await keepAwake();
  try {
    await dropBaseAnswers();
    const api = await worker();
    const steps = estimate?.steps ?? settings.steps ?? 100;
    setApp({ starting: false });
    const summary = await api.train(
      {
        settings: { ...settings, evalEvery: settings.evalEvery ?? evalInterval(steps) },
        prompts: prompts.filter((prompt) => prompt.trim() !== ''),
        sampleEvery: sampleInterval(steps),
        sampleTokens: SAMPLE_TOKENS,
        trace: false,
        maxEvalRows: MAX_HELD_OUT_ROWS,
        evalData: false,
      },
      listener,
    );
    settle();
    setApp(({ run }) => ({
      run: { ...run, state: 'finished', summary, step: summary.steps, steps: run.steps || summary.steps },
      tab: 'take',
    }));
    void refreshEstimate();
  } catch (error) {
    settle();
    setApp(({ run }) => ({ run: { ...run, state: 'failed', error: pageError(error) }, starting: false }));
  } finally {
    lock?.release().catch(() => {});
  }
}

/** A phone must not fall asleep in mid-run; where the browser cannot promise that, the run goes on regardless. */
async function keepAwake(): Promise<WakeLockSentinel | null> {
  try {
    return (await navigator.wakeLock?.request('screen')) ?? null;
  } catch {
    return null;
  }
}

export async function pause(): Promise<void> {
  await (await worker()).pause();
}

export async function resume(): Promise<void> {
  await (await worker()).resume();
}

export async function stop(): Promise<void> {
  await (await worker()).stop();
}

/** Back to the first screen, with model, data and settings as they are. */
export function newRun(): void {
  if (isBusy(getApp().run.state)) return;
  setApp({
    run: EMPTY_RUN,
    exchanges: [],
    askError: null,
    takeError: null,
    runName: '',
    tab: 'samples',
    focusStep: null,
    runSettings: null,
  });
}
