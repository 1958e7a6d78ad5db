import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import { type RunSettings, type SettingKey, settingOf } from '../../run/settings/list.ts';
import type { GenerateRequest, RunEvent } from '../../worker/api/api.ts';
import { loss } from '../shared/format.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useOutcome } from '../state/outcome.ts';
import { type Request, requests } from '../state/requests.ts';
import { EMPTY_RUN, reduceRun } from '../state/run.ts';
import { getApp, setApp } from '../state/store.ts';
import { type Sweep, type Trial, useSweep } from '../state/sweep.ts';
import { SWEPT, sweptOf, trialSteps, withValue } from '../state/swept.ts';
import { inTurn } from './in-turn.ts';
import { askBase, dropBaseAnswers, greedy } from './preview.ts';
import { canTrain, keepAwake, takeRunLock } from './run.ts';
import { changeSettings } from './settings.ts';

/** Short runs that differ in one setting, one after another, beside the run, the adapter and the settings of the page. */

const sweeps = requests();

/** What besides the setting itself decides the figures. */
function identityOf(key: SettingKey): string {
  const { model, data, settings, adapter } = getApp();
  const begun = adapter?.goOn ? adapter.info.id : null;
  const [first] = SWEPT[key]?.values ?? [];
  const rest = first === undefined ? settings : { ...settings, ...withValue(key, first, settings) };
  return JSON.stringify([model?.id, data?.sha256, data?.used, begun, rest]);
}

/** Whether what was measured is of this setting, on what is open now. */
export function isMeasured({ of, setting }: Pick<Sweep, 'of' | 'setting'>): boolean {
  return of?.key === setting && of.identity === identityOf(setting);
}

export function canSweep(): boolean {
  return canTrain() && sweptOf(useSweep.getState().setting, getApp()) !== null;
}

/** Shows what is known of the setting that was opened, or begins to measure it. */
export function showSweep(): void {
  const sweep = useSweep.getState();
  if (sweep.now || (isMeasured(sweep) && sweep.trials.length > 0)) return;
  useSweep.setState({ of: null, trials: [] });
  void measureSweep();
}

/** One run for each value of the setting, and what each then says to one question. */
export async function measureSweep(): Promise<void> {
  const { setting: key } = useSweep.getState();
  const { settings, estimate, prompts, exampleRow, baseAnswers } = getApp();
  const swept = sweptOf(key, getApp());
  if (!canTrain() || !swept) return;
  const { values } = swept;
  const steps = trialSteps(estimate);
  const question = prompts.find((prompt) => prompt.trim() !== '') ?? exampleRow?.question ?? null;
  const base = question !== null && baseAnswers[question]?.done ? baseAnswers[question].text : null;
  const request = sweeps.begin();
  setApp({ underWay: 'sweep' });
  useSweep.setState({
    of: { key, identity: identityOf(key), settings, steps },
    ...{ trials: [], question, base, left: null, stopping: false, error: null },
    now: { place: 0, of: values.length, what: 'Preparing' },
  });
  const lock = await keepAwake();
  const alone = await takeRunLock();
  try {
    await outcomeMeasured();
    await dropBaseAnswers();
    for (const [place, value] of values.entries()) {
      if (useSweep.getState().stopping) break;
      await oneTrial(request, { place, of: values.length, value, key, steps, settings, question });
    }
    if (question !== null && base === null && !useSweep.getState().stopping)
      await ask(request, { ...greedy(question, null), raw: settings.raw }, (text) =>
        useSweep.setState({ base: text }),
      );
  } catch (error) {
    useSweep.setState({ error: pageError(error) });
  } finally {
    alone?.();
    lock?.release().catch(() => {});
    useSweep.setState({ now: null, left: null, stopping: false });
    setApp({ underWay: null });
    void askBase();
  }
}

interface Asked {
  place: number;
  of: number;
  value: number;
  key: SettingKey;
  steps: number;
  settings: RunSettings;
  question: string | null;
}

/** A run that fails is a finding of its own, and the next one begins. */
async function oneTrial(request: Request, asked: Asked): Promise<void> {
  const { place, of, value, key, steps, settings, question } = asked;
  const { label } = settingOf(key);
  const name = `${label} ${value}`;
  const say = (what: string) => useSweep.setState({ now: { place, of, what } });
  const put = (change: (trial: Trial) => Partial<Trial>) =>
    useSweep.setState(({ trials }) => ({
      trials: trials.map((trial, i) => (i === place ? { ...trial, ...change(trial) } : trial)),
    }));
  const trial: Trial = { value, run: { ...EMPTY_RUN, steps }, answer: null };
  useSweep.setState(({ trials }) => ({ trials: [...trials.slice(0, place), trial] }));
  say(`${name}: preparing`);
  const api = await worker();
  const hear = (events: RunEvent[]) => {
    // Asked before the run had begun, it has not heard of it.
    if (useSweep.getState().stopping) void api.stop();
    put(({ run }) => ({ run: reduceRun(run, events) }));
    const { run } = useSweep.getState().trials[place];
    const last = run.series.loss.at(-1);
    if (last === undefined) return;
    say(`${name}: step ${run.step} of ${run.steps}, loss ${loss(last)}`);
    const each =
      run.secondsLeft !== null && run.steps > run.step ? run.secondsLeft / (run.steps - run.step) : null;
    useSweep.setState({
      left: each === null ? null : each * (run.steps - run.step + (of - place - 1) * steps),
    });
  };
  const { adapter } = getApp();
  let id: string | null = null;
  try {
    const summary = await inTurn(() =>
      request.events(hear, (one, listener) =>
        one.train(
          {
            settings: {
              ...settings,
              ...withValue(key, value, settings),
              steps,
              evalEvery: null,
              keep: 'last',
            },
            ...{ prompts: [], sampleEvery: null, sampleTokens: 0, trace: false, evalData: false },
            // Those of the page's own runs, so that the same rows are trained on.
            maxEvalRows: MAX_HELD_OUT_ROWS,
            initAdapter: adapter?.goOn ? adapter.files : undefined,
            aside: true,
          },
          listener,
        ),
      ),
    );
    id = summary.adapter;
    const whole = !summary.stopped && !useSweep.getState().stopping;
    if (whole && question !== null) {
      say(`${name}: answering`);
      const use = { id, strength: 1 };
      await ask(request, { ...greedy(question, use), raw: settings.raw }, (answer) =>
        put(() => ({ answer })),
      );
    }
  } catch (error) {
    put(({ run }) => ({ run: { ...run, error: pageError(error) } }));
  } finally {
    if (id !== null) await api.removeAdapter(id);
  }
}

/** An answer, put as it grows and once it is whole. */
async function ask(request: Request, asked: GenerateRequest, take: (text: string) => void): Promise<void> {
  const { text } = await inTurn(() => request.text(take, (api, listener) => api.generate(asked, listener)));
  take(text);
}

/** Ends the run that is under way without its last measurement; what was measured stays. */
export async function stopSweep(): Promise<void> {
  if (!useSweep.getState().now) return;
  useSweep.setState({ stopping: true });
  const api = await worker();
  await Promise.all([api.stop(), api.stop(), api.cancelGenerate()]);
}

/** Closing ends what is under way, since nothing else on the page could say that it goes on. */
export function closeSweep(): void {
  useSweep.setState({ opened: false });
  void stopSweep();
}

/** Takes a value, with what follows it, as the page's setting. */
export function takeValue(value: number): void {
  const { of } = useSweep.getState();
  if (!of) return;
  changeSettings(withValue(of.key, value, of.settings));
  closeSweep();
}

/** The figures of the run that is shown are measured by themselves after it; they are not given up for this. */
function outcomeMeasured(): Promise<void> {
  return new Promise((resolve) => {
    const settled = () => useOutcome.getState().work === null || useSweep.getState().stopping;
    if (settled()) {
      resolve();
      return;
    }
    const look = () => {
      if (!settled()) return;
      for (const end of ends) end();
      resolve();
    };
    const ends = [useOutcome.subscribe(look), useSweep.subscribe(look)];
  });
}
