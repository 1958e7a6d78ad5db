import { methodOf } from '../methods/list.ts';
import type { SiteNorms } from '../methods/method.ts';
import type { AdapterWeights } from '../methods/types.ts';

/**
 * How far each module has moved from the base: ‖W' − W‖ / ‖W‖ in the Frobenius norm.
 *
 * @param squaredNorms ‖W‖² by module path
 * @param norms of the rows of each module, for methods that need them
 * @returns one value a module, or null where a base norm is not known, or the method changes no weight.
 */
export function movementOf(
  weights: AdapterWeights,
  squaredNorms: ReadonlyMap<string, number>,
  norms: (path: string) => SiteNorms | undefined = () => undefined,
): Float32Array | null {
  const { squaredDelta } = methodOf(weights.settings);
  if (!squaredDelta) return null;
  const moved = new Float32Array(weights.modules.length);
  for (const [i, module] of weights.modules.entries()) {
    const base = squaredNorms.get(module.path);
    if (base === undefined) return null;
    const squares = squaredDelta(weights, module, norms(module.path));
    moved[i] = Math.sqrt(squares) / Math.sqrt(Math.max(base, Number.MIN_VALUE));
  }
  return moved;
}
