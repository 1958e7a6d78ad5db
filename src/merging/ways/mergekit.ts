import { electedSign, largest, masked, rescaledL1 } from '../prune.ts';
import type { Merged, MergeSite, Way, WayOptions } from '../way.ts';

/**
 * Task vectors δ that are pruned, weighted and added up, with or without an election of signs: mergekit's generalised
 * task arithmetic on ΔW, of which the nearest of a rank is kept.
 *
 *     δ' = prune(δ)                            the largest, or at random with ‖δ'‖₁ = ‖δ‖₁
 *     γ  = sign(Σ w·δ')                        0 counts as +; without election every entry takes part
 *     ΔW = Σ_{sign(w·δ') = γ} w·δ'  [ / Σ_{sign(w·δ') = γ} w ]
 */
interface Steps {
  prune: 'largest' | 'random';
  elect: boolean;
  /** Divided by the weights that took part. */
  mean: boolean;
}

/** What weights that cancel out come to, for all rounding; divided by it a change would be anything. */
const NO_WEIGHT = 1e-8;

function mergedBy({ prune, elect, mean }: Steps) {
  return ({ module, changes }: MergeSite, { density, keep }: WayOptions): Merged => {
    const deltas = changes.map(({ index, weight, whole }) => {
      const values = whole();
      const pruned =
        prune === 'largest'
          ? largest(values, density)
          : density >= 1
            ? values
            : rescaledL1(masked(values, keep(index, 'delta', module.out, module.in)), values);
      return { weight, values: pruned };
    });
    const merged = new Float64Array(module.in * module.out);
    const weighted: number[] = new Array(deltas.length);
    for (let i = 0; i < merged.length; i++) {
      for (const [k, { weight, values }] of deltas.entries()) weighted[k] = weight * values[i];
      const sign = elect ? electedSign(weighted) : null;
      let divisor = 0;
      for (const [k, { weight }] of deltas.entries()) {
        if (sign !== null && Math.sign(weighted[k]) !== sign) continue;
        merged[i] += weighted[k];
        divisor += weight;
      }
      if (mean && Math.abs(divisor) >= NO_WEIGHT) merged[i] /= divisor;
    }
    return { kind: 'whole', values: merged };
  };
}

/** What a pruned ΔW of full rank loses by being stored as an adapter; of all of these. */
const LOSES =
  'A pruned change is no longer of low rank: the rank that is kept loses part of it, which is said for each matrix.';

export const ties: Way = {
  id: 'ties',
  label: 'TIES',
  about:
    'Keeps the largest changes of each, lets them vote on each entry’s sign by their weights, and takes the mean of those that agree.',
  formula: 'δ′ = the ⌊density·n⌋ largest; γ = sign Σ wδ′; ΔW = Σ wδ′ / Σ w over those with the sign γ',
  source: 'Yadav et al., arXiv 2306.01708; mergekit, ties (normalize)',
  faults: [LOSES],
  takes: { rank: true, density: true },
  count: { least: 2 },
  rank: 'nearest',
  merge: mergedBy({ prune: 'largest', elect: true, mean: true }),
};

export const dare: Way = {
  id: 'dare',
  label: 'DARE',
  about: 'Drops changes at random, makes up for them by their total, and adds up.',
  formula: 'δ′ = random mask of density · δ, times ‖δ‖₁/‖masked‖₁; ΔW = Σ wδ′',
  source: 'Yu et al., arXiv 2311.03099; mergekit, dare_linear (rescale)',
  faults: [LOSES],
  takes: { rank: true, density: true, seed: true },
  count: { least: 2 },
  rank: 'nearest',
  merge: mergedBy({ prune: 'random', elect: false, mean: false }),
};

export const dareTies: Way = {
  id: 'dare-ties',
  label: 'DARE with TIES',
  about:
    'Drops changes at random, makes up for them by their total, and adds up those that have the elected sign.',
  formula: 'δ′ as in dare; γ = sign Σ wδ′; ΔW = Σ wδ′ over those with the sign γ',
  source: 'Yu et al., arXiv 2311.03099; mergekit, dare_ties (rescale)',
  faults: [LOSES],
  takes: { rank: true, density: true, seed: true },
  count: { least: 2 },
  rank: 'nearest',
  merge: mergedBy({ prune: 'random', elect: true, mean: false }),
};

export const magnitude: Way = {
  id: 'magnitude',
  label: 'Magnitude pruning',
  about: 'Keeps the largest changes of each and adds up.',
  formula: 'δ′ = the ⌊density·n⌋ largest; ΔW = Σ wδ′',
  source: 'PEFT, magnitude_prune_svd; mergekit’s task arithmetic after trimming',
  faults: [LOSES],
  takes: { rank: true, density: true },
  count: { least: 2 },
  rank: 'nearest',
  merge: mergedBy({ prune: 'largest', elect: false, mean: false }),
};
