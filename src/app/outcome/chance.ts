import { count, percent } from '../shared/format.ts';

/** A chance that is not quite certain must not read as if it were. */
const NEARLY_CERTAIN = 0.995;
/** From here nobody tells the sizes apart. */
const HOPELESS = 1e6;

/**
 * The chance that a mean loss per token stands for, in words: 1 in e^loss, or a share where that is more than one half.
 *
 *     e^−L = (p₁ · p₂ · … · pₙ)^(1/n)
 *
 * is the geometric mean of what the model gave to the right token each time; e^L is called perplexity.
 *
 * @param loss mean cross-entropy, in nats
 */
export function chanceOf(loss: number): string {
  const oneIn = Math.exp(loss);
  if (oneIn < 2) return shareOf(1 / oneIn);
  if (oneIn > HOPELESS) return 'less than 1 in a million';
  if (oneIn < 9.95) return `1 in ${Number(oneIn.toFixed(1))}`;
  return `1 in ${count(oneIn < 99.5 ? oneIn : Number(oneIn.toPrecision(2)))}`;
}

/** A share that is below 1, which no rounding may deny. */
export function shareOf(share: number): string {
  return share > NEARLY_CERTAIN && share < 1 ? 'over 99 %' : percent(share);
}

/** What a sentence about a chance is made of. */
export interface Chances {
  /** Where it was measured, as the beginning of a sentence. */
  on: string;
  /** Mean losses per token. */
  before: number;
  after: number;
  /** What `before` was: `before`. */
  was: string;
}

/** How the chance of the right next token has changed; worse is said as worse. */
export function chanceSentence({ on, before, after, was }: Chances): string {
  const [then, now] = [chanceOf(before), chanceOf(after)];
  const what = `${on}, the right next piece`;
  if (now === then) return `${what} gets a chance of ${now}, the same as ${was}.`;
  const sentence = `${what} now gets a chance of ${now}; ${was}, ${then}`;
  return after > before ? `${sentence}. That is worse.` : `${sentence}.`;
}
