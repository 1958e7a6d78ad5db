import { expect, test } from 'vitest';
import { heldOutSplit } from '../../../../src/data/batches.ts';
import type { Dataset, RowSearch } from '../../../../src/data/types.ts';
import type { RowQuery } from '../../../../src/worker/api/rows.ts';
import { foundRows } from '../../../../src/worker/compute/found-rows.ts';

const read: number[][] = [];
/** Even rows have the words. */
const dataset = {
  rows: 50,
  async find({ words, cut }: RowSearch, among: Uint32Array) {
    read.push([...among]);
    return [...among].filter((row) => (words === '' || row % 2 === 0) && (!cut || row > 40));
  },
} as unknown as Dataset;
const query = (part: RowQuery['part'], words = ''): RowQuery => ({
  ...{ part, words, most: 200 },
  split: { evalFraction: 0.2, seed: 3 },
});

test('a part is as a run would have it, and is read only where words or lengths decide', async () => {
  const { train, heldOut } = heldOutSplit(50, 0.2, 3, 200);
  expect(await foundRows(dataset, query('held-out'), 0, 50)).toEqual([...heldOut]);
  expect(await foundRows(dataset, query('trained'), 0, 50)).toEqual([...train]);
  expect(read).toEqual([]);
  expect(await foundRows(dataset, query('held-out', 'x'), 0, 50)).toEqual(
    [...heldOut].filter((row) => row % 2 === 0),
  );
  expect(read).toEqual([[...heldOut]]);
});

test('rows are looked at between two places, up to the last', async () => {
  read.length = 0;
  expect(await foundRows(dataset, query('cut'), 40, 60)).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49]);
  expect(await foundRows(dataset, query('all', 'x'), 2, 5)).toEqual([2, 4]);
  expect(read).toEqual([
    [40, 41, 42, 43, 44, 45, 46, 47, 48, 49],
    [2, 3, 4],
  ]);
});
