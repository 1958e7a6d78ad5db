/** What TIES, DARE and magnitude pruning do to the values of a matrix before it is added up. */

/** Values that are kept, of so many: ⌊density · n⌋. */
function keptCount(length: number, density: number): number {
  return Math.trunc(density * length);
}

/**
 * The ⌊density·n⌋ values of the largest magnitude, the others 0; of equal ones the first are kept.
 * (Yadav et al., arXiv 2306.01708, section 3: “trim”.)
 */
export function largest(values: Float64Array, density: number): Float64Array {
  if (density >= 1) return values;
  const count = keptCount(values.length, density);
  if (count === 0) return new Float64Array(values.length);
  const magnitudes = values.map(Math.abs);
  const least = magnitudes.slice().sort()[values.length - count];
  let ofLeast = count - magnitudes.reduce((sum, magnitude) => sum + Number(magnitude > least), 0);
  return values.map((value, i) => {
    if (magnitudes[i] > least) return value;
    return magnitudes[i] === least && ofLeast-- > 0 ? value : 0;
  });
}

/** Values where the mask is not 0. */
export function masked(values: Float64Array, mask: ArrayLike<number>): Float64Array {
  return values.map((value, i) => (mask[i] === 0 ? 0 : value));
}

/** Of norms below this no quotient is taken; mergekit's. */
const NO_NORM = 1e-7;

/** `pruned` times ‖values‖₁ / ‖pruned‖₁: the sum of magnitudes is what it was (mergekit's `rescale`). */
export function rescaledL1(pruned: Float64Array, values: Float64Array): Float64Array {
  const [before, after] = [sumOfMagnitudes(values), sumOfMagnitudes(pruned)];
  return before < NO_NORM || after < NO_NORM ? pruned : pruned.map((value) => value * (before / after));
}

function sumOfMagnitudes(values: Float64Array): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0);
}

/** Of one entry's values by source, the sign of their sum, 0 counting as positive: 1 or −1. */
export function electedSign(values: readonly number[]): 1 | -1 {
  return values.reduce((sum, value) => sum + value, 0) >= 0 ? 1 : -1;
}
