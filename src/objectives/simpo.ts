import type { Objective, ObjectiveSettings } from './objective.ts';
import { pairwise, sigmoid, softplus } from './pairwise.ts';

/**
 * Simple preference optimisation (arXiv 2405.14734), without a reference:
 *
 *     L = −log σ(β (log π_c / |c| − log π_r / |r|) − γ)
 *
 * A reward is β log π / |answer|. With `nllWeight` the cross-entropy of the better row is added, as TRL's CPO trainer
 * does by default (`cpo_alpha`).
 */
export function simpo({ beta, gamma, nllWeight, nllTokens }: ObjectiveSettings): Objective {
  return pairwise({
    name: 'simpo',
    hasReference: false,
    nll: nllWeight ? { weight: nllWeight, tokens: nllTokens } : null,
    of(chosen, rejected) {
      const rewards = [chosen, rejected].map(({ sum, tokens }) => (beta * sum) / tokens);
      const beyond = rewards[0] - rewards[1] - gamma;
      const pull = beta * sigmoid(-beyond);
      return {
        loss: softplus(-beyond),
        weights: [pull / chosen.tokens, -pull / rejected.tokens],
        rewards: [rewards[0], rewards[1]],
      };
    },
  });
}
