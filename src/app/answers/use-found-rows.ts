import { useEffect, useState } from 'react';
import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { DataReport } from '../../data/types.ts';
import type { RowPart, RowQuery } from '../../worker/api/rows.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useApp } from '../state/store.ts';

/** Rows that are read between two looks at whether anybody still waits for them. */
const AT_ONCE = 500;
/** Typing goes on for about as long, in milliseconds. */
const PAUSE = 200;

export interface Found {
  /** Places of the rows; null: all of them. */
  rows: readonly number[] | null;
  /** How many were looked at, while that goes on. */
  looked: number | null;
  error: PageError | null;
}

const ALL: Found = { rows: null, looked: null, error: null };

/** The rows of a part that have these words in them, as they are found. */
export function useFoundRows(data: DataReport, part: RowPart, words: string): Found {
  const evalFraction = useApp(({ settings }) => settings.evalFraction);
  const seed = useApp(({ settings }) => settings.seed);
  const [found, setFound] = useState<Found>(ALL);
  useEffect(() => {
    if (part === 'all' && words.trim() === '') {
      setFound(ALL);
      return;
    }
    let wanted = true;
    const query: RowQuery = { part, words, split: { evalFraction, seed }, most: MAX_HELD_OUT_ROWS };
    const search = async () => {
      const rows: number[] = [];
      const step = words.trim() === '' && part !== 'cut' ? data.used : AT_ONCE;
      for (let begin = 0; begin < data.used; begin += step) {
        const more = await (await worker()).findRows(query, begin, begin + step);
        if (!wanted) return;
        rows.push(...more);
        const looked = Math.min(data.used, begin + step);
        setFound({ rows: [...rows], looked: looked < data.used ? looked : null, error: null });
      }
    };
    setFound((before) => ({ ...before, looked: 0, error: null }));
    const timer = setTimeout(() => {
      search().catch((reason) => wanted && setFound({ rows: [], looked: null, error: pageError(reason) }));
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [data, part, words, evalFraction, seed]);
  return found;
}
