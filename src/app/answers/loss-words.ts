import { chanceOf } from '../outcome/chance.ts';
import type { LossView } from '../state/data-view.ts';

/** How the loss of a token is drawn and said. A loss of ln n nats is a chance of 1 in n. */

/** The losses of a token, in nats; null where they are not asked for. */
export interface TokenLoss {
  before: number | null;
  now: number | null;
}

/** From each of these chances on a token is drawn one level stronger: 1 in 2, 10, 100, 1,000. */
export const CHANCES = [2, 10, 100, 1000] as const;

/** 0 where the token is likelier than 1 in 2, 4 where it is rarer than 1 in 1,000. */
export function levelOf(loss: number): number {
  return CHANCES.filter((oneIn) => loss > Math.log(oneIn)).length;
}

/** How many times as likely, in the same levels; negative where the token has become less likely. */
export function changeLevelOf(change: number): number {
  return change < 0 ? levelOf(-change) : -levelOf(change);
}

/** The level that a view draws; null where the token has no loss yet. */
export function drawnLevel(view: LossView, { before, now }: TokenLoss): number | null {
  if (view === 'before') return before === null ? null : levelOf(before);
  if (view === 'now') return now === null ? null : levelOf(now);
  return before === null || now === null ? null : changeLevelOf(now - before);
}

/** One loss, or one beside the other: `2.30 → 0.11 nats, chance 1 in 10 → 90 %`. */
export function lossWords(view: LossView, { before, now }: TokenLoss): string {
  const losses = [view !== 'now' && before, view !== 'before' && now].filter(
    (loss): loss is number => typeof loss === 'number',
  );
  if (losses.length === 0) return '';
  const nats = losses.map((loss) => loss.toFixed(2)).join(' → ');
  return `${nats} nats, chance ${losses.map(chanceOf).join(' → ')}`;
}

/** Mean over the tokens that have a loss; null where none has. */
export function meanLoss(losses: ArrayLike<number>): number | null {
  const taken = Array.from(losses).filter((loss) => !Number.isNaN(loss));
  return taken.length > 0 ? taken.reduce((sum, loss) => sum + loss, 0) / taken.length : null;
}
