import { concatenated, type Product, scaled } from '../product.ts';
import { electedSign, largest, masked } from '../prune.ts';
import type { Merged, MergeSite, Part, Way, WayOptions } from '../way.ts';
import { weightedSum } from './weighted-sum.ts';

/**
 * What PEFT's `add_weighted_adapter` (0.21) computes, on A and B apart or on ΔW (`…-svd`):
 *
 *     t' = prune(t)                       the largest, or at random times 1/density
 *     γ  = sign(Σ t')                     without the weights; 0 counts as +
 *     T  = Σ_{sign(t') = γ} v·t' / max(1, number of those)     with election
 *     T  = Σ v·t'                                              without
 *
 * With t = A or B: v = √|w·s| for B, and for A with the sign of w·s; with t = ΔW: v = w.
 */
interface Steps {
  prune?: 'largest' | 'random';
  elect?: true;
}

interface Task {
  values: Float64Array;
  by: number;
  mask(): ArrayLike<number>;
}

function combined(tasks: readonly Task[], { prune, elect }: Steps, density: number): Float64Array {
  const pruned = tasks.map(({ values, by, mask }) => {
    if (!prune || density >= 1) return { values, by };
    if (prune === 'largest') return { values: largest(values, density), by };
    return { values: masked(values, mask()).map((value) => value / density), by };
  });
  const result = new Float64Array(tasks[0].values.length);
  for (let i = 0; i < result.length; i++) {
    const sign = elect ? electedSign(pruned.map(({ values }) => values[i])) : null;
    let agreeing = 0;
    for (const { values, by } of pruned) {
      if (sign !== null && Math.sign(values[i]) !== sign) continue;
      result[i] += by * values[i];
      agreeing++;
    }
    if (elect) result[i] /= Math.max(1, agreeing);
  }
  return result;
}

/** On A and B apart. */
function onMatrices(steps: Steps) {
  return ({ module, changes }: MergeSite, { density, keep }: WayOptions): Merged => {
    const { rank } = changes[0].product!;
    const side = (part: Part): Float64Array =>
      combined(
        changes.map(({ index, weight, matrices }) => {
          const { scale, a, b } = matrices!;
          const root = Math.sqrt(Math.abs(weight * scale));
          return part === 'lora_A'
            ? {
                values: Float64Array.from(a),
                by: weight * scale >= 0 ? root : -root,
                mask: () => keep(index, part, rank, module.in),
              }
            : { values: Float64Array.from(b), by: root, mask: () => keep(index, part, module.out, rank) };
        }),
        steps,
        density,
      );
    const product: Product = { rank, a: side('lora_A'), b: side('lora_B') };
    const terms = changes.map((change) => scaled(change.product!, change.weight));
    return { kind: 'matrices', product, meant: concatenated(terms, module) };
  };
}

/** On ΔW. */
function onDelta(steps: Steps) {
  return ({ module, changes }: MergeSite, { density, keep }: WayOptions): Merged => ({
    kind: 'whole',
    values: combined(
      changes.map(({ index, weight, whole }) => ({
        values: whole(),
        by: weight,
        mask: () => keep(index, 'delta', module.out, module.in),
      })),
      steps,
      density,
    ),
  });
}

const CROSS_TERMS =
  'A and B are combined apart, and the product of two sums has each A with each other B: what comes of it is not the weighted sum. The error is the distance from that.';
const UNWEIGHTED =
  'Signs are elected before the weights are applied, so that a weight of 0 votes as one of 1 does.';
const SQUARE_ROOTS =
  'The weights are applied as square roots to A and B; the sign of a negative one goes to A alone, so that in the cross terms a negative and a positive weight do not part.';
const ON_ITS_OWN =
  'What PEFT writes of it keeps use_rslora of the first adapter and is then scaled by √r; here it is scaled by 1.';

const COMMON = { count: { least: 2 }, takes: {} } as const;

/** On A and B apart. */
const apart = {
  ...COMMON,
  needs: 'one rank',
  rank: 'that of the sources',
} as const;

/** On ΔW, of which the nearest of a rank is kept. */
const whole = {
  ...COMMON,
  needs: 'products',
  rank: 'nearest',
} as const;

const named = (type: string) => `PEFT 0.21, add_weighted_adapter, combination_type "${type}"`;

/** The ways of PEFT, each under its combination_type with dashes; `dare_linear` is `dare`. */
export const PEFT_WAYS: readonly Way[] = [
  {
    ...apart,
    id: 'peft-linear',
    label: 'PEFT, linear',
    about: 'Adds up A and B apart.',
    formula: 'A = Σ ±√|ws|·A, B = Σ √|ws|·B',
    source: named('linear'),
    faults: [CROSS_TERMS, SQUARE_ROOTS, ON_ITS_OWN],
    merge: onMatrices({}),
  },
  {
    ...whole,
    id: 'peft-svd',
    label: 'PEFT, svd',
    about: 'The sum, which PEFT computes whole.',
    formula: 'ΔW = Σ wδ, then the nearest of rank R',
    source: named('svd'),
    faults: [ON_ITS_OWN],
    takes: { rank: true },
    merge: (site) => weightedSum(site, site.weights),
  },
  ...pruned({ prune: 'largest', elect: true }, 'ties', 'TIES', [UNWEIGHTED]),
  ...pruned({ prune: 'random' }, 'dare_linear', 'DARE', []),
  ...pruned({ prune: 'random', elect: true }, 'dare_ties', 'DARE with TIES', [UNWEIGHTED]),
  ...pruned({ prune: 'largest' }, 'magnitude_prune', 'magnitude pruning', []),
];

/** A way of pruning both on A and B and on ΔW. */
function pruned(steps: Steps, type: string, name: string, faults: readonly string[]): Way[] {
  const id = `peft-${{ dare_linear: 'dare', magnitude_prune: 'magnitude' }[type] ?? type.replace('_', '-')}`;
  const what = steps.elect
    ? 'signs elected by the unweighted sum, the weighted mean of those that agree'
    : 'the weighted sum of what is kept';
  const kept =
    steps.prune === 'random' ? 'values kept at random, times 1/density' : 'the largest values kept';
  const takes = { density: true, ...(steps.prune === 'random' && { seed: true as const }) } as const;
  const formula = steps.elect
    ? 't′ = prune(t); γ = sign Σ t′; T = Σ v·t′ / number, over those with the sign γ'
    : 't′ = prune(t); T = Σ v·t′';
  return [
    {
      ...apart,
      id,
      label: `PEFT, ${name}`,
      about: `On A and B apart: ${kept}, ${what}.`,
      formula: `${formula}; t = A, B, v = ±√|ws|`,
      source: named(type),
      faults: [CROSS_TERMS, ...faults, SQUARE_ROOTS, ON_ITS_OWN],
      takes,
      merge: onMatrices(steps),
    },
    {
      ...whole,
      id: `${id}-svd`,
      label: `PEFT, ${name} on ΔW`,
      about: `On the whole change: ${kept}, ${what}.`,
      formula: `${formula}; t = δ, v = w, then the nearest of rank R`,
      source: named(`${type}_svd`),
      faults: [...faults, ON_ITS_OWN],
      takes: { ...takes, rank: true },
      merge: onDelta(steps),
    },
  ];
}
