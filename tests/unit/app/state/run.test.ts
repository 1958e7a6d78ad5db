import { describe, expect, test } from 'vitest';
import {
  EMPTY_RUN,
  isBusy,
  keptStep,
  type RunView,
  reduceRun,
  SMOOTHING,
  statusOf,
} from '../../../../src/app/state/run.ts';
import type { RunEvent, RunState, StepEvent } from '../../../../src/run/events.ts';
import type { RunSummary } from '../../../../src/worker/api/api.ts';

function step(at: number, loss: number, more: Partial<StepEvent> = {}): StepEvent {
  return {
    type: 'step',
    step: at,
    steps: 100,
    epoch: 1,
    loss,
    gradNorm: 1,
    learningRate: 1e-3,
    tokens: 50,
    supervisedTokens: 20,
    figures: {},
    seconds: 0.1,
    tokensPerSecond: 500,
    secondsLeft: 100 - at,
    ...more,
  };
}

describe('steps', () => {
  test('one burst and many small ones give the same run', () => {
    const events = Array.from({ length: 20 }, (_, i) => step(i + 1, 4 - i / 10));
    const oneByOne = events.reduce((run, event) => reduceRun(run, [event]), EMPTY_RUN);
    expect(reduceRun(EMPTY_RUN, events)).toEqual(oneByOne);
    expect(oneByOne).toMatchObject({ step: 20, steps: 100, tokens: 1000, secondsLeft: 80 });
  });

  test('the smoothed loss is the weighted mean of all losses so far', () => {
    const losses = [5, 3, 4, 2];
    const { series } = reduceRun(
      EMPTY_RUN,
      losses.map((loss, i) => step(i + 1, loss)),
    );
    for (const k of losses.keys()) {
      const weights = losses.slice(0, k + 1).map((_, i) => SMOOTHING ** (k - i));
      const mean =
        weights.reduce((sum, weight, i) => sum + weight * losses[i], 0) /
        weights.reduce((sum, weight) => sum + weight, 0);
      expect(series.smooth[k]).toBeCloseTo(mean, 12);
    }
  });

  test('a loss that is not a number stays in the series and out of the smoothed one', () => {
    const { series } = reduceRun(EMPTY_RUN, [step(1, 4), step(2, Number.NaN), step(3, 4)]);
    expect(series.loss[1]).toBeNaN();
    expect(series.smooth.every(Number.isFinite)).toBe(true);
  });

  test('steps that come again after a recovery replace the first ones', () => {
    const before = reduceRun(EMPTY_RUN, [step(1, 4), step(2, 3), step(3, 2)]);
    const after = reduceRun(before, [step(2, 2.5), step(3, 1.5)]);
    expect(after.series.step).toEqual([1, 2, 3]);
    expect(after.series.loss).toEqual([4, 2.5, 1.5]);
    expect(before.series.loss, 'the earlier view is not touched').toEqual([4, 3, 2]);
  });
});

describe('figures of the objective', () => {
  const named: RunEvent = {
    type: 'figures',
    figures: [
      { key: 'margin', label: 'Margin', better: 'higher' },
      { key: 'odds', label: 'Odds', better: null },
    ],
  };

  test('are series beside the loss; a step that does not tell one leaves a gap', () => {
    const events = [
      named,
      step(1, 4, { figures: { margin: 0.5, odds: 1 } }),
      step(2, 3, { figures: { margin: 1 } }),
    ];
    const run = reduceRun(EMPTY_RUN, events);
    expect(run.figures.map(({ label }) => label)).toEqual(['Margin', 'Odds']);
    expect(run.series.figures).toEqual({ margin: [0.5, 1], odds: [1, Number.NaN] });
  });

  test('follow a recovery, and are not forgotten where they are named again', () => {
    const before = reduceRun(EMPTY_RUN, [named, step(1, 4, { figures: { margin: 1 } }), step(2, 3)]);
    const after = reduceRun(before, [named, step(2, 2, { figures: { margin: 2 } })]);
    expect(after.series.figures.margin).toEqual([1, 2]);
    expect(before.series.figures.margin, 'the earlier view is not touched').toEqual([1, Number.NaN]);
  });

  test('without a name are none', () => {
    expect(reduceRun(EMPTY_RUN, [step(1, 4, { figures: { secret: 1 } })]).series.figures).toEqual({});
  });
});

describe('other events', () => {
  test('the best is the lowest held-out loss, and a step measured again counts once', () => {
    const measure = (at: number, loss: number): RunEvent => ({ type: 'eval', step: at, loss, rows: 21 });
    const run = reduceRun(EMPTY_RUN, [measure(0, 5), measure(10, 3), measure(20, 4), measure(20, 3.5)]);
    expect(run.held).toEqual({ step: [0, 10, 20], loss: [5, 3, 3.5], rows: 21 });
    expect(run.best).toEqual({ step: 10, loss: 3 });
  });

  test('an answer grows in its frame; frames stand in the order of steps', () => {
    const say = (at: number, text: string, done: boolean): RunEvent => ({
      type: 'sample',
      step: at,
      prompt: 'Hello?',
      text,
      done,
    });
    const run = reduceRun(EMPTY_RUN, [say(0, 'Hi', true), say(20, 'Arr', false), say(10, 'Ahoy', true)]);
    const { films } = reduceRun(run, [say(20, 'Arr, matey', true)]);
    expect(films).toEqual([
      {
        prompt: 'Hello?',
        frames: [
          { step: 0, text: 'Hi', done: true },
          { step: 10, text: 'Ahoy', done: true },
          { step: 20, text: 'Arr, matey', done: true },
        ],
      },
    ]);
  });

  test('a warning is kept with the step at which it came', () => {
    const run = reduceRun(EMPTY_RUN, [
      step(1, 4),
      step(2, 4),
      { type: 'warning', text: 'Careful' },
      step(3, 4),
    ]);
    expect(run.marks).toEqual([{ step: 2, kind: 'warning', text: 'Careful' }]);
    expect(run.warnings).toEqual(['Careful']);
  });

  test('a new state ends the progress of the one before', () => {
    const run = reduceRun(EMPTY_RUN, [{ type: 'progress', what: 'Loading', done: 1, total: 4 }]);
    expect(run.progress).toEqual({ what: 'Loading', done: 1, total: 4 });
    expect(reduceRun(run, [{ type: 'state', state: 'training', detail: '' }]).progress).toBeNull();
  });
});

test('every state begins with one of the six words', () => {
  const states: RunState[] = [
    'idle',
    'loading',
    'tuning',
    'training',
    'paused',
    'evaluating',
    'saving',
    'lost',
    'recovering',
    'finished',
    'failed',
  ];
  const words = states.map((state) => statusOf({ state, wish: null }, false).word);
  expect(new Set(words)).toEqual(new Set(['Ready', 'Loading', 'Training', 'Paused', 'Finished', 'Failed']));
  expect(statusOf({ state: 'idle', wish: null }, true).word).toBe('Loading');
  expect(states.filter((state) => !isBusy(state))).toEqual(['idle', 'finished', 'failed']);
});

test('a wish is shown at once, until the run has got there', () => {
  const state = (to: RunState): RunEvent => ({ type: 'state', state: to, detail: '' });
  const asked = { ...EMPTY_RUN, state: 'evaluating' as RunState, wish: 'pause' as const };
  expect(statusOf(asked, false)).toEqual({ word: 'Training', detail: 'pausing… measuring held-out rows' });
  // On its way to the pause it comes past training.
  const near = reduceRun(asked, [state('training')]);
  expect(near.wish).toBe('pause');
  expect(reduceRun(near, [state('paused')]).wish).toBeNull();
  const stopped = reduceRun({ ...asked, wish: 'stop' }, [state('paused'), state('evaluating')]);
  expect(statusOf(stopped, false).detail).toMatch(/^stopping…/);
  expect(statusOf(reduceRun(stopped, [state('finished')]), false)).toEqual({ word: 'Finished', detail: '' });
});

test('a run that was stopped says so, and where', () => {
  const summary = { steps: 69, stopped: true } as NonNullable<RunView['summary']>;
  const run = { ...EMPTY_RUN, state: 'finished' as RunState, summary, steps: 135 };
  expect(statusOf(run, false)).toEqual({ word: 'Finished', detail: 'stopped at step 69 of 135' });
  expect(statusOf({ ...run, summary: { ...summary, stopped: false } }, false).detail).toBe('');
});

test('the step whose adapter is kept: the last, the best where that is asked for, or none where none was better', () => {
  const best = (step: number) => ({ step, loss: 1 });
  const measured = { eval: { rows: 1 } } as unknown as RunSummary;
  const ended = { step: 50, summary: measured };
  expect(keptStep({ ...ended, best: null })).toBe(50);
  expect(keptStep({ ...ended, best: best(50) })).toBe(50);
  expect(keptStep({ ...ended, best: best(30) })).toBe(30);
  expect(keptStep({ ...ended, best: best(30) }, 'best')).toBe(30);
  expect(keptStep({ ...ended, best: best(30) }, 'last')).toBe(50);
  expect(keptStep({ ...ended, best: best(0) })).toBe(0);
  // The end was not measured: what was trained stays.
  expect(keptStep({ ...ended, best: best(0), summary: null })).toBe(50);
});
