import type { AdapterModule } from '../../model/modules.ts';
import { valuesOf } from '../keys.ts';
import { loraDelta, squaredLoraRows } from '../lora/matrices.ts';
import type { SiteNorms } from '../method.ts';
import type { AdapterWeights } from '../types.ts';

/** The trained length of each row of W + s·BA, by PEFT's name. */
export const MAGNITUDE = 'lora_magnitude_vector';

/** A site's m [out]. @throws UserError `adapter-mismatch` */
export function magnitudeOf(weights: AdapterWeights, site: AdapterModule): Float32Array {
  return valuesOf(weights, site, { name: MAGNITUDE, shape: [site.out, 1] });
}

/** (m_j / c_j)·(W_j + s·B_jA) − W_j, c_j the norm of the sum, row by row in float64. */
export function* doraDelta(
  weights: AdapterWeights,
  site: AdapterModule,
  base: (row: number) => ArrayLike<number>,
): Generator<Float64Array> {
  const m = magnitudeOf(weights, site);
  let j = 0;
  for (const row of loraDelta(weights, site)) {
    const w = base(j);
    let squares = 0;
    for (let i = 0; i < row.length; i++) {
      row[i] += w[i];
      squares += row[i] ** 2;
    }
    const factor = m[j] / Math.max(Math.sqrt(squares), 1e-30);
    for (let i = 0; i < row.length; i++) row[i] = factor * row[i] - w[i];
    yield row;
    j++;
  }
}

/**
 * ‖W' − W‖² from the norms of rows. With g = m / c a row of W' − W is (g − 1)·W_j + g·s·B_jA, and the product of its two
 * parts follows from c² = ‖W_j‖² + 2s·W_j·(B_jA) + s²‖B_jA‖²: at the start, where g is 1, nothing is lost to rounding.
 */
export function squaredDoraDelta(weights: AdapterWeights, site: AdapterModule, norms?: SiteNorms): number {
  if (!norms) throw new RangeError(`no norms of the rows of ${site.path}`);
  const m = magnitudeOf(weights, site);
  let sum = 0;
  squaredLoraRows(weights, site).forEach((moved, j) => {
    const [base, adapted] = [norms.base[j] ** 2, norms.adapted[j] ** 2];
    const factor = m[j] / norms.adapted[j];
    const twice = adapted - base - moved;
    sum += (factor - 1) ** 2 * base + (factor - 1) * factor * twice + factor ** 2 * moved;
  });
  return Math.max(0, sum);
}
