import type { Objective, ObjectiveSettings } from './objective.ts';
import { type Answer, pairwise, sigmoid, softplus } from './pairwise.ts';

/** Mean log p of an answer, at most: a probability of 1 would have no odds. */
const CERTAIN = -1e-7;

/**
 * Odds ratio preference optimisation (arXiv 2403.07691), without a reference:
 *
 *     L = w · NLL(c) − β log σ(log(odds_c / odds_r)),  odds = p / (1 − p),  log p = log π / |answer|
 *
 * A reward is β log p. The cross-entropy of the better row is taken on its answer, or on its prompt too (`nllTokens`
 * `row`), as TRL's trainer does.
 */
export function orpo({ beta, nllWeight, nllTokens }: ObjectiveSettings): Objective {
  const weight = nllWeight ?? 1;
  return pairwise({
    name: 'orpo',
    hasReference: false,
    nll: weight > 0 ? { weight, tokens: nllTokens } : null,
    of(chosen, rejected) {
      const [c, r] = [meanOf(chosen), meanOf(rejected)];
      // log(1 − p) of a mean log p, which may be close to 0.
      const others = (logP: number) => Math.log(-Math.expm1(logP));
      const logOdds = c - r - (others(c) - others(r));
      const pull = beta * sigmoid(-logOdds);
      return {
        loss: beta * softplus(-logOdds),
        weights: [pull / -Math.expm1(c) / chosen.tokens, -pull / -Math.expm1(r) / rejected.tokens],
        rewards: [beta * c, beta * r],
      };
    },
  });
}

function meanOf({ sum, tokens }: Answer): number {
  return Math.min(CERTAIN, sum / tokens);
}
