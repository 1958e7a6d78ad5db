import { describe, expect, test } from 'vitest';
import type { Value } from '../../../../src/lab/expression/functions.ts';
import { parseExpression } from '../../../../src/lab/expression/parse.ts';

const NAMES = { answer: 'text', reference: 'text', metric: 'number', memory_bytes: 'number' } as const;
const VALUES = { answer: 'The city is Oslo.', reference: 'oslo', metric: 0.9, memory_bytes: 2e9 };

function value(text: string, given: Partial<Record<keyof typeof NAMES, Value>> = {}): Value {
  return parseExpression(text, NAMES, ['truth', 'number', 'text']).evaluate({ ...VALUES, ...given });
}

describe('an expression is computed', () => {
  test.each([
    ['contains(lower(answer), lower(reference))', true],
    ['contains(answer, reference)', false],
    ['starts_with(answer, "The") and ends_with(answer, \'.\')', true],
    ['len(answer) <= 80 and valid_json(answer)', false],
    ['matches(answer, /city is [A-Z]\\w+\\.$/)', true],
    ['matches(answer, /OSLO/i) and not matches(answer, /OSLO/)', true],
    ['matches(answer, /a\\/b|[/]/)', false],
    ['metric>=0.9 and memory_bytes<=1e9', false],
    ['metric >= 0.9 or memory_bytes <= 1e9', true],
    ['not metric > 0.9 and true', true],
    ['memory_bytes / 1e9 + 1 == 3', true],
    ['8 / 2 / 2', 2],
    ['2 + 3 * -4 - 1', -11],
    ['(2 + 3) * 4', 20],
    ['10 - 2 - 3', 5],
    ['words(answer)', 4],
    ['len("\u{1F600}é")', 2],
    ['len(trim("  a\\n"))', 1],
    ['upper(reference) == "OSLO"', true],
    ['answer != reference', true],
    ['true == (1 < 2)', true],
    ['overlap(answer, reference)', 0.4],
    ['min(1, 3) + max(1, 3)', 4],
    ['false or false and true or true', true],
  ] as const)('%s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test('fields of JSON are found by their path, as texts', () => {
    const answer = '{"city": "Oslo", "items": [{"n": 3}], "none": null}';
    expect(value('field(answer, "city")', { answer })).toBe('Oslo');
    expect(value('number(field(answer, "items.0.n")) + 1', { answer })).toBe(4);
    expect(value('field(answer, "items")', { answer })).toBe('[{"n":3}]');
    expect(value('field(answer, "none")', { answer })).toBe('null');
    for (const path of ['town', 'city.x', 'items.1', 'constructor', '__proto__'])
      expect(value(`field(answer, "${path}")`, { answer })).toBeNull();
    expect(value('field(answer, "city")', { answer: 'no JSON' })).toBeNull();
    expect(value('number("12 apples")')).toBeNull();
    expect(value('number(" ")')).toBeNull();
  });

  test('what is not known stays so, unless the other side decides', () => {
    const unknown = { memory_bytes: null };
    expect(value('memory_bytes <= 1e9', unknown)).toBeNull();
    expect(value('not (memory_bytes <= 1e9)', unknown)).toBeNull();
    expect(value('metric >= 0.9 and memory_bytes <= 1e9', unknown)).toBeNull();
    expect(value('metric > 0.9 and memory_bytes <= 1e9', unknown)).toBe(false);
    expect(value('memory_bytes <= 1e9 and metric > 0.9', unknown)).toBe(false);
    expect(value('memory_bytes <= 1e9 or metric >= 0.9', unknown)).toBe(true);
    expect(value('memory_bytes + 1 == 2', unknown)).toBeNull();
    expect(value('1 / 0')).toBeNull();
    expect(value('min(1, memory_bytes)', unknown)).toBeNull();
  });

  test('a pattern finds the same each time', () => {
    const { evaluate } = parseExpression('matches(answer, /a/i)', NAMES);
    for (let time = 0; time < 3; time++) expect(evaluate({ ...VALUES, answer: 'aA' })).toBe(true);
  });

  test('it says what it is of', () => {
    const { kind, uses, text } = parseExpression('len(answer) < 3 and answer != ""', NAMES);
    expect({ kind, uses: [...uses], text }).toEqual({
      ...{ kind: 'truth', uses: ['answer'], text: 'len(answer) < 3 and answer != ""' },
    });
  });
});

describe('what cannot be read is refused in one sentence with the place', () => {
  test.each([
    [' ', 'The expression is empty.'],
    ['contains(answer', 'At character 16 of contains(answer: ")" is missing.'],
    ['contains(answer, "x"', '")" is missing'],
    ['(metric > 1 metric', 'At character 13 of (metric > 1 metric: ")" is missing before metric.'],
    ['metric > ', 'At character 10 of metric > : something is missing at the end.'],
    ['metric = 1', 'At character 8 of metric = 1: write == in place of =.'],
    ['metric > 1 && true', 'write and in place of &'],
    ['answer == "x', 'At character 11 of answer == "x: the closing " is missing.'],
    ['0.9.1 > metric', '0.9.1 is not a number; write 0.9 or 1e9'],
    ['9a > metric', '9a is not a number'],
    ['metric # 1', '# has no meaning here'],
    ['metrics > 1', 'metrics is not known; there is answer, reference, metric, memory_bytes'],
    ['toString > 1', 'toString is not known'],
    ['len > 1', 'len is a function: write len(…)'],
    ['size(answer) > 1', 'size is not a function; there is contains,'],
    ['constructor("x")', 'constructor is not a function'],
    ['len(answer, answer) > 1', 'len takes a text, and 2 are given'],
    ['matches(answer) ', 'matches takes a text and a pattern, and 1 is given'],
    ['len(metric) > 1', 'At character 5 of len(metric) > 1: len takes a text, and this is a number.'],
    ['metric > answer', 'At character 10 of metric > answer: > takes a number, and this is a text.'],
    ['answer == 1', '== after a text takes a text, and this is a number'],
    ['answer < reference', '< takes a number, and this is a text'],
    ['answer and true', 'and takes true or false, and this is a text'],
    ['not metric', 'not takes true or false, and this is a number'],
    ['1 < metric < 2', 'At character 12 of 1 < metric < 2: write two comparisons with “and” between them.'],
    ['true true', 'At character 6 of true true: true stands where nothing can follow.'],
    ['metric > and', 'a value is missing before and'],
    ['contains(, answer)', 'At character 10 of contains(, answer): a value is missing before ,.'],
    ['matches(answer, /(/)', 'the pattern cannot be read ('],
    ['matches(answer, /a/g)', 'a pattern takes the flags i, m, s and u, not g'],
    ['/a/ == /a/', 'a pattern stands only in matches(text, /pattern/)'],
    ['metric + 1', 'it gives a number, where true or false is wanted'],
    ['/a/', 'it gives a pattern, where true or false is wanted'],
    [`true${' and true'.repeat(200)}`, 'an expression has at most 1000 characters'],
  ])('%s', (text, sentence) => {
    const read = () => parseExpression(text, NAMES);
    expect(read).toThrow(sentence);
    expect(read).toThrow(expect.objectContaining({ code: 'bad-expression' }));
  });
});
