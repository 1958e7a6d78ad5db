/** One way to do a piece of work. */
export interface Contender {
  /** Puts the work on the queue once. */
  issue(): void | Promise<void>;
  /** Resolves when all that was issued is done. */
  finish(): Promise<void>;
}

export interface Rounds {
  rounds: number;
  /** Each contender's turn comes to last about this long, so that the wait at its end counts little. */
  turnMs: number;
  /** A slow contender takes no more turns once it has had this long; it had two at least. */
  longestMs: number;
}

async function turn(contender: Contender, count: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < count; i++) await contender.issue();
  await contender.finish();
  return performance.now() - begin;
}

/** How many pieces of work of `ms` each fill a turn. */
const fill = (turnMs: number, ms: number) => Math.max(1, Math.round(turnMs / ms));

/**
 * Milliseconds of each contender: the least over rounds in which all take turns, so that a change of clock or a
 * neighbour on the machine meets all alike. They must have run once before: the first run compiles.
 *
 * @param waitMs what the end of work may be told late; turns are ten times as long, so that it counts little
 */
export async function race(
  contenders: readonly Contender[],
  { rounds, turnMs: shortest, longestMs }: Rounds,
  waitMs = 0,
): Promise<number[]> {
  const turnMs = Math.max(shortest, 10 * waitMs);
  const entries: { contender: Contender; count: number; least: number; spent: number }[] = [];
  for (const contender of contenders) {
    const once = await turn(contender, 1);
    entries.push({ contender, count: fill(turnMs, once), least: once, spent: once });
  }
  for (let round = 0; round < rounds; round++)
    for (const entry of entries) {
      if (round > 0 && entry.spent > longestMs) continue;
      const ms = await turn(entry.contender, entry.count);
      entry.spent += ms;
      entry.least = Math.min(entry.least, ms / entry.count);
      // On a GPU the wait may be longer than the work: the first count is then too small by far, not so the next.
      entry.count = Math.max(entry.count, fill(turnMs, ms / entry.count));
    }
  return entries.map(({ least }) => least);
}

/** max |a − b| / max(1, max |b|). */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let worst = 0;
  let largest = 1;
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= worst)) worst = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return worst / largest;
}

/** Nothing is timed that does not compute the same. */
export function mustAgree(what: string, ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
  const error = difference(ours, theirs);
  if (!(error < 1e-3)) throw new Error(`${what}: results differ by ${error}, so nothing was timed`);
}
