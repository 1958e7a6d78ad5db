import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { RunEvent, TrainRequest } from '../../worker/api/api.ts';
import { importPart } from '../shared/import-part.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useHistory } from '../state/history.ts';
import { isWritten } from '../state/pairs.ts';
import { evalInterval, sampleInterval } from '../state/presets.ts';
import { requests } from '../state/requests.ts';
import { EMPTY_RUN, isBusy, type RunView, reduceRun } from '../state/run.ts';
import { getApp, isTaken, setApp } from '../state/store.ts';
import { NO_THEN, useThen } from '../state/then.ts';
import { loadTimes } from './answers.ts';
import { closeSheets } from './cards.ts';
import { refreshEstimate } from './estimate.ts';
import { isFirstRun, rememberOutcome, rememberRun } from './history.ts';
import { beginOutcome, giveUpMeasuring, measureOutcome } from './outcome.ts';
import { askBase, dropBaseAnswers, SAMPLE_TOKENS } from './preview.ts';
import { beginRecital } from './recital.ts';

export function canTrain(): boolean {
  const { model, data, starting, dataWork, modelWork } = getApp();
  return (
    model !== null &&
    data !== null &&
    data.used > 0 &&
    !dataWork &&
    !modelWork &&
    !starting &&
    !isTaken(getApp())
  );
}

/** `Sample: talk like a pirate` gives `Talk like a pirate`; a file's name loses its ending. */
export function runNameOf(dataTitle: string): string {
  const name = dataTitle.replace(/^Sample: /, '');
  if (name === dataTitle) return name.replace(/\.[a-z]+$/i, '');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Trains on what is open, with the settings as they are. A new run takes the place of an unfinished one: that is asked. */
export async function train(): Promise<void> {
  if (!canTrain()) return;
  closeSheets();
  if (getApp().saved) setApp({ askedAnew: true, pane: 'run', drawer: false });
  else await trainAnew();
}

/** The person has agreed, where an unfinished run was on offer. */
export async function trainAnew(): Promise<void> {
  setApp({ saved: null, askedAnew: false });
  if (!canTrain()) return;
  const { adapter, settings, prompts, dataTitle, estimate } = getApp();
  const steps = estimate?.steps ?? settings.steps ?? 100;
  const name = runNameOf(dataTitle);
  const brought = adapter?.goOn ? adapter.files : undefined;
  await carryOut(
    {
      settings: { ...settings, evalEvery: settings.evalEvery ?? evalInterval(steps) },
      prompts: prompts.filter((prompt) => prompt.trim() !== ''),
      sampleEvery: sampleInterval(steps),
      sampleTokens: SAMPLE_TOKENS,
      trace: false,
      maxEvalRows: MAX_HELD_OUT_ROWS,
      evalData: false,
      initAdapter: brought,
      keepAs: name,
      dataTitle,
      chosen: settings,
    },
    name,
  );
}

const runs = requests();

/** One run from its first word to its last; everything it says goes through the reducer. */
export async function carryOut(request: TrainRequest, name: string): Promise<void> {
  useHistory.setState({ current: null });
  beginOutcome(request.settings);
  beginRecital(getApp().data);
  useThen.setState(NO_THEN);
  setApp({
    run: { ...EMPTY_RUN, state: 'loading', steps: getApp().estimate?.steps ?? 0 },
    starting: true,
    fromLink: null,
    strength: 1,
    runSettings: request.settings,
    runTemplate: getApp().modelChoice.chatTemplate ?? null,
    runContinued: request.initAdapter !== undefined,
    runLeaks: null,
    runName: name,
    exchanges: [],
    retold: {},
    askError: null,
    takeError: null,
    tab: 'samples',
    focusStep: null,
    pane: 'run',
    drawer: false,
    place: null,
    tuned: broughtId(),
  });
  const hear = (events: RunEvent[]) =>
    setApp(({ run, tuned }) => {
      const next = reduceRun(run, events);
      return { run: next, tuned: next.adapter ?? tuned };
    });
  const lock = await keepAwake();
  const alone = await takeRunLock();
  window.addEventListener('beforeunload', askBeforeLeaving);
  try {
    await dropBaseAnswers();
    await worker();
    setApp({ starting: false });
    if (!alone) {
      const text = 'Another tab is training too. This run will not be saved if you close this tab.';
      setApp(({ run }) => ({ run: reduceRun(run, [{ type: 'warning', text }]) }));
    }
    const asked = { ...request, keepAs: alone ? request.keepAs : undefined };
    const summary = await runs.begin().events(hear, (api, listener) => api.train(asked, listener));
    const runFirst = isWritten(getApp().dataChoice) || (await isFirstRun());
    // Stopped before its first step, it has nothing to show.
    if (summary.stopped && summary.steps === 0) {
      clearRun();
      return;
    }
    setApp(({ run, leaks }) => ({
      runFirst,
      runLeaks: leaks,
      run: { ...run, state: 'finished', summary, step: summary.steps, steps: run.steps || summary.steps },
      tab: 'take',
    }));
    void refreshEstimate();
    if (summary.steps === 0) return;
    void loadTimes().then(fillSteps);
    await rememberRun();
    void measureOutcome(request.settings).then(rememberOutcome);
  } catch (error) {
    setApp(({ run }) => ({
      run: { ...run, state: 'failed', error: pageError(error) },
      starting: false,
      // The worker has put away the adapter of a run that failed.
      tuned: broughtId(),
    }));
  } finally {
    window.removeEventListener('beforeunload', askBeforeLeaving);
    lock?.release().catch(() => {});
    alone?.();
  }
}

/** What a drag along the curve shows is computed ahead; without it, it comes when it is asked for. */
async function fillSteps(): Promise<void> {
  const ahead = await importPart(() => import('./fill-steps.ts')).catch(() => null);
  await ahead?.fillSteps();
}

/** The adapter that answers where no run has trained one. */
function broughtId(): string | null {
  return getApp().adapter?.info.id ?? null;
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Says to other tabs that a run is going, and keeps a hidden tab from being frozen. Null: another tab has it. */
export function takeRunLock(): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    if (!navigator.locks) {
      resolve(() => {});
      return;
    }
    void navigator.locks.request(RUN_LOCK, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(null);
        return;
      }
      return new Promise<void>((release) => resolve(release));
    });
  });
}

/** Held while a run trains, so that another tab of this page neither resumes it nor writes over it. */
export const RUN_LOCK = 'lowrank-run';

/** A phone must not fall asleep in mid-run; where the browser cannot promise that, the run continues regardless. */
export async function keepAwake(): Promise<WakeLockSentinel | null> {
  try {
    return (await navigator.wakeLock?.request('screen')) ?? null;
  } catch {
    return null;
  }
}

export async function pause(): Promise<void> {
  wish('pause');
  await (await worker()).pause();
}

export async function resume(): Promise<void> {
  wish(null);
  await (await worker()).resume();
}

/** A double click is one press: a second one ends the run without its last measurement. */
const ONE_PRESS = 1000;
let stopped = 0;

export async function stop(): Promise<void> {
  const now = performance.now();
  if (getApp().run.wish === 'stop' && now - stopped < ONE_PRESS) return;
  stopped = now;
  wish('stop');
  await (await worker()).stop();
}

/** Shown at once: the run gets there a little later. */
function wish(what: RunView['wish']): void {
  setApp(({ run }) => ({ run: { ...run, wish: what } }));
}

/** Back to the first screen, with model, data and settings as they are. */
export function newRun(): void {
  if (!isBusy(getApp().run.state)) clearRun();
}

/** Whatever the run that is shown last said of its state. Past runs that were laid over it go with it. */
export function clearRun(): void {
  useHistory.setState({ shown: [], current: null });
  giveUpMeasuring();
  beginRecital(null);
  useThen.setState(NO_THEN);
  setApp({
    run: EMPTY_RUN,
    exchanges: [],
    retold: {},
    askError: null,
    takeError: null,
    runName: '',
    tab: 'samples',
    focusStep: null,
    place: null,
    runSettings: null,
    runTemplate: null,
    tuned: broughtId(),
  });
  // A run that was begun early has cut the base’s answers short.
  void askBase();
}
