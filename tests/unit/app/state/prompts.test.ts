import { expect, test } from 'vitest';
import { swapPrompts } from '../../../../src/app/state/prompts.ts';

test('other data bring other prompts, and the person’s own stay', () => {
  expect(swapPrompts(['given', 'mine', 'given, changed'], ['given', 'gone'], ['next'])).toEqual([
    'next',
    'mine',
    'given, changed',
  ]);
  expect(swapPrompts(['mine'], [], ['mine', 'next'])).toEqual(['mine', 'next']);
});
