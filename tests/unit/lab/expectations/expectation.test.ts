import { describe, expect, test } from 'vitest';
import { changeOf, changesText } from '../../../../src/lab/expectations/change.ts';
import {
  type Expectation,
  expectationLine,
  expectationOf,
  meets,
  readExpectations,
} from '../../../../src/lab/expectations/expectation.ts';

describe('an answer', () => {
  test.each<[Expectation['kind'], string, string, boolean]>([
    ['contains', 'arr', 'Well, arr!', true],
    ['contains', 'arr', 'Well, Arr!', false],
    ['equals', 'A cup.', ' A cup.\n', true],
    ['equals', 'A cup.', 'A cup', false],
    ['label', 'complaint', 'Complaint.', true],
    ['label', 'complaint', 'a complaint', false],
    ['pattern', '^\\d+ €$', '12 €', true],
    ['pattern', '^\\d+ €$', 'It is 12 €', false],
    ['json', '', '{"a": [1]}', true],
    ['json', '', '3', true],
    ['json', '', '{"a": 1', false],
    ['json', '', '', false],
  ])('%s %s: %s is %s', (kind, wanted, answer, met) => {
    expect(meets({ kind, wanted }, answer)).toBe(met);
  });

  test('is judged anew each time, where a pattern would remember', () => {
    const all = Array.from({ length: 3 }, () => meets({ kind: 'pattern', wanted: 'a' }, 'aa'));
    expect(all).toEqual([true, true, true]);
  });
});

describe('an expectation', () => {
  const all: Expectation[] = [
    { prompt: 'What is a cup?', kind: 'contains', wanted: 'arr' },
    { prompt: 'As JSON, “a” is 1.', kind: 'json', wanted: '' },
    { prompt: 'Sort: it broke.', kind: 'label', wanted: 'complaint' },
    { prompt: 'How much?', kind: 'pattern', wanted: '^\\d+$' },
  ];

  test('is the same after it was written and read', () => {
    expect(readExpectations(`${all.map(expectationLine).join('\n\n')}\r\n`)).toEqual(all);
  });

  test.each<[unknown, RegExp]>([
    ['text', /^An expectation is an object/],
    [{ contains: 'a' }, /^An expectation has no prompt/],
    [{ prompt: ' ', contains: 'a' }, /^An expectation has no prompt/],
    [{ prompt: 'Hi' }, /^Nothing is expected of “Hi”/],
    [{ prompt: 'Hi', contains: 'a', equals: 'b' }, /^“Hi” expects contains and equals; one at a time/],
    [{ prompt: 'Hi', like: 'a' }, /^“like” is nothing that can be expected; there are contains, /],
    [{ prompt: 'Hi', toString: 'a' }, /^“toString” is nothing/],
    [{ prompt: 'Hi', contains: '' }, /^contains of “Hi” has no text/],
    [{ prompt: 'Hi', label: 3 }, /^label of “Hi” has no text/],
    [{ prompt: 'Hi', json: false }, /^json of “Hi” is true or left out/],
    [{ prompt: 'Hi', pattern: '(' }, /^The pattern \( cannot be read/],
  ])('%j is refused in a sentence', (given, said) => {
    expect(() => expectationOf(given)).toThrow(
      expect.objectContaining({ code: 'bad-expectation', message: expect.stringMatching(said) }),
    );
  });

  test('of a file that is refused has the number of its line', () => {
    const lines = '{"prompt": "Hi", "contains": "a"}\n\n{"prompt": "Hi"}';
    expect(() => readExpectations(lines)).toThrow(/^Line 3: Nothing is expected/);
    expect(() => readExpectations('{')).toThrow(/^Line 1: It is no JSON/);
  });
});

test('what got better and what broke is told, what changed first', () => {
  expect(
    [
      [false, true],
      [true, false],
      [true, true],
      [false, false],
    ].map(([before, after]) => changeOf(before, after)),
  ).toEqual(['better', 'broke', 'met', 'missed']);
  expect(changesText(['met', 'broke', 'better', 'better'])).toBe('2 got better, 1 broke, 1 still met');
  expect(changesText([])).toBe('');
});
