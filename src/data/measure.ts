import { permutation } from './batches.ts';
import { countTargets, type Encoded, partingOf } from './encode.ts';
import type { RowIndex } from './files/row-index.ts';
import { BadRows, type Scan } from './files/scan.ts';
import { EXACT_ROWS, type Measured, SAMPLE_ROWS } from './report.ts';
import type { DataOptions } from './types.ts';

/** The lengths of a file's rows in tokens, and which of them leave nothing to learn. */

const SAMPLE_SEED = 20_000;
/** The event loop gets a turn this often, so that messages (an abort) come through. */
const TURN_MS = 50;

export interface OpenProgress {
  phase: 'scan' | 'tokenise';
  done: number;
  total: number;
}

/** Reads and tokenises rows in ascending order. */
interface Reader {
  each(rows: Uint32Array, visit: (index: number, row: Encoded | string) => Promise<void>): Promise<void>;
}

interface Measuring {
  options: DataOptions;
  progress: (event: OpenProgress) => void;
  signal?: AbortSignal;
}

/** Tokenises the rows of a scanned file, or a sample of them, for the report. */
export async function measure(
  scan: Scan,
  reader: Reader,
  { options, progress, signal }: Measuring,
): Promise<Measured> {
  const { index, bad } = scan;
  const exact = index.rows <= EXACT_ROWS;
  const chosen = exact
    ? Uint32Array.from({ length: index.rows }, (_, i) => i)
    : permutation(index.rows, SAMPLE_SEED, 'sample', 0).slice(0, SAMPLE_ROWS).sort();
  const measured: Measured = {
    drop: new Set(),
    dropped: 0,
    droppedRows: new BadRows(),
    needTemplate: 0,
    refused: 0,
    longestDropped: 0,
    tokenised: chosen.length,
    lengths: [],
    truncatedRows: 0,
    lastTurnOnly: 0,
    notes: new Map(),
    tokens: 0,
    supervisedTokens: 0,
    longest: 0,
    exact,
  };
  let turn = performance.now();
  let done = 0;
  await reader.each(chosen, async (i, row) => {
    if (typeof row === 'string') {
      bad.add(index.at(i).line, row);
      measured.drop.add(i);
      measured.refused++;
    } else measureRow(measured, i, index.at(i).line, row, options);
    done++;
    if (performance.now() - turn < TURN_MS) return;
    signal?.throwIfAborted();
    progress({ phase: 'tokenise', done, total: chosen.length });
    await new Promise((resolve) => setTimeout(resolve, 0));
    turn = performance.now();
  });
  signal?.throwIfAborted();
  if (!exact && measured.drop.size === chosen.length) refuseRest(measured, index, bad);
  return measured;
}

function measureRow(measured: Measured, i: number, line: number, row: Encoded, options: DataOptions): void {
  const { maxLength } = options;
  const answers = row.rejected ? [row, row.rejected] : [row];
  const length = Math.max(...answers.map(({ ids }) => ids.length));
  measured.lengths.push(length);
  const nothing = nothingToLearn(row, options);
  if (nothing !== null) {
    measured.drop.add(i);
    measured.dropped++;
    if (answers.every(({ targets }) => targets.length > 0))
      measured.longestDropped = Math.max(measured.longestDropped, length);
    measured.droppedRows.add(line, nothing);
    return;
  }
  if (length > maxLength) measured.truncatedRows++;
  if (answers.some(({ lastTurnOnly }) => lastTurnOnly)) measured.lastTurnOnly++;
  for (const what of new Set(answers.flatMap(({ notes }) => notes)))
    measured.notes.set(what, (measured.notes.get(what) ?? 0) + 1);
  for (const answer of answers) {
    const kept = Math.min(answer.ids.length, maxLength);
    measured.tokens += kept;
    measured.supervisedTokens += countTargets(answer, kept);
    measured.longest = Math.max(measured.longest, kept);
  }
}

/** Why nothing is left to learn of a row that is cut to length; null where something is. */
export function nothingToLearn(
  row: Encoded,
  { maxLength, positions = Infinity }: Pick<DataOptions, 'maxLength' | 'positions'>,
): string | null {
  const { rejected } = row;
  const empty = [row, ...(rejected ? [rejected] : [])].find(
    (answer) => countTargets(answer, maxLength) === 0,
  );
  const cutAt = (begin: number, ids: readonly number[], what: string) =>
    `The ${what} token ${begin + 1} of ${ids.length}, and rows are cut at ${maxLength}: ${begin < positions ? 'raise the max length' : 'shorten what comes before it'}.`;
  if (empty) {
    const [first] = empty.targets;
    return first === undefined
      ? 'No turn of the row is to be trained on.'
      : cutAt(first.begin, empty.ids, 'answer begins at');
  }
  if (!rejected) return null;
  const parting = partingOf(row, rejected);
  return parting < maxLength ? null : cutAt(parting, row.ids, 'two answers differ from');
}

/** No row of a sample of thousands can be used: the others are taken to be the same. */
function refuseRest(measured: Measured, index: RowIndex, bad: BadRows): void {
  const allDropped = measured.dropped === measured.tokenised;
  for (let i = 0; i < index.rows; i++) {
    if (measured.drop.has(i)) continue;
    measured.drop.add(i);
    if (allDropped) measured.dropped++;
    else bad.add(index.at(i).line, 'No row of the sample that was tried could be used.');
  }
}
