import type { BadRow, DataReport } from '../../data/types.ts';
import type { RunSummary } from '../api/api.ts';

/** Bad rows that a summary names. */
const MOST_BAD = 1000;

/** The rows of a file and of the run; `refused`: those that a teacher cannot read. */
export function countedRows(report: DataReport, refused: readonly BadRow[]): RunSummary['rows'] {
  const { read, used, skipped, bad } = report;
  const { isEstimate, dropped } = skipped;
  return {
    read,
    used: (isEstimate ? read - dropped - skipped.bad : used) - refused.length,
    dropped,
    bad_count: skipped.bad + refused.length,
    ...(isEstimate && { estimated: true as const }),
    bad: [...bad, ...refused].slice(0, MOST_BAD),
  };
}
