import { expect, test } from 'vitest';
import { goodOnes } from '../../../src/run/held-out.ts';
import { exampleOf } from '../objectives/made-up.ts';

test('an answer that is marked as bad is not measured, one without a verdict is', async () => {
  const examples = [true, false, undefined].map((good, i) => ({ ...exampleOf(i, 6, 2), good }));
  const dataset = goodOnes({ examples: async (rows) => rows.map((row) => examples[row]) });
  expect((await dataset.examples([0, 1, 2])).map(({ index }) => index)).toEqual([0, 2]);
});
