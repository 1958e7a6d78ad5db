import type { Objective, ObjectiveSettings } from './objective.ts';
import { type Answer, pairwise } from './pairwise.ts';

/**
 * Identity preference optimisation (arXiv 2310.12036, eq. 17):
 *
 *     L = (h − 1 / (2β))²,  h = (log π_c − log π_c^ref) / |c| − (log π_r − log π_r^ref) / |r|
 *
 * with means over the tokens of an answer, as its authors computed it and TRL does. Rewards are those of DPO.
 */
export function ipo({ beta }: ObjectiveSettings): Objective {
  const ratio = ({ sum, reference }: Answer) => sum - reference;
  return pairwise({
    name: 'ipo',
    hasReference: true,
    nll: null,
    of(chosen, rejected) {
      const h = ratio(chosen) / chosen.tokens - ratio(rejected) / rejected.tokens;
      const beyond = h - 1 / (2 * beta);
      return {
        loss: beyond ** 2,
        weights: [(-2 * beyond) / chosen.tokens, (2 * beyond) / rejected.tokens],
        rewards: [beta * ratio(chosen), beta * ratio(rejected)],
      };
    },
  });
}
