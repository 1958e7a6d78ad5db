import { largestParts } from '../methods/lora/starts/svd.ts';
import { dot } from '../methods/lora/starts/vectors.ts';
import { type Product, productRows, type Size } from './product.ts';

/** Whole matrices [out, in] in float64: what pruning leaves of a product. */

/** The nearest product of a rank in the Frobenius norm, B = UΣ and A = Vᵀ, padded with zeros above the smaller side. */
export function nearestOfWhole(values: Float64Array, { in: width, out }: Size, rank: number): Product {
  const kept = Math.min(rank, width, out);
  const parts = largestParts(values, { rows: out, cols: width }, kept, 0);
  const a = new Float64Array(rank * width);
  const b = new Float64Array(out * rank);
  for (let r = 0; r < kept; r++) {
    a.set(parts.right[r], r * width);
    for (let o = 0; o < out; o++) b[o * rank + r] = parts.values[r] * parts.left[r][o];
  }
  return { rank, a, b };
}

/** ‖W − BA‖ and ‖W‖. */
export function distanceFromWhole(
  values: Float64Array,
  product: Product,
  size: Size,
): { distance: number; norm: number } {
  let squares = 0;
  let at = 0;
  for (const row of productRows(product, size))
    for (const value of row) squares += (values[at++] - value) ** 2;
  return { distance: Math.sqrt(squares), norm: Math.sqrt(dot(values, values)) };
}
