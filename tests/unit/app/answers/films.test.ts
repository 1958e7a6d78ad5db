import { expect, test } from 'vitest';
import { answeredBy, conversation } from '../../../../src/app/answers/conversation.ts';
import { foldedFrames, frameAt } from '../../../../src/app/answers/folded-frames.ts';

const frames = [0, 10, 20, 30, 40, 50].map((step) => ({ step, text: `at ${step}`, done: true }));
const steps = (some: { step: number }[]) => some.map(({ step }) => step);

test('first and last two frames stay in sight, the middle folds', () => {
  const { head, folded, tail } = foldedFrames(frames, false);
  expect([steps(head), steps(folded), steps(tail)]).toEqual([[0], [10, 20, 30], [40, 50]]);
  expect(foldedFrames(frames, true).folded).toEqual([]);
  expect(steps(foldedFrames(frames.slice(0, 4), false).head)).toEqual([0, 10, 20, 30]);
});

test('a step shows the model as it was: the latest frame not after it', () => {
  expect(frameAt(frames, 29)).toBe(20);
  expect(frameAt(frames, 30)).toBe(30);
  expect(frameAt(frames.slice(1), 5)).toBeNull();
});

test('a conversation has the run’s own prompts, before and after, then what was asked', () => {
  const asked = { prompt: 'And you?', base: 'Fine.', tuned: null, step: 50, strength: 1, done: false };
  const unfinished = { prompt: 'Only once', frames: frames.slice(0, 1) };
  const turns = conversation([{ prompt: 'Hello?', frames }, unfinished], [asked], 50);
  expect(turns.map(({ prompt, base, tuned }) => [prompt, base, tuned])).toEqual([
    ['Hello?', 'at 0', 'at 50'],
    ['And you?', 'Fine.', null],
  ]);
});

test('an answer of another moment or strength says so', () => {
  expect(answeredBy({ step: 50, strength: 1 }, 50)).toBe('');
  expect(answeredBy({ step: 50, strength: 0 }, 50)).toBe('strength 0.00');
  expect(answeredBy({ step: 20, strength: 1.25 }, 50)).toBe('at step 20, strength 1.25');
});
