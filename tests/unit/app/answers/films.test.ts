import { expect, test } from 'vitest';
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
