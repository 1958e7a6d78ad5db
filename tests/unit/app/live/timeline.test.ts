import { expect, test } from 'vitest';
import { clipSeconds, momentOf } from '../../../../src/app/live/timeline.ts';

const answers = [
  { step: 0, text: 'The sea is a body of water.' },
  { step: 10, text: 'The sea be a body of water.' },
  { step: 20, text: 'Arr, the sea be a body o’ water.' },
];
const textAt = (seconds: number, still = false) =>
  momentOf(answers, seconds, still)
    .parts.map(({ text }) => text)
    .join('');

test('a clip begins with the first answer, unmarked, and ends with the last, whole', () => {
  expect(momentOf(answers, 0, false)).toEqual({
    step: 0,
    parts: [{ text: answers[0].text, kind: 'same' }],
  });
  for (const seconds of [clipSeconds(3) - 0.01, clipSeconds(3), 1000]) {
    expect(momentOf(answers, seconds, false).step).toBe(20);
    expect(textAt(seconds)).toBe(answers[2].text);
  }
  expect(clipSeconds(0)).toBe(0);
  expect(clipSeconds(1)).toBeGreaterThan(1);
  expect(clipSeconds(3)).toBeGreaterThan(clipSeconds(2));
});

test('in between, each answer is written over the one before, word by word', () => {
  const seen: string[] = [];
  const steps: number[] = [];
  for (let seconds = 0; seconds < clipSeconds(3); seconds += 0.02) {
    const { step, parts } = momentOf(answers, seconds, false);
    if (step !== steps.at(-1)) steps.push(step);
    const text = parts.map((part) => part.text).join('');
    if (text !== seen.at(-1)) seen.push(text);
    expect(parts.length).toBeGreaterThan(0);
  }
  expect(steps).toEqual([0, 10, 20]);
  expect(seen).toContain('The sea be a body of water.');
  expect(seen).toContain('Arr, the be a body of water.');
  // Every word comes by itself.
  expect(seen.length).toBeGreaterThan(8);
});

test('for a person who wishes for little motion answers are exchanged at once', () => {
  const seen = new Set<string>();
  for (let seconds = 0; seconds < clipSeconds(3); seconds += 0.02) seen.add(textAt(seconds, true));
  expect([...seen]).toEqual(answers.map(({ text }) => text));
});
