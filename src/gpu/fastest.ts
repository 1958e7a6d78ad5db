/**
 * Which of several candidates is fastest, by a clock that hears of the end of a submit late and not always equally
 * late: 1 … 4 ms on Windows, where a product takes 20 µs. So each is repeated in one submit, all of them equally often,
 * until the work is long against the lateness; what a single run takes beyond its share is the lateness, and does not
 * count. Rounds take turns, since clocks move, and the minimum counts. One that is not clearly faster than a candidate
 * listed before it is not taken, so that the choice is the same next time where it does not matter.
 */

/** Runs a candidate so many times in one submit. @returns milliseconds until its end was heard */
export type Timed = (repeats: number) => Promise<number>;

/** A later candidate must be this much faster. */
const CLEARLY = 1.05;
/** One that was this much slower than the best is not run again. */
const HOPELESS = 1.5;
const ROUNDS = 2;
const MOST_REPEATS = 1024;

/**
 * @param options.enoughMs how much longer the repeats must take than a single run
 * @param options.late time is up: what was measured until then decides
 * @returns the place of the fastest; null where time was up before there were two to compare
 */
export async function fastest(
  candidates: readonly Timed[],
  { enoughMs, late }: { enoughMs: number; late: () => boolean },
): Promise<number | null> {
  const [preferred] = candidates;
  // The first run pays for what the driver does late.
  const single = Math.min(await preferred(1), await preferred(1));
  let repeats = 1;
  let longer = single;
  // A run that takes long by itself needs no repeats.
  while (longer - single < enoughMs && single < 10 * enoughMs && repeats < MOST_REPEATS && !late()) {
    repeats *= Math.max(single, 4 * (longer - single)) < enoughMs ? 4 : 2;
    longer = await preferred(repeats);
  }
  const lateness = repeats > 1 ? Math.max(0, single - (longer - single) / (repeats - 1)) : 0;

  const racing = candidates.map((run) => ({ run, best: Number.POSITIVE_INFINITY, out: false }));
  racing[0].best = longer - lateness;
  const hopeless = (ms: number) => ms > HOPELESS * Math.min(...racing.map(({ best }) => best));
  const slowAtOnce = async (run: Timed) => hopeless(((await run(1)) - lateness - enoughMs) * repeats);
  for (let round = 0; round < ROUNDS; round++)
    for (const one of racing) {
      if (late()) break;
      // Again where it seems slow: the first run pays for what the driver does late.
      if (one.best === Number.POSITIVE_INFINITY)
        one.out ||= (await slowAtOnce(one.run)) && (await slowAtOnce(one.run));
      if (one.out) continue;
      one.best = Math.min(one.best, (await one.run(repeats)) - lateness);
      one.out = hopeless(one.best);
    }

  const measured = racing.filter(({ best }) => best < Number.POSITIVE_INFINITY);
  if (measured.length === 1 && candidates.length > 1 && late()) return null;
  let chosen = 0;
  for (const [i, { best }] of racing.entries()) if (best * CLEARLY < racing[chosen].best) chosen = i;
  return chosen;
}
