import { type MadeRows, madeRows, withoutByHand } from '../../lab/distillation/made.ts';
import type { KeptDistil } from '../../worker/api/api.ts';
import { useDistil } from '../state/distil.ts';
import { keepRecord } from './experiment.ts';

/** The distillation that is shown, on the page and in the browser. */

export function keptNow(): KeptDistil {
  return useDistil.getState().kept!;
}

export function keep(kept: KeptDistil): Promise<void> {
  useDistil.setState({ kept });
  return keepRecord('distil', kept, warn);
}

export function change(what: Partial<KeptDistil>): Promise<void> {
  return keep({ ...keptNow(), ...what });
}

export function changeStages(what: Partial<KeptDistil['stages']>): Promise<void> {
  return change({ stages: { ...keptNow().stages, ...what } });
}

export function warn(...texts: string[]): void {
  useDistil.setState(({ warnings }) => ({ warnings: [...new Set([...warnings, ...texts])] }));
}

/** What of the rows that the teacher made is kept, without those that the person has taken out. */
export function madeOf({ stages, verdicts, byHand }: KeptDistil): MadeRows {
  return madeRows(stages.attempts ?? [], withoutByHand(verdicts, byHand));
}
