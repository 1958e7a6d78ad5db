import { expect, test } from 'vitest';
import { foldedFrames, frameAt, withFrame } from '../../../../src/app/answers/folded-frames.ts';

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

test('the answer of a step that is asked after the run takes its place among the others', () => {
  const asked = withFrame(frames, 25, 'asked');
  expect(steps(asked)).toEqual([0, 10, 20, 25, 30, 40, 50]);
  expect(frameAt(asked, 25)).toBe(25);
  const again = withFrame(frames, 50, 'by the adapter of that very step');
  expect(steps(again)).toEqual(steps(frames));
  expect(again.at(-1)?.text).toBe('by the adapter of that very step');
  expect(steps(withFrame([], 5, 'alone'))).toEqual([5]);
});
