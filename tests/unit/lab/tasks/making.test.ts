import { expect, test } from 'vitest';
import { bestScale, medianError } from '../../../../src/lab/tasks/making.ts';
import { isTaskName, unfitting } from '../../../../src/lab/tasks/usual.ts';

test('of several scales the one with the least loss is taken, the first of equal ones; one alone is not asked about', async () => {
  const asked: number[] = [];
  const loss = async (scale: number) => {
    asked.push(scale);
    return Math.abs(scale - 0.6);
  };
  expect(await bestScale([1, 0.7, 0.5], loss)).toBe(0.7);
  expect(await bestScale([0.2, 1], loss)).toBe(0.2);
  expect(asked).toEqual([1, 0.7, 0.5, 0.2, 1]);
  expect(await bestScale([0.3], loss)).toBe(0.3);
  expect(asked).toHaveLength(5);
});

test('the error of a merge is the median over the matrices of which it is known', () => {
  const errors = [0.3, null, 0.1, 0.2].map((relative) => ({ relative }));
  expect(medianError(errors)).toBe(0.2);
  expect(medianError([{ relative: null }])).toBeNull();
});

test('virtual tokens and LoftQ are not merged, and LoRA alone is reduced', () => {
  const both = { merges: true, reduces: true };
  expect(unfitting({ method: 'prefix', init: 'default' }, both)).toBe('virtual');
  expect(unfitting({ method: 'lora', init: 'loftq' }, both)).toBe('loftq');
  expect(unfitting({ method: 'dora', init: 'default' }, both)).toBe('not-lora');
  expect(unfitting({ method: 'prompt', init: 'default' }, { merges: false, reduces: false })).toBeNull();
  expect(unfitting({ method: 'lora', init: 'default' }, both)).toBeNull();
});

test('a task is called as a folder may be', () => {
  for (const name of ['a', 'My_rows-2']) expect(isTaskName(name), name).toBe(true);
  for (const name of ['', 'a b', 'a/b', 'ä', '..']) expect(isTaskName(name), name).toBe(false);
});
