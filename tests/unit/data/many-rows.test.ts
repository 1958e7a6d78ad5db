import { expect, test } from 'vitest';
import { packRows } from '../../../src/data/batches.ts';

test('more rows are packed than a function can be given as arguments', () => {
  const count = 200_000;
  const packed = packRows(Array(count).fill(60), 128);
  expect(packed).toHaveLength(count / 2);
  expect(packed.at(-1)).toEqual([count - 2, count - 1]);
});
