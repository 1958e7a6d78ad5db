import type { Objective, ObjectiveSettings } from './objective.ts';
import { pairwise, sigmoid, softplus } from './pairwise.ts';

/**
 * Direct preference optimisation (arXiv 2305.18290):
 *
 *     L = −log σ(β Δ),  Δ = (log π_c − log π_c^ref) − (log π_r − log π_r^ref)
 *
 * with log π summed over the tokens of an answer. A reward is β (log π − log π^ref).
 */
export function dpo({ beta }: ObjectiveSettings): Objective {
  return pairwise({
    name: 'dpo',
    hasReference: true,
    nll: null,
    of(chosen, rejected) {
      const rewards = [chosen, rejected].map(({ sum, reference }) => beta * (sum - reference));
      const margin = rewards[0] - rewards[1];
      const weight = beta * sigmoid(-margin);
      return {
        loss: softplus(-margin),
        weights: [weight, -weight],
        rewards: [rewards[0], rewards[1]],
      };
    },
  });
}
