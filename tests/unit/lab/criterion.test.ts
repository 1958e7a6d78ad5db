import { expect, test } from 'vitest';
import { METRICS, scoreBy, shareOf } from '../../../src/data/metric.ts';
import { CRITERIA, criterionKey, criterionName, criterionOf, judgeOf } from '../../../src/lab/criterion.ts';

const PAIRS = [
  { answer: 'It is Oslo.', reference: 'oslo' },
  { answer: '{"city": "Rome", "n": 2}', reference: '{"city": "Rome", "n": 3}' },
  { answer: '', reference: 'Paris' },
];
const right = (text: string) => PAIRS.map((pair) => judgeOf(criterionOf(text))(pair).right);

test('each metric has a name that people write, and judges as ever', () => {
  expect(Object.values(CRITERIA).sort()).toEqual([...METRICS].sort());
  for (const [name, metric] of Object.entries(CRITERIA)) {
    const criterion = criterionOf(` ${name} `);
    expect(criterion).toBe(metric);
    expect(criterionKey(criterion)).toBe(metric);
    expect(shareOf(PAIRS.map(judgeOf(criterion)))).toBe(scoreBy(metric, PAIRS));
  }
  expect(criterionName('labels')).toBe('Labels right');
});

test('an expression judges each answer', () => {
  expect(right('contains(lower(answer), lower(reference))')).toEqual([1, 0, 0]);
  expect(right('len(answer) <= 80 and valid_json(answer)')).toEqual([0, 1, 0]);
  expect(right('matches(answer, /^[A-Z].*\\.$/)')).toEqual([1, 0, 0]);
  const criterion = criterionOf('answer == reference');
  expect(criterionKey(criterion)).toBe('answer == reference');
  expect(criterionName(criterion)).toBe('Right by answer == reference');
});

test('what is not known is not right, and a number counts as it is between 0 and 1', () => {
  expect(right('field(answer, "city") == field(reference, "city")')).toEqual([0, 1, 0]);
  expect(right('not (field(answer, "city") == "Rome")')).toEqual([0, 0, 0]);
  expect(right('number(field(answer, "n")) / 4')).toEqual([0, 0.5, 0]);
  expect(right('len(answer)')).toEqual([1, 1, 0]);
  expect(right('0 - len(answer)')).toEqual([0, 0, 0]);
});

test.each([
  ['best', 'must be one of label, exact, fields, json, words, or an expression over answer and reference'],
  ['', 'must be one of label, exact,'],
  ['contains(answer', 'At character 16 of contains(answer: ")" is missing.'],
  ['lower(answer)', 'it gives a text, where true or false or a number is wanted'],
  ['prompt == answer', 'prompt is not known; there is answer, reference'],
  ['len(reference) > 3', 'len(reference) > 3 says nothing of answer'],
])('%s is refused in a sentence', (text, sentence) => {
  expect(() => criterionOf(text)).toThrow(sentence);
});
