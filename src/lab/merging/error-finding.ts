import type { MatrixError } from '../../merging/merge.ts';
import type { Way } from '../../merging/way.ts';

/** Of relative errors below this nothing is lost but the digits of float32. */
const ROUNDING = 1e-6;

/** How far the saved matrices are from what the way computes, in a sentence. */
export function errorFinding({ way, errors }: { way: Way; errors: readonly MatrixError[] }): string {
  const from = way.rank === 'that of the sources' ? 'from the weighted sum' : `from what ${way.id} computes`;
  const known = errors.flatMap(({ relative }) => (relative === null ? [] : [relative])).sort((a, b) => a - b);
  if (known.length === 0)
    return 'The exact change of every matrix is 0 and what is stored is not, so that there is no relative error.';
  const worst = errors.find(({ relative }) => relative === known[known.length - 1])!;
  if (known[known.length - 1] < ROUNDING)
    return `Nothing is lost but rounding: no matrix is farther than ${known[known.length - 1].toExponential(1)} ${from}.`;
  return `The matrices are ${percent(known[Math.floor(known.length / 2)])} ${from} at the median and ${percent(known[known.length - 1])} at most (${worst.module}), as ‖stored − exact‖ / ‖exact‖.`;
}

const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;
