import { supervisedCount } from '../data/batch.ts';
import type { Objective, ObjectiveSettings } from './objective.ts';
import { taughtBatch } from './taught.ts';

/**
 * Prompt baking (arXiv 2409.13697; context distillation in arXiv 2112.00861): the adapted model answers without a prompt
 * as the base does that sees it,
 *
 *     L = Σₜ KL(P_base(· | prompt, row before t) ‖ P(· | row before t)) / n
 *
 * over the supervised tokens t. KL alone: what the rows answer is the path along which both are compared, not what is
 * learned.
 */
export function bake({ distilTop }: ObjectiveSettings): Objective {
  return {
    name: 'bake',
    rows: 'answers',
    figures: [{ key: 'kl', label: 'KL to the teacher', unit: 'nats', better: 'lower' }],
    rowsPerExample: 1,
    soft: { top: distilTop, weight: 1 },
    microBatch: taughtBatch,
    count: supervisedCount,
    figuresOf: ({ divergence }) => ({ kl: divergence }),
  };
}
