import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  ask,
  cancelAnswer,
  changeStrength,
  changeTime,
  lookOf,
} from '../../../../src/app/actions/answers.ts';
import { conversation, filmKey, isStale } from '../../../../src/app/state/conversation.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import { learn, NO_THEN, useThen } from '../../../../src/app/state/then.ts';
import type { GenerateRequest, ModelInfo } from '../../../../src/worker/api/api.ts';

/** Each answer takes 100 ms, says of which adapter it is, and ends early where it is cancelled. */
let cancel: () => void = () => {};
const asks: string[] = [];
const forms: unknown[] = [];
const api = {
  generate({ prompt, adapter, raw }: GenerateRequest, onText: (text: string) => void) {
    onText('…');
    forms.push(raw);
    asks.push(`${prompt} ${adapter?.id}`);
    return new Promise((resolve) => {
      cancel = () => resolve({ text: 'half' });
      setTimeout(() => {
        const text = adapter ? `${prompt} by ${adapter.id} at ${adapter.strength}` : `${prompt} by the base`;
        resolve({ text });
        // Over another way than the answer, and later.
        setTimeout(() => onText('late'), 50);
      }, 100);
    });
  },
  cancelGenerate: async () => cancel(),
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));

beforeEach(() => {
  vi.useFakeTimers();
  const frames = [0, 9].map((step) => ({ step, text: `frame ${step}`, done: true }));
  setApp({
    model: { name: 'tiny' } as ModelInfo,
    run: { ...EMPTY_RUN, state: 'finished', step: 9, films: [{ prompt: 'film', frames }] },
    tuned: 'run',
    exchanges: [],
    retold: {},
    strength: 1,
    asking: false,
    starting: false,
  });
  useThen.setState({ ...NO_THEN, steps: [3] });
  asks.length = 0;
  forms.length = 0;
});
afterEach(() => void vi.useRealTimers());

const turns = () => conversation(getApp()).map(({ tuned }) => tuned);
const stale = () => {
  const now = { step: useThen.getState().step ?? 9, strength: getApp().strength };
  return conversation(getApp()).map((turn) => isStale(turn, now));
};
const rest = () => vi.advanceTimersByTimeAsync(2000);

async function askTwo() {
  for (const question of ['first', 'second']) {
    void ask(question);
    await rest();
  }
  expect(turns()).toEqual(['frame 9', 'first by run at 1', 'second by run at 1']);
}

test('a slider answers every question in sight again, the last first; the others are stale until then', async () => {
  await askTwo();
  changeStrength(0.6);
  expect(stale()).toEqual([true, true, true]);
  await vi.advanceTimersByTimeAsync(520);
  expect(turns()).toEqual(['frame 9', '…', 'second by run at 0.6']);
  expect(stale()).toEqual([true, false, false]);
  await rest();
  expect(turns()).toEqual(['film by run at 0.6', 'first by run at 0.6', 'second by run at 0.6']);
  expect(stale()).toEqual([false, false, false]);
  expect(getApp().exchanges.map(({ base }) => base)).toEqual(['first by the base', 'second by the base']);
  changeTime(3);
  await rest();
  expect(turns()).toEqual(['film by run@3 at 0.6', 'first by run@3 at 0.6', 'second by run@3 at 0.6']);
  expect(getApp().asking).toBe(false);
});

test('a slider that moves on ends the answer under way, and what was half said is said whole', async () => {
  await askTwo();
  changeStrength(0.6);
  await vi.advanceTimersByTimeAsync(450);
  changeStrength(0.7);
  changeStrength(0.6);
  await rest();
  expect(turns()).toEqual(['film by run at 0.6', 'first by run at 0.6', 'second by run at 0.6']);
  expect(getApp().asking).toBe(false);
});

test('a question that is asked meanwhile is answered first, by the adapter of the sliders', async () => {
  changeStrength(0.5);
  void ask('new');
  await vi.advanceTimersByTimeAsync(3000);
  expect(turns()).toEqual(['film by run at 0.5', 'new by run at 0.5']);
  expect(getApp().exchanges).toMatchObject([{ done: true, strength: 0.5 }]);
});

test('what is known of a step is there at once, without being asked again; the rest follows and is then known', async () => {
  await askTwo();
  learn(3, { answers: { [filmKey('film')]: 'frame 3', 'asked 1': 'first at 3' } });
  asks.length = 0;
  changeTime(3);
  expect(turns()).toEqual(['frame 3', 'first at 3', 'second by run at 1']);
  expect(stale()).toEqual([false, false, true]);
  await rest();
  expect(asks).toEqual(['second run@3']);
  expect(turns()).toEqual(['frame 3', 'first at 3', 'second by run@3 at 1']);
  // To the end and back: what was said once is not asked twice.
  changeTime(null);
  await rest();
  asks.length = 0;
  changeTime(3);
  expect(turns()).toEqual(['frame 3', 'first at 3', 'second by run@3 at 1']);
  await rest();
  expect(asks).toEqual([]);
});

test('an answer that was cut short is not known', async () => {
  await askTwo();
  changeTime(3);
  await vi.advanceTimersByTimeAsync(450);
  await cancelAnswer();
  await rest();
  expect(useThen.getState().known[3]?.answers ?? {}).toEqual({});
});

test('a question is asked as the adapter that answers was trained, of the base beside it too', async () => {
  setApp({ runSettings: { ...PAGE_DEFAULTS, raw: true } });
  void ask('first');
  await rest();
  expect(forms).toEqual([true, true]);
  expect(lookOf('first', '').raw).toBe(true);
  changeStrength(0.5);
  await rest();
  expect(forms).toEqual([true, true, true, true]);
  // One that was brought knows it of itself.
  const info = { id: 'file-1', settings: {}, notes: [], raw: false };
  setApp({ tuned: 'file-1', adapter: { name: 'brought', files: [], goOn: false, info } });
  void ask('second');
  await rest();
  expect(forms.slice(4)).toEqual([false, false]);
  // Before any adapter the base is asked as the next run will train.
  setApp({ tuned: null, adapter: null, settings: { ...PAGE_DEFAULTS, raw: true } });
  void ask('third');
  await rest();
  expect(forms.slice(6)).toEqual([true]);
  setApp({ runSettings: null, settings: PAGE_DEFAULTS });
});
