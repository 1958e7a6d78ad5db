import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ask } from '../../../../src/app/actions/answers.ts';
import { fillSteps } from '../../../../src/app/actions/fill-steps.ts';
import { filmKey } from '../../../../src/app/state/conversation.ts';
import { NO_OUTCOME, useOutcome } from '../../../../src/app/state/outcome.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { NO_THEN, useThen } from '../../../../src/app/state/then.ts';
import type {
  AskRowsRequest,
  GenerateRequest,
  ModelInfo,
  NextTokensRequest,
} from '../../../../src/worker/api/api.ts';

/** Each request takes 100 ms; an answer ends early where it is cancelled. */
let cancel: () => void = () => {};
const asked: string[] = [];
const later = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), 100));
const api = {
  generate({ adapter }: GenerateRequest) {
    asked.push(`generate ${adapter?.id}`);
    return new Promise((resolve) => {
      cancel = () => resolve({ text: 'half' });
      setTimeout(() => resolve({ text: `by ${adapter?.id}` }), 100);
    });
  },
  cancelGenerate: async () => cancel(),
  movedParts(id: string) {
    asked.push(`movedParts ${id}`);
    return later([{ layer: 0, target: 'q_proj', value: 0.5 }]);
  },
  nextTokens({ adapter }: NextTokensRequest) {
    asked.push(`nextTokens ${adapter?.id}`);
    return later([]);
  },
  askRows({ rows, adapter }: AskRowsRequest) {
    asked.push(`askRows ${adapter?.id}`);
    return later(rows.map((row) => ({ row, line: row, prompt: '', reference: '', answer: 'x', loss: 1 })));
  },
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));

const side = { answer: 'end', loss: 0.5 };
beforeEach(() => {
  vi.useFakeTimers();
  // As in Safari, so that every browser waits equally long.
  vi.stubGlobal('requestIdleCallback', undefined);
  // Node has none, and none of it is hidden.
  if (!('document' in globalThis))
    vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }));
  asked.length = 0;
  const frames = [0, 9].map((step) => ({ step, text: `frame ${step}`, done: true }));
  setApp({
    model: { name: 'tiny' } as ModelInfo,
    run: { ...EMPTY_RUN, state: 'finished', step: 9, films: [{ prompt: 'film', frames }] },
    ...{ tuned: 'run', exchanges: [], retold: {}, strength: 1, asking: false, starting: false },
  });
  useThen.setState({ ...NO_THEN, steps: [0, 3, 9], looked: null });
  useOutcome.setState({
    ...NO_OUTCOME,
    rows: [{ row: 4, line: 5, prompt: '', reference: '', base: side, prompted: null, tuned: side }],
  });
});
afterEach(() => {
  setApp({ run: EMPTY_RUN });
  useThen.setState(NO_THEN);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const rest = () => vi.advanceTimersByTimeAsync(3000);
const known = (step: number) => useThen.getState().known[step];

test('answers, map and rows of every kept step but the one that was left, one request at a time', async () => {
  void fillSteps();
  await rest();
  expect(asked).toEqual([
    'generate run@0',
    'generate run@3',
    'movedParts run@0',
    'movedParts run@3',
    'askRows run@0',
    'askRows run@3',
  ]);
  expect(known(3)).toEqual({
    answers: { [filmKey('film')]: 'by run@3' },
    movement: { step: 3, modules: [{ layer: 0, target: 'q_proj' }], values: [0.5] },
    sides: { 4: { answer: 'x', loss: 1 } },
  });
  expect(known(9)).toBeUndefined();
  // Odds once somebody looks at them.
  useThen.setState({ looked: { prompt: 'film', begun: '' } });
  await rest();
  expect(asked.slice(6)).toEqual(['nextTokens run@0', 'nextTokens run@3']);
});

test('nothing is computed beside a run, and nothing while rows are measured but for the chosen step', async () => {
  useOutcome.setState({ work: { what: 'Answering', done: 0, total: 1 } });
  void fillSteps();
  await rest();
  expect(asked).toEqual([]);
  useThen.setState({ step: 3 });
  await rest();
  expect(asked).toEqual(['movedParts run@3']);
  useOutcome.setState({ work: null });
  setApp({ starting: true });
  await rest();
  expect(asked).toEqual(['movedParts run@3']);
  // It does not come back for the run before.
  setApp({ starting: false, tuned: 'run-2' });
  await rest();
  expect(asked).toEqual(['movedParts run@3']);
});

test('a person’s question ends what is computed ahead, whose half answer is not kept', async () => {
  void fillSteps();
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual(['generate run@0']);
  void ask('mine');
  await vi.advanceTimersByTimeAsync(20);
  expect(asked).toEqual(['generate run@0', 'generate undefined']);
  expect(known(0)).toBeUndefined();
  await rest();
  expect(known(0)?.answers).toEqual({ [filmKey('film')]: 'by run@0', 'asked 1': 'by run@0' });
});

test('after a minute of it only the chosen step is computed', async () => {
  api.movedParts = (id) => {
    asked.push(`movedParts ${id}`);
    return new Promise((resolve) => setTimeout(() => resolve([]), 60_000));
  };
  void fillSteps();
  await vi.advanceTimersByTimeAsync(70_000);
  expect(asked).toEqual(['generate run@0', 'generate run@3', 'movedParts run@0']);
  useThen.setState({ step: 3 });
  await rest();
  expect(asked.at(-1)).toBe('movedParts run@3');
  expect(getApp().askError).toBeNull();
});
