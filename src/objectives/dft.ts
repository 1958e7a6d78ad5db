import { supervisedCount } from '../data/batch.ts';
import { batchOf } from '../data/batches.ts';
import type { Objective, SeenBatch } from './objective.ts';
import { sft } from './sft.ts';

/**
 * Dynamic fine-tuning (arXiv 2508.05629): cross-entropy in which each token weighs as much as the model already believes
 * in it,
 *
 *     L = −Σₜ sg(pₜ) · log pₜ / n
 *
 * with sg: no gradient goes through the weight. Tokens that the model finds absurd pull less than in supervised training.
 *
 * L also falls where a token's probability goes to zero (−p log p → 0), so that it says nothing about how good the model
 * is: the cross-entropy is told beside it, and held-out rows are measured by that.
 */
export const dft: Objective = {
  name: 'dft',
  rows: 'answers',
  figures: [{ key: 'cross_entropy', label: 'Cross-entropy', better: 'lower' }],
  rowsPerExample: 1,
  microBatch(examples, layout) {
    const batch = batchOf(examples, layout);
    return { batch, policy: [batch] };
  },
  count: supervisedCount,
  weigh(seen) {
    const n = Math.max(1, supervisedCount(seen.map(({ batch }) => batch)));
    let loss = 0;
    let crossEntropy = 0;
    const weights = seen.map(({ batch, policy: [{ each }] }: SeenBatch) =>
      each.map((logP, at) => {
        // What a row asks for (a turn of half the weight) holds beside it. Where nothing is supervised, log p is 0.
        const asked = batch.weights?.[at] ?? 1;
        const weight = asked * Math.exp(logP);
        loss -= weight * logP;
        crossEntropy -= asked * logP;
        return weight;
      }),
    );
    return { weights, loss: loss / n, figures: { cross_entropy: crossEntropy / n } };
  },
  heldOut: sft,
};
