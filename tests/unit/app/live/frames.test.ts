import { expect, test } from 'vitest';
import { answerFrames, changeWords, firstWords, rewritten } from '../../../../src/app/live/frames.ts';

const frame = (step: number, text = `at ${step}`, done = true) => ({ step, text, done });
const film = { frames: [frame(0), frame(10), frame(50), frame(60, 'half', false)] };
const key = 'film Hello?';
const at = (step: number) => ({ [step]: { answers: { [key]: `asked at ${step}` }, sides: {} } });
const textOf = (parts: { text: string }[]) => parts.map(({ text }) => text).join('');

test('the run’s own answers, whole ones, and of the kept steps those that it did not ask at', () => {
  const known = { ...at(0), ...at(10), ...at(20), ...at(50), ...at(70) };
  const frames = answerFrames(film, known, { key, steps: [0, 10, 20, 30, 50], left: 50 });
  expect(frames.map(({ text }) => text)).toEqual(['at 0', 'at 10', 'asked at 20', 'at 50']);
  expect(answerFrames(undefined, known, { key, steps: [], left: 50 })).toEqual([]);
});

test('where an earlier adapter was kept, the last answer is by it, and is not there twice', () => {
  const known = { ...at(20), ...at(50) };
  const frames = answerFrames(film, known, { key, steps: [0, 20, 50], left: 20 });
  expect(frames.map(({ step, text }) => [step, text])).toEqual([
    [0, 'at 0'],
    [10, 'at 10'],
    [50, 'at 50'],
  ]);
});

test('an answer is written over the one before: its words, then what is left of the old ones', () => {
  const before = 'The sea is a large body of water.';
  expect(rewritten(before, 'The sea be', false)).toEqual([
    { text: 'The sea ', kind: 'same' },
    { text: 'be', kind: 'changed' },
    { text: ' a large body of water.', kind: 'old' },
  ]);
  expect(textOf(rewritten(before, '', false))).toBe(before);
  expect(rewritten(before, 'The sea be', true).map(({ kind }) => kind)).toEqual(['same', 'changed']);
  // Longer than the old one: nothing of it is left.
  expect(rewritten('One two', 'One two three four', false).map(({ kind }) => kind)).toEqual([
    'same',
    'changed',
  ]);
  expect(textOf(rewritten('One two', 'Arr, ', false))).toBe('Arr, two');
  expect(rewritten('', 'New', true)).toEqual([{ text: 'New', kind: 'changed' }]);
});

test('what changed is counted in words', () => {
  const count = (before: string, after: string) => changeWords(rewritten(before, after, true));
  expect(count('A cup.', 'A cup.')).toBe('No word changed');
  expect(count('A cup.', 'A mug.')).toBe('1 word changed');
  expect(count('A cup is round.', 'Arr, a cup be round.')).toBe('3 words changed');
});

test('the first words of a text come with the space between them', () => {
  const text = 'Arr,  matey!\nThe sea';
  expect([0, 1, 2, 3, 9].map((count) => firstWords(text, count))).toEqual([
    '',
    'Arr,',
    'Arr,  matey!',
    'Arr,  matey!\nThe',
    text,
  ]);
});
