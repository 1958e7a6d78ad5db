import { expect, test } from 'vitest';
import { hashBytes, RowIndex } from '../../../src/data/files/row-index.ts';

test('held-out rows that are trained on as well are counted, each once', () => {
  const index = new RowIndex();
  for (const [i, text] of ['a', 'b', 'a', 'c', 'b', 'd'].entries())
    index.push({ offset: i, length: 1, line: i + 1, hash: hashBytes(new TextEncoder().encode(text)) });
  expect(index.alsoOutside([0, 3])).toBe(1);
  expect(index.alsoOutside([0, 2])).toBe(0);
  expect(index.alsoOutside([1, 2, 5])).toBe(2);
  expect(index.alsoOutside([])).toBe(0);
});
