import { heldOutSplit } from '../../data/batches.ts';
import type { Dataset } from '../../data/types.ts';
import type { RowQuery } from '../api/rows.ts';

/**
 * The rows of a part of the open data, from `begin` up to `end`, that have some words in them. A part that is told by
 * the split alone is not read.
 */
export async function foundRows(
  dataset: Dataset,
  { part, words, split, most }: RowQuery,
  begin: number,
  end: number,
): Promise<number[]> {
  const rows =
    part === 'all' || part === 'cut'
      ? Uint32Array.from({ length: Math.max(0, Math.min(end, dataset.rows) - begin) }, (_, i) => begin + i)
      : splitOf(dataset.rows, split, most)[part === 'held-out' ? 'heldOut' : 'train'].filter(
          (row) => row >= begin && row < end,
        );
  if (words.trim() === '' && part !== 'cut') return [...rows];
  return dataset.find({ words, cut: part === 'cut' }, rows);
}

let last: { key: string; split: ReturnType<typeof heldOutSplit> } | null = null;

/** The same split is asked for again and again, a part of the rows at a time. */
function splitOf(rows: number, { evalFraction, seed }: RowQuery['split'], most: number) {
  const key = JSON.stringify([rows, evalFraction, seed, most]);
  if (last?.key !== key) last = { key, split: heldOutSplit(rows, evalFraction, seed, most) };
  return last.split;
}
