import { beforeEach, expect, test, vi } from 'vitest';
import { canTrain } from '../../../../src/app/actions/run.ts';
import { settingsLocked } from '../../../../src/app/actions/settings.ts';
import {
  isMeasured,
  measureSweep,
  showSweep,
  stopSweep,
  takeValue,
} from '../../../../src/app/actions/sweep.ts';
import { NO_OUTCOME, useOutcome } from '../../../../src/app/state/outcome.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { openSweep, useSweep } from '../../../../src/app/state/sweep.ts';
import { UserError } from '../../../../src/errors.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import type { GenerateRequest, ModelInfo, TrainRequest } from '../../../../src/worker/api/api.ts';

const trained: TrainRequest[] = [];
const removed: string[] = [];
let before: (count: number) => Promise<void> | void = () => {};
let stops = 0;

const api = {
  async train(request: TrainRequest, listener: (event: RunEvent) => void) {
    trained.push(request);
    const steps = request.settings.steps ?? 0;
    for (let step = 1; step <= steps && stops === 0; step++)
      listener({
        ...{ type: 'step', step, steps, epoch: 0, loss: 6 - step / steps, tokens: 1, supervisedTokens: 1 },
        ...{ learningRate: 1, gradNorm: 1, figures: {}, tokensPerSecond: 1, secondsLeft: steps - step },
      } as unknown as RunEvent);
    await before(trained.length);
    return { adapter: `run-${trained.length}`, stopped: stops > 0 };
  },
  generate: async ({ adapter }: GenerateRequest) => ({ text: `by ${adapter?.id ?? 'base'}` }),
  removeAdapter: async (id: string) => void removed.push(id),
  stop: async () => void stops++,
  cancelGenerate: async () => {},
  estimate: async () => ({ steps: 12 }),
  heldOutLeaks: async () => 0,
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.stubGlobal('navigator', {});
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
vi.stubGlobal('history', { replaceState: () => {} });

const own = { ...PAGE_DEFAULTS, learningRate: 0.002, seed: 7 };
const finished = { ...EMPTY_RUN, state: 'finished' as const, step: 9, adapter: 'run-0' };

beforeEach(() => {
  trained.length = 0;
  removed.length = 0;
  before = () => {};
  stops = 0;
  useOutcome.setState(NO_OUTCOME, true);
  useSweep.setState({ opened: false, of: null, trials: [], now: null, stopping: false, error: null });
  setApp({
    model: { name: 'tiny', id: 'bundled' } as ModelInfo,
    data: { name: 'rows.jsonl', used: 60, sha256: 'ab' } as never,
    ...{ run: finished, tuned: 'run-0', starting: false, underWay: null, adapter: null },
    ...{ settings: own, estimate: { steps: 12, seconds: 4 } as never, prompts: ['Who are you?'] },
    ...{ baseAnswers: { 'Who are you?': { text: 'by base', done: true } }, dataWork: null, modelWork: null },
  });
  openSweep('learningRate');
});

test('each value is trained with on the same rows from the same seed, asked, and put away again', async () => {
  const locked: boolean[] = [];
  before = () => void locked.push(settingsLocked(), !canTrain());
  await measureSweep();
  expect(locked).toEqual(Array(6).fill(true));
  expect(trained.map(({ settings }) => settings.learningRate)).toEqual([0.0003, 0.001, 0.01]);
  for (const { settings, aside, keepAs, maxEvalRows, ...rest } of trained) {
    expect({ ...settings, learningRate: 0.002 }).toEqual({
      ...own,
      steps: 12,
      keep: 'last',
      evalEvery: null,
    });
    expect({ aside, keepAs, maxEvalRows }).toEqual({ aside: true, keepAs: undefined, maxEvalRows: 200 });
    expect(rest).toMatchObject({ prompts: [], evalData: false });
  }
  const { trials, now, base, question } = useSweep.getState();
  expect(trials.map(({ answer, run }) => [answer, run.series.loss.length])).toEqual([
    ...[
      ['by run-1', 12],
      ['by run-2', 12],
      ['by run-3', 12],
    ],
  ]);
  expect({ now, base, question }).toEqual({ now: null, base: 'by base', question: 'Who are you?' });
  expect(removed).toEqual(['run-1', 'run-2', 'run-3']);
  // The page's own are as they were.
  expect(getApp()).toMatchObject({ run: finished, tuned: 'run-0', settings: own, underWay: null });
});

test('the base is asked where it has not been', async () => {
  setApp({ baseAnswers: {} });
  await measureSweep();
  expect(useSweep.getState().base).toBe('by base');
});

test('stopped, what is measured stays, and nothing else begins', async () => {
  before = (count) => (count === 2 ? stopSweep() : undefined);
  await measureSweep();
  expect(trained).toHaveLength(2);
  expect(stops).toBeGreaterThan(0);
  const { trials, stopping } = useSweep.getState();
  expect(trials.map(({ answer }) => answer)).toEqual(['by run-1', null]);
  expect(stopping).toBe(false);
  expect(removed).toEqual(['run-1', 'run-2']);
});

test('a run that fails is a finding, and the next one begins', async () => {
  before = (count) => {
    if (count === 3) throw new UserError('diverged', 'The loss was not a number.');
  };
  await measureSweep();
  const { trials, error } = useSweep.getState();
  expect(trials.map(({ run }) => run.error?.code)).toEqual([undefined, undefined, 'diverged']);
  expect(error).toBeNull();
  expect(removed).toEqual(['run-1', 'run-2']);
});

test('what the run on the page is being measured by comes first', async () => {
  useOutcome.setState({ work: { what: 'Answering', done: 0, total: 4 } });
  const whole = measureSweep();
  await new Promise((resolve) => setTimeout(resolve));
  expect(trained).toHaveLength(0);
  useOutcome.setState({ work: null });
  await whole;
  expect(trained).toHaveLength(3);
});

test('what is known is shown, and measured again where something else has changed', async () => {
  await measureSweep();
  showSweep();
  expect(useSweep.getState().now).toBeNull();
  // The setting itself changes nothing of what was found of it.
  takeValue(0.01);
  expect(getApp().settings).toEqual({ ...own, learningRate: 0.01 });
  expect(useSweep.getState().opened).toBe(false);
  expect(isMeasured(useSweep.getState())).toBe(true);
  setApp({ settings: { ...own, batch: 2 } });
  expect(isMeasured(useSweep.getState())).toBe(false);
  setApp({ settings: own, data: { used: 60, sha256: 'cd' } as never });
  expect(isMeasured(useSweep.getState())).toBe(false);
});
