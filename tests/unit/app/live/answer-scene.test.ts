import { expect, test } from 'vitest';
import { answerScene, laidOut } from '../../../../src/app/live/answer-scene.ts';
import type { Part } from '../../../../src/app/live/frames.ts';

/** A font whose letters are half as wide as high. */
const measure = (text: string, size: number) => (text.length * size) / 2;
const WIDTH = 800;
const scene = (parts: Part[], height = 300) =>
  answerScene({ question: 'What is the sea?', parts, when: 'Step 20 of 90' }, WIDTH, height, measure);

test('words stand in lines no wider than there is room, and nothing of them is lost', () => {
  const parts: Part[] = [
    { text: 'The sea ', kind: 'same' },
    { text: 'be a wet, ', kind: 'changed' },
    { text: 'salty place.\nArr!', kind: 'same' },
  ];
  const lines = laidOut(parts, 120, (text) => text.length * 10);
  expect(lines.map((line) => line.map(({ text }) => text))).toEqual([
    ['The sea', 'be a'],
    ['wet,', 'salty'],
    ['place.'],
    ['Arr!'],
  ]);
  for (const line of lines)
    for (const { x, width, text } of line) {
      expect(width).toBe(text.length * 10);
      expect(x + width).toBeLessThanOrEqual(120);
    }
  // A part that goes on in the middle of a word is not torn off it.
  const torn = laidOut(
    [
      { text: 'sea', kind: 'same' },
      { text: 's', kind: 'changed' },
    ],
    200,
    (text) => text.length * 10,
  );
  expect(torn[0].map(({ x }) => x)).toEqual([0, 30]);
});

test('changed words are coloured and underlined, as wide as they are', () => {
  const { lines, words } = scene([
    { text: 'The sea ', kind: 'same' },
    { text: 'be wet', kind: 'changed' },
    { text: ' indeed.', kind: 'old' },
  ]);
  const find = (text: string) => words.find((one) => one.text === text);
  const colors = ['The sea', 'be wet', 'indeed.'].map((text) => find(text)?.color);
  expect(new Set(colors).size).toBe(3);
  expect(lines).toHaveLength(1);
  const { x = 0, size = 0 } = find('be wet') ?? {};
  expect(lines[0].path).toMatch(
    new RegExp(`^M${x.toFixed(1)} [\\d.]+h${measure('be wet', size).toFixed(1)}$`),
  );
  expect(find('“What is the sea?”')).toBeDefined();
  expect(find('Step 20 of 90')?.anchor).toBe('end');
});

test('an answer is as large as fits, and one that never fits ends in an ellipsis inside the picture', () => {
  const words = (count: number): Part[] => [{ text: 'word '.repeat(count).trim(), kind: 'same' }];
  const sizeOf = (count: number) =>
    scene(words(count)).words.find(({ text }) => text.startsWith('word'))?.size ?? 0;
  expect(sizeOf(3)).toBeGreaterThan(sizeOf(60));
  const endless = scene(words(2000));
  expect(endless.words.some(({ text }) => text === ' …')).toBe(true);
  for (const { x, y, text, size, anchor } of endless.words) {
    expect(y).toBeLessThanOrEqual(300);
    if (anchor === 'start' && text !== ' …') expect(x + measure(text, size)).toBeLessThanOrEqual(WIDTH);
  }
  expect(scene([]).words).toHaveLength(2);
});
