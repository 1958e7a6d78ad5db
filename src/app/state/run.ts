import type { MemoryReport } from '../../engine/engine.ts';
import type { FigureInfo } from '../../objectives/objective.ts';
import type { RunEvent, RunState, StepEvent } from '../../run/events.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { RunSummary } from '../../worker/api/api.ts';
import { count } from '../shared/format.ts';
import type { PageError } from '../shared/page-error.ts';

/**
 * What the page knows of a run: a pure function of the events so far. Events come in bursts, so a whole burst is
 * reduced at once and the series are copied once a burst, not once a step.
 */

export interface Series {
  step: number[];
  loss: number[];
  smooth: number[];
  learningRate: number[];
  gradNorm: number[];
  /** By the key of `RunView.figures`: not a number where a step did not tell it. */
  figures: Record<string, number[]>;
}

export interface Frame {
  step: number;
  text: string;
  done: boolean;
}

export interface Film {
  prompt: string;
  frames: Frame[];
}

export interface RunMark {
  step: number;
  kind: 'checkpoint' | 'warning';
  text: string;
}

export interface Movement {
  step: number;
  modules: { layer: number; target: string }[];
  values: number[];
}

export interface RunView {
  state: RunState;
  detail: string;
  /** What the person has asked for and the run has not reached yet. */
  wish: 'pause' | 'stop' | null;
  step: number;
  steps: number;
  epoch: number;
  /** What steps tell besides loss and gradient norm, in the order in which it is shown. */
  figures: readonly FigureInfo[];
  series: Series;
  held: { step: number[]; loss: number[]; rows: number };
  best: { step: number; loss: number } | null;
  tokens: number;
  tokensPerSecond: number | null;
  secondsLeft: number | null;
  films: Film[];
  movement: Movement | null;
  memory: MemoryReport | null;
  marks: RunMark[];
  warnings: string[];
  progress: { what: string; done: number; total: number | null } | null;
  /** On the worker's shelf; null until the run has begun there. */
  adapter: string | null;
  summary: RunSummary | null;
  error: PageError | null;
}

export const EMPTY_RUN: RunView = {
  state: 'idle',
  detail: '',
  wish: null,
  step: 0,
  steps: 0,
  epoch: 0,
  figures: [],
  series: { step: [], loss: [], smooth: [], learningRate: [], gradNorm: [], figures: {} },
  held: { step: [], loss: [], rows: 0 },
  best: null,
  tokens: 0,
  tokensPerSecond: null,
  secondsLeft: null,
  films: [],
  movement: null,
  memory: null,
  marks: [],
  warnings: [],
  progress: null,
  adapter: null,
  summary: null,
  error: null,
};

/** Weight of the past in the smoothed loss. */
export const SMOOTHING = 0.9;

/**
 * Exponential mean of losses without the start's bias (as Adam corrects its moments):
 * sₖ = Σ β^(k−i) lᵢ / Σ β^(k−i). `before` holds k values already smoothed.
 */
function smoothed(before: number, previous: number | undefined, loss: number): number {
  if (previous === undefined) return loss;
  const weight = (1 - SMOOTHING ** before) / (1 - SMOOTHING);
  return (previous * weight * SMOOTHING + loss) / (weight * SMOOTHING + 1);
}

function withSteps(run: RunView, events: StepEvent[]): RunView {
  if (events.length === 0) return run;
  const series: Series = {
    step: run.series.step.slice(),
    loss: run.series.loss.slice(),
    smooth: run.series.smooth.slice(),
    learningRate: run.series.learningRate.slice(),
    gradNorm: run.series.gradNorm.slice(),
    figures: Object.fromEntries(
      run.figures.map(({ key }) => [
        key,
        run.series.figures[key]?.slice() ?? run.series.step.map(() => Number.NaN),
      ]),
    ),
  };
  const { figures, ...rest } = series;
  const columns = [...Object.values(rest), ...Object.values(figures)];
  let tokens = run.tokens;
  for (const event of events) {
    // After a recovery the run repeats steps from its last checkpoint: the later value counts.
    while (series.step.length > 0 && series.step[series.step.length - 1] >= event.step) {
      for (const values of columns) values.pop();
    }
    const count = series.step.length;
    series.step.push(event.step);
    series.loss.push(event.loss);
    series.smooth.push(
      Number.isFinite(event.loss)
        ? smoothed(count, series.smooth[count - 1], event.loss)
        : (series.smooth[count - 1] ?? event.loss),
    );
    series.learningRate.push(event.learningRate);
    series.gradNorm.push(event.gradNorm);
    for (const [key, values] of Object.entries(figures)) values.push(event.figures[key] ?? Number.NaN);
    tokens += event.tokens;
  }
  const last = events[events.length - 1];
  return {
    ...run,
    series,
    tokens,
    step: last.step,
    steps: last.steps,
    epoch: last.epoch,
    tokensPerSecond: last.tokensPerSecond,
    secondsLeft: last.secondsLeft,
  };
}

function withSample(films: Film[], event: Extract<RunEvent, { type: 'sample' }>): Film[] {
  const frame: Frame = { step: event.step, text: event.text, done: event.done };
  const at = films.findIndex((film) => film.prompt === event.prompt);
  if (at < 0) return [...films, { prompt: event.prompt, frames: [frame] }];
  const frames = films[at].frames.filter((other) => other.step !== event.step);
  const index = frames.findIndex((other) => other.step > event.step);
  frames.splice(index < 0 ? frames.length : index, 0, frame);
  return films.map((film, i) => (i === at ? { ...film, frames } : film));
}

function isReached(wish: RunView['wish'], state: RunState): boolean {
  return !isBusy(state) || (wish === 'pause' && state === 'paused');
}

function withEvent(run: RunView, event: Exclude<RunEvent, StepEvent>): RunView {
  switch (event.type) {
    case 'state':
      return {
        ...run,
        state: event.state,
        detail: event.detail,
        wish: isReached(run.wish, event.state) ? null : run.wish,
        progress: null,
      };
    case 'figures':
      return { ...run, figures: event.figures };
    case 'adapter':
      return { ...run, adapter: event.id };
    case 'eval': {
      const held = {
        step: [...run.held.step.filter((step) => step !== event.step), event.step],
        loss: [...run.held.loss.filter((_, i) => run.held.step[i] !== event.step), event.loss],
        rows: event.rows,
      };
      const best =
        !run.best || event.loss < run.best.loss ? { step: event.step, loss: event.loss } : run.best;
      return { ...run, held, best };
    }
    case 'sample':
      return { ...run, films: withSample(run.films, event) };
    case 'movement':
      return {
        ...run,
        movement: { step: event.step, modules: event.modules, values: Array.from(event.values) },
      };
    case 'memory':
      return { ...run, memory: event.memory };
    case 'checkpoint':
      return { ...run, marks: [...run.marks, { step: event.step, kind: 'checkpoint', text: 'Saved' }] };
    case 'warning':
      return {
        ...run,
        warnings: [...run.warnings, event.text],
        marks: [...run.marks, { step: run.step, kind: 'warning', text: event.text }],
      };
    case 'progress':
      return { ...run, progress: { what: event.what, done: event.done, total: event.total } };
  }
}

/** The run after a burst of events, in their order. */
export function reduceRun(run: RunView, events: readonly RunEvent[]): RunView {
  let next = run;
  let pending: StepEvent[] = [];
  for (const event of events) {
    if (event.type === 'step') {
      pending.push(event);
      continue;
    }
    next = withEvent(withSteps(next, pending), event);
    pending = [];
  }
  return withSteps(next, pending);
}

/** Word that `Status` begins with; tests and screen readers rely on these six. */
export type StatusWord = 'Ready' | 'Loading' | 'Training' | 'Paused' | 'Finished' | 'Failed';

export function statusOf(
  {
    state,
    wish,
    summary,
    steps,
  }: Pick<RunView, 'state' | 'wish'> & Partial<Pick<RunView, 'summary' | 'steps'>>,
  loading: boolean,
): { word: StatusWord; detail: string } {
  if (state === 'finished' && summary?.stopped)
    return { word: 'Finished', detail: `stopped at step ${count(summary.steps)} of ${count(steps ?? 0)}` };
  const { word, detail } = wordOf(state, loading);
  if (wish === null || !isBusy(state)) return { word, detail };
  const soon = wish === 'pause' ? 'pausing…' : 'stopping…';
  return { word, detail: detail ? `${soon} ${detail}` : soon };
}

function wordOf(state: RunState, loading: boolean): { word: StatusWord; detail: string } {
  switch (state) {
    case 'idle':
      return loading ? { word: 'Loading', detail: '' } : { word: 'Ready', detail: '' };
    case 'loading':
      return { word: 'Loading', detail: '' };
    case 'tuning':
      return { word: 'Loading', detail: 'timing kernels on this GPU' };
    case 'teaching':
      return { word: 'Loading', detail: 'the teacher reads the rows' };
    case 'training':
      return { word: 'Training', detail: '' };
    case 'evaluating':
      return { word: 'Training', detail: 'measuring held-out rows' };
    case 'saving':
      return { word: 'Training', detail: 'saving' };
    case 'lost':
    case 'recovering':
      return { word: 'Training', detail: 'the GPU was lost, going back to the last checkpoint' };
    case 'paused':
      return { word: 'Paused', detail: '' };
    case 'finished':
      return { word: 'Finished', detail: '' };
    case 'failed':
      return { word: 'Failed', detail: '' };
  }
}

/** A run holds the GPU: settings are locked, Train is replaced by Pause and Stop. */
export function isBusy(state: RunState): boolean {
  return state !== 'idle' && state !== 'finished' && state !== 'failed';
}

/**
 * The step whose adapter a finished run has left: its last, or the best on held-out rows where that is kept. 0 where
 * training never lowered the held-out loss: then the adapter is the one that the run began with.
 */
export function keptStep(
  { step, best, summary }: Pick<RunView, 'step' | 'best' | 'summary'>,
  keep: RunSettings['keep'] = null,
): number {
  if (keep === 'last' || !best || best.step >= step) return step;
  // Where the end was not measured, what was trained is not given up for the start.
  return best.step > 0 || summary?.eval ? best.step : step;
}
