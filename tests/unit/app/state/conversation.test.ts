import { expect, test } from 'vitest';
import { answeredBy, conversation, isStale, withTold } from '../../../../src/app/state/conversation.ts';
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
