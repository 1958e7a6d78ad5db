import type { Change } from '../change.ts';
import { innerProduct } from '../product.ts';
import type { MergeSite, Way } from '../way.ts';
import { weightedSum } from './weighted-sum.ts';

/** Beyond this cosine two changes count as parallel, and the straight line is taken; mergekit's. */
const PARALLEL = 0.9995;
/** What is no longer than this is not brought to length 1; mergekit's. */
const NO_LENGTH = 1e-8;

/**
 * With cos θ = ⟨δ₁, δ₂⟩ / ‖δ₁‖‖δ₂‖ over all entries of a matrix and t = w₂ / (w₁ + w₂):
 *
 *     ΔW = sin((1 − t)θ)/sin θ · δ₁ + sin(tθ)/sin θ · δ₂
 */
export const slerp: Way = {
  id: 'slerp',
  label: 'Slerp',
  about: 'Goes from one change to the other along an arc, so that what comes of it is not shorter than both.',
  formula: 'ΔW = sin((1−t)θ)/sin θ · δ₁ + sin(tθ)/sin θ · δ₂, t = w₂/(w₁+w₂), then the nearest of rank R',
  source: 'Shoemake, 1985; mergekit, slerp',
  faults: [
    'mergekit takes the arc between whole weights, where two tunings of one base are nearly parallel and the line is taken instead; here it is that between the changes, as mergekit’s nuslerp has it.',
  ],
  takes: { rank: true },
  count: { least: 2, most: 2 },
  rank: 'nearest',
  merge(site) {
    const [w1, w2] = site.weights;
    return weightedSum(site, coefficients(site, w2 / (w1 + w2)));
  },
};

function coefficients(site: MergeSite, t: number): [number, number] {
  const [one, other] = [0, 1].map((index) => site.changes.find((change) => change.index === index));
  // Where one of them has nothing its direction is the zero vector, at a right angle to any.
  const lengths = [one, other].map((change) => (change ? Math.sqrt(product(change, change, site)) : 0));
  const unit = lengths.map((length) => (length > NO_LENGTH ? length : 1));
  const cosine = one && other ? product(one, other, site) / (unit[0] * unit[1]) : 0;
  if (Math.abs(cosine) > PARALLEL) return [1 - t, t];
  const angle = Math.acos(cosine);
  return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
}

function product(one: Change, other: Change, { module }: MergeSite): number {
  if (one.product && other.product) return innerProduct(one.product, other.product, module);
  const values = other.whole();
  return one.whole().reduce((sum, value, i) => sum + value * values[i], 0);
}
