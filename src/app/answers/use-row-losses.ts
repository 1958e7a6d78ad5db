import { useEffect, useState } from 'react';
import type { DataReport } from '../../data/types.ts';
import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import type { RowLosses } from '../../worker/api/measures.ts';
import { tunedUse } from '../actions/answers.ts';
import { giveUpSpare, inTurn } from '../actions/in-turn.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import type { LossView } from '../state/data-view.ts';
import { getApp, useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';

/** Rows that stay measured, of all adapters together; the oldest goes first. */
const KEPT = 400;
/** By what was open: other data, or these for another model, are another report. */
const kept = new WeakMap<DataReport, Map<string, RowLosses>>();

export interface ShownLosses {
  before: RowLosses | null;
  now: RowLosses | null;
  error: PageError | null;
}

/** A row's losses by one adapter, or the base: a base is held as the adapter that is open was trained on it. */
function keyOf(row: number, use: AdapterUse | null): string {
  const { tuned, settings } = getApp();
  return [row, use ? `${use.id} ${use.strength}` : `base ${tuned} ${settings.baseDtype}`].join(' ');
}

/** The losses that a view of a row needs, measured when it is first looked at and kept. */
export function useRowLosses(data: DataReport, row: number, view: LossView): ShownLosses {
  const [error, setError] = useState<PageError | null>(null);
  const [, setMeasured] = useState(0);
  const tuned = useApp((state) => state.tuned);
  const strength = useApp((state) => state.strength);
  const step = useThen((state) => state.step);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the adapter that answers is of these three
  useEffect(() => {
    let shown = true;
    setError(null);
    const uses = [view !== 'now' && ([null] as const), view !== 'before' && ([tunedUse()] as const)];
    const measure = async () => {
      for (const asked of uses) {
        if (!asked || !shown) continue;
        await measured(data, row, asked[0], () => shown);
        if (shown) setMeasured((count) => count + 1);
      }
    };
    measure().catch((reason) => shown && setError(pageError(reason)));
    return () => {
      shown = false;
    };
  }, [data, row, view, tuned, strength, step]);
  const found = kept.get(data);
  return {
    before: found?.get(keyOf(row, null)) ?? null,
    now: found?.get(keyOf(row, tunedUse())) ?? null,
    error,
  };
}

/** Who pages on before its turn has come is asked nothing for the row that was left. */
async function measured(
  data: DataReport,
  row: number,
  use: AdapterUse | null,
  wanted: () => boolean,
): Promise<void> {
  const key = keyOf(row, use);
  const found = kept.get(data) ?? new Map<string, RowLosses>();
  kept.set(data, found);
  if (found.has(key)) return;
  giveUpSpare();
  await inTurn(async () => {
    if (!wanted() || getApp().data !== data) return;
    const [losses] = await (await worker()).rowLosses([row], use);
    found.set(key, losses);
    for (const old of found.keys()) {
      if (found.size <= KEPT) break;
      found.delete(old);
    }
  });
}
