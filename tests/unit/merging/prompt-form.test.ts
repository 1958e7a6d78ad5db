import { expect, test } from 'vitest';
import { isMergeRaw, mixedForms } from '../../../src/merging/prompt-form.ts';

const raw = (name: string) => ({ name, raw: true });
const chat = (name: string) => ({ name, raw: false });

test('the form of prompts of most sources is that of their merge; of as many each way that of the first', () => {
  expect(isMergeRaw([])).toBe(false);
  expect(isMergeRaw([raw('a')])).toBe(true);
  expect(isMergeRaw([raw('a'), chat('b')])).toBe(true);
  expect(isMergeRaw([chat('b'), raw('a')])).toBe(false);
  expect(isMergeRaw([chat('b'), raw('a'), raw('c')])).toBe(true);
});

test('that forms differ is said, and which of them is asked in', () => {
  expect(mixedForms([raw('a'), raw('b')])).toBeNull();
  expect(mixedForms([])).toBeNull();
  expect(mixedForms([chat('a'), raw('b'), raw('c')])).toBe(
    'b, c were trained without the chat template, a with it. Base and merged are asked without it, as most of them were trained, or the first of as many each way.',
  );
  expect(mixedForms([chat('a'), raw('b')])).toContain('b was trained without the chat template, a with it.');
  expect(mixedForms([chat('a'), raw('b')])).toContain('are asked with it');
});
