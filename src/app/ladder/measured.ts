import type { LadderResult } from '../../lab/ladder/report.ts';
import type { KeptLadder } from '../../worker/api/api.ts';

/** A ladder of which something is measured. */
export type Measured = KeptLadder & { result: LadderResult };

export function isMeasured(kept: KeptLadder | null): kept is Measured {
  return kept?.result != null;
}
