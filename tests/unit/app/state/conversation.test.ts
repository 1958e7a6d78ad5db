import { expect, test } from 'vitest';
import {
  answeredBy,
  conversation,
  filmed,
  filmKey,
  isStale,
  recalled,
  stepLeft,
  withTold,
} from '../../../../src/app/state/conversation.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import type { AppState } from '../../../../src/app/state/store.ts';

const frames = [0, 10, 50].map((step) => ({ step, text: `at ${step}`, done: true }));
const films = [
  { prompt: 'Hello?', frames },
  { prompt: 'Only once', frames: frames.slice(0, 1) },
];
const run = { ...EMPTY_RUN, state: 'finished' as const, step: 50, films };
const asked = { id: 1, prompt: 'Hello?', base: 'Fine.', tuned: null, step: 50, strength: 1, done: false };

test('a conversation has the run’s own prompts, before and after, then what was asked', () => {
  const turns = conversation({ run, exchanges: [asked], retold: {} });
  expect(turns.map(({ prompt, base, tuned }) => [prompt, base, tuned])).toEqual([
    ['Hello?', 'at 0', 'at 50'],
    ['Hello?', 'Fine.', null],
  ]);
  expect(conversation({ run: { ...run, state: 'training' }, exchanges: [asked], retold: {} })).toHaveLength(
    1,
  );
});

test('an answer that is given again stands in the place of the one before, also where two questions are the same', () => {
  let app: Pick<AppState, 'run' | 'exchanges' | 'retold'> = { run, exchanges: [asked], retold: {} };
  const told = (tuned: string) => ({ tuned, step: 10, strength: 0.5, done: true });
  const [film, exchange] = conversation(app);
  app = { run, ...withTold(app, film, told('by the film')) };
  expect(conversation(app).map(({ tuned }) => tuned)).toEqual(['by the film', null]);
  app = { run, ...withTold(app, exchange, told('by the person')) };
  expect(conversation(app).map(({ tuned }) => tuned)).toEqual(['by the film', 'by the person']);
  expect(conversation(app)[0]).toMatchObject({ step: 10, strength: 0.5, base: 'at 0' });
});

test('an answer of another moment or strength is stale, and says whose it is', () => {
  expect(isStale({ step: 50, strength: 1 }, { step: 50, strength: 1 })).toBe(false);
  expect(isStale({ step: 50, strength: 1 }, { step: 50, strength: 0.6 })).toBe(true);
  expect(isStale({ step: 40, strength: 1 }, { step: 50, strength: 1 })).toBe(true);
  expect(answeredBy({ step: 50, strength: 1 }, 50)).toBe('');
  expect(answeredBy({ step: 50, strength: 0 }, 50)).toBe('strength 0.00');
  expect(answeredBy({ step: 20, strength: 1.25 }, 50)).toBe('at step 20, strength 1.25');
});

const best = { step: 10, loss: 1 };
const kept = { run: { ...run, best }, runSettings: null };

test('where an earlier adapter was kept, the end is that one, and the last step is another', () => {
  expect(stepLeft({ run })).toBe(50);
  expect(stepLeft(kept)).toBe(10);
  expect(stepLeft({ run: { ...run, best, state: 'training' } })).toBe(50);
  expect(conversation({ ...kept, exchanges: [], retold: {} })[0].step).toBe(10);
  expect(answeredBy({ step: 50, strength: 1 }, 10)).toBe('at step 50');
  expect(answeredBy({ step: 10, strength: 1 }, 10)).toBe('');
});

test('a run’s own answers tell of its steps: those of the last are by the adapter that it left', () => {
  expect(filmed(run, 50)).toEqual([
    { step: 10, answers: { [filmKey('Hello?')]: 'at 10' } },
    { step: 50, answers: { [filmKey('Hello?')]: 'at 50' } },
  ]);
  expect(filmed(run, 10)).toEqual([{ step: 10, answers: { [filmKey('Hello?')]: 'at 50' } }]);
  const half = [{ prompt: 'Hello?', frames: [{ step: 10, text: 'at', done: false }] }];
  expect(filmed({ ...run, films: half }, 50)).toEqual([]);
});

test('what is known of a place stands there at once; what is not stays, and is stale', () => {
  const app = { run, runSettings: null, exchanges: [{ ...asked, tuned: 'Arr.', done: true }], retold: {} };
  const known = { 10: { answers: { [filmKey('Hello?')]: 'at 10' }, sides: {} } };
  const now = { step: 10, strength: 1 };
  const after = { ...app, ...recalled(app, { known }, now) };
  expect(conversation(after).map(({ tuned, step }) => [tuned, step])).toEqual([
    ['at 10', 10],
    ['Arr.', 50],
  ]);
  expect(conversation(after).map((turn) => isStale(turn, now))).toEqual([false, true]);
  // At full strength alone.
  expect(recalled(app, { known }, { step: 10, strength: 0.5 }).retold).toEqual({});
});
