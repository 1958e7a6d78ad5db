import { useLab } from '../state/lab.ts';
import { unlessStopped } from './experiment.ts';

/** General rows that are measured at once. */
const AT_ONCE = 10;

/**
 * Mean loss on the general rows, a few of them at a time.
 *
 * @param part measures those from `begin` up to `end`; `rows` are all that there are
 * @param what what is happening, for people
 * @returns null where nothing could be read
 * @throws UserError `stopped`
 */
export async function lossOnGeneral(
  part: (begin: number, end: number) => Promise<{ lossSum: number; tokens: number; rows: number }>,
  what: string,
): Promise<number | null> {
  let lossSum = 0;
  let tokens = 0;
  let rows = AT_ONCE;
  for (let begin = 0; begin < rows; begin += AT_ONCE) {
    unlessStopped();
    const some = await part(begin, begin + AT_ONCE);
    lossSum += some.lossSum;
    tokens += some.tokens;
    rows = some.rows;
    useLab.setState({ work: { what, done: Math.min(rows, begin + AT_ONCE), total: rows }, left: null });
  }
  return tokens > 0 ? lossSum / tokens : null;
}
