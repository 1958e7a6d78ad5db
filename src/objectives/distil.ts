import { supervisedCount } from '../data/batch.ts';
import type { Objective, ObjectiveSettings } from './objective.ts';
import { taughtBatch } from './taught.ts';

/**
 * Distillation (arXiv 1503.02531): cross-entropy of the rows' own tokens beside KL to what a teacher would have said,
 *
 *     L = Σₜ [(1 − w) (−log pₜ) + w KL(P_teacher(· | row before t) ‖ P(· | row before t))] / n
 *
 * over the supervised tokens t. The temperature is 1, and KL is that from the teacher, so that the student covers what
 * the teacher finds likely.
 */
export function distil({ distilTop, distilWeight }: ObjectiveSettings): Objective {
  return {
    name: 'distil',
    rows: 'answers',
    figures: [
      { key: 'kl', label: 'KL to the teacher', unit: 'nats', better: 'lower' },
      { key: 'ce', label: 'Cross-entropy', unit: 'nats', better: 'lower' },
    ],
    rowsPerExample: 1,
    soft: { top: distilTop, weight: distilWeight },
    microBatch: taughtBatch,
    count: supervisedCount,
    figuresOf: ({ crossEntropy, divergence }) => ({ kl: divergence, ce: crossEntropy }),
  };
}
