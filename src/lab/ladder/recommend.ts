import { shareOf } from '../../data/metric.ts';
import { pairedTest, SIGNIFICANT } from '../statistics.ts';
import type { MeasuredRung } from './measure.ts';
import { LADDER, type Remedy, type RungName, rungOf } from './rungs.ts';

export interface Recommendation {
  /** Null where no rung gets anything right. */
  rung: RungName | null;
  /** What decides the task: facts, which are looked up, or form, which is trained; null where neither is measurably ahead. */
  decides: 'facts' | 'form' | null;
  reason: string;
}

/**
 * The cheapest rung that is not measurably worse than the best: by the paired test its p beside the best is 0.05 or more. With
 * few rows little is measurable, which the reason says. Where nothing is right there is nothing to recommend.
 *
 * @param measured at least one rung
 */
export function recommend(measured: readonly MeasuredRung[], seed: number): Recommendation {
  const ladder = LADDER.flatMap(({ name }) => measured.find((one) => one.name === name) ?? []);
  const best = bestOf(ladder);
  const p = (a: MeasuredRung, b: MeasuredRung) => pairedTest(a.rows, b.rows, seed);
  const cheapest = ladder.find((one) => one === best || p(one, best) >= SIGNIFICANT) ?? best;
  const rows = `${best.rows.length} held-out ${best.rows.length === 1 ? 'row' : 'rows'}`;
  const label = (one: MeasuredRung) => rungOf(one.name).label;
  const chosen = () => {
    if (figure(best) === 0) return `No rung gets anything right on ${rows}: none is good enough as it is.`;
    if (best === ladder[0])
      return `${label(best)} is the best at ${percent(best)} on ${rows}: nothing that was tried beyond it helps.`;
    if (cheapest === best)
      return `${label(best)} is the best at ${percent(best)} on ${rows}, and every cheaper rung is measurably worse.`;
    return `${label(cheapest)} comes to ${percent(cheapest)} on ${rows}, which is not measurably worse than the best, ${label(best)} at ${percent(best)} (p ${probability(p(cheapest, best))}).`;
  };
  const { decides, words } = whatDecides(ladder, p);
  return {
    rung: figure(best) > 0 ? cheapest.name : null,
    decides,
    reason: [chosen(), words].filter(Boolean).join(' '),
  };
}

/** Whether looking up or training gains most on what a prompt alone can do, where that is measurable. */
function whatDecides(
  ladder: readonly MeasuredRung[],
  p: (a: MeasuredRung, b: MeasuredRung) => number,
): { decides: Recommendation['decides']; words: string } {
  const bestBy = (remedy: Remedy | null) =>
    ladder
      .filter(({ name }) => rungOf(name).remedy === remedy && name !== 'tuned+retrieval')
      .reduce<MeasuredRung | null>((top, one) => (top && figure(top) >= figure(one) ? top : one), null);
  const [plain, search, tuned] = [bestBy(null), bestBy('search'), bestBy('tuning')];
  const none = { decides: null, words: '' };
  if (!plain || !search || !tuned) return none;
  const [winner, loser] = figure(search) > figure(tuned) ? [search, tuned] : [tuned, search];
  const measurable = (other: MeasuredRung) =>
    figure(winner) > figure(other) && p(winner, other) < SIGNIFICANT;
  if (!measurable(plain) || !measurable(loser)) return none;
  const figures = `${percent(winner)}, against ${percent(loser)} by ${winner === search ? 'training' : 'search'} and ${percent(plain)} by a prompt alone`;
  return winner === search
    ? { decides: 'facts', words: `Facts decide here: search gains most (${figures}).` }
    : { decides: 'form', words: `Form decides here: training gains most (${figures}).` };
}

/** The one with the highest figure; of equals the first. */
export function bestOf<Measured extends MeasuredRung>(measured: readonly Measured[]): Measured {
  return measured.reduce((top, one) => (figure(one) > figure(top) ? one : top));
}

export function figure({ rows }: MeasuredRung): number {
  return shareOf(rows);
}

function percent(one: MeasuredRung): string {
  return `${(100 * figure(one)).toFixed(1)} %`;
}

export function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
