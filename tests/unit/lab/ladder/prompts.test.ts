import { describe, expect, test } from 'vitest';
import type { Question } from '../../../../src/data/forms/questions.ts';
import {
  commonInstruction,
  withInstruction,
  withoutInstruction,
  withPassages,
  wordsOf,
} from '../../../../src/lab/ladder/prompts.ts';

const asked = (user: string, system?: string): Question => ({
  ...{ line: 1, reference: 'x' },
  turns: [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content: user }],
});

describe('an instruction', () => {
  test('is the system turn that at least half of the rows have', () => {
    expect(commonInstruction([asked('a', 'Be brief.'), asked('b', 'Be brief. '), asked('c')])).toBe(
      'Be brief.',
    );
    expect(commonInstruction([asked('a', 'Be brief.'), asked('b', 'Be long.'), asked('c')])).toBeNull();
    expect(commonInstruction([])).toBeNull();
  });

  test('goes before the question, and before a system turn that says something else', () => {
    expect(withInstruction(asked('a'), 'Be brief.')).toEqual(asked('a', 'Be brief.'));
    expect(withInstruction(asked('a', 'Be brief.'), 'Be brief.')).toEqual(asked('a', 'Be brief.'));
    expect(withInstruction(asked('a', 'It is Monday.'), 'Be brief.')).toEqual(
      asked('a', 'Be brief.\n\nIt is Monday.'),
    );
    expect(withInstruction(asked('a'), null)).toEqual(asked('a'));
  });

  test('is taken from a question alone where it says no more', () => {
    expect(withoutInstruction(asked('a', 'Be brief.'), 'Be brief.')).toEqual(asked('a'));
    expect(withoutInstruction(asked('a', 'It is Monday.'), 'Be brief.')).toEqual(asked('a', 'It is Monday.'));
  });
});

test('passages stand before the last thing that was asked', () => {
  const question: Question = {
    ...{ line: 1, reference: 'x' },
    turns: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Where?' },
    ],
  };
  expect(withPassages(question, ['One.', 'Two.']).turns.map(({ content }) => content)).toEqual([
    'Hi',
    'Hello',
    'One.\n\nTwo.\n\nWhere?',
  ]);
  expect(withPassages(question, [])).toEqual(question);
  expect(wordsOf({ ...question, turns: [{ role: 'developer', content: 'No.' }, ...question.turns] })).toBe(
    'Hi\nHello\nWhere?',
  );
});
