import { expect, test } from 'vitest';
import { LabelCounts } from '../../../src/data/labels.ts';

const counted = (answers: readonly string[]) => {
  const labels = new LabelCounts();
  for (const answer of answers) labels.add(answer);
  return labels.list();
};

test('answers that come again are labels, the commonest first, whatever their case and full stop', () => {
  expect(counted(['billing', 'Shipping', 'shipping.', ' shipping', 'billing', 'refund'])).toEqual([
    { label: 'Shipping', rows: 3 },
    { label: 'billing', rows: 2 },
    { label: 'refund', rows: 1 },
  ]);
});

test.each([
  ['one alone', ['yes', 'yes', 'yes']],
  ['nearly all different', ['a', 'b', 'c', 'a']],
  ['long ones', Array.from({ length: 9 }, () => 'x'.repeat(41))],
  ['lines', ['a\nb', 'a\nb', 'c', 'c']],
  ['objects', ['{"a": 1}', '{"a": 1}', '{"a": 2}', '{"a": 2}']],
  ['texts without a question', ['', '', 'a', 'a', 'b', 'b']],
  ['too many', Array.from({ length: 200 }, (_, i) => `label ${i % 70}`)],
  ['nothing', []],
])('%s are none', (_, answers) => {
  expect(counted(answers)).toBeNull();
});
