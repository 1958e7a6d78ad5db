import { type Batch, exampleCount, weightsByExample } from '../../../src/data/batch.ts';
import { batchOf } from '../../../src/data/batches.ts';
import type { Example } from '../../../src/data/types.ts';
import type { Objective, SeenBatch } from '../../../src/objectives/objective.ts';

/**
 * A made-up objective of the kind that needs log-probabilities first: DPO (arXiv 2305.18290) on pairs of an example and
 * the same with its supervised tokens reversed,
 *
 *     L = −log σ(β · Δ),  Δ = (log π_c − log π_c^ref) − (log π_r − log π_r^ref)
 *
 * as a mean over the pairs of a step. With s = σ(−β Δ) the chosen row weighs β s and the rejected one −β s.
 */
export function toyDpo(beta: number): Objective {
  return {
    name: 'toy-dpo',
    figures: [
      { key: 'margin', label: 'Margin', unit: 'nats', better: 'higher' },
      { key: 'accuracy', label: 'Accuracy', better: 'higher' },
    ],
    rowsPerExample: 2,
    microBatch(examples, layout) {
      const batch = batchOf(
        examples.flatMap((example) => [example, reversed(example)]),
        layout,
      );
      return {
        batch,
        passes: [
          { batch, model: 'policy' },
          { batch, model: 'reference' },
        ],
      };
    },
    count: (batches) => seenPairs(batches),
    weigh(seen) {
      const pairs = seen.flatMap(marginsOf);
      const mean = (of: (margin: number) => number) =>
        pairs.reduce((sum, margin) => sum + of(margin), 0) / pairs.length;
      return {
        weights: seen.map((one) => {
          const rows = marginsOf(one).flatMap((margin) => {
            const weight = beta / (1 + Math.exp(beta * margin));
            return [weight, -weight];
          });
          return weightsByExample(one.batch, rows);
        }),
        loss: mean((margin) => Math.log1p(Math.exp(-beta * margin))),
        figures: { margin: mean((margin) => margin), accuracy: mean((margin) => (margin > 0 ? 1 : 0)) },
      };
    },
  };
}

/** Pairs of rows, packed or not. */
function seenPairs(batches: readonly Batch[]): number {
  return batches.reduce((sum, batch) => sum + exampleCount(batch) / 2, 0);
}

/** Δ of each pair. */
export function marginsOf({ passes: [policy, reference] }: Pick<SeenBatch, 'passes'>): number[] {
  const gain = (i: number) => policy.sum[i] - reference.sum[i];
  return Array.from({ length: policy.sum.length / 2 }, (_, pair) => gain(2 * pair) - gain(2 * pair + 1));
}

function reversed(example: Example): Example {
  const { ids, labels } = example;
  const at = [...labels.keys()].filter((i) => labels[i] >= 0);
  const swapped = { ...example, ids: ids.slice(), labels: labels.slice() };
  at.forEach((to, i) => {
    const from = at[at.length - 1 - i];
    swapped.ids[to] = ids[from];
    swapped.labels[to] = labels[from];
  });
  return swapped;
}
