import type { AdapterWeights } from '../methods/types.ts';

/**
 * How far each module has moved from the base: ‖s·BA‖ / ‖W‖ in the Frobenius norm, without forming BA:
 * ‖BA‖² = tr((BᵀB)(AAᵀ)), two Gram matrices of rank × rank.
 *
 * @param squaredNorms ‖W‖² by module path.
 * @returns one value a module, or null where a base norm is not known.
 */
export function movementOf(
  { settings, modules, a, b }: AdapterWeights,
  squaredNorms: ReadonlyMap<string, number>,
): Float32Array | null {
  const { rank, alpha, rsLora } = settings;
  const scale = alpha / (rsLora ? Math.sqrt(rank) : rank);
  const moved = new Float32Array(modules.length);
  for (const [i, module] of modules.entries()) {
    const base = squaredNorms.get(module.path);
    if (base === undefined) return null;
    const rows = gram(a.get(module.path)!, rank, module.in, module.in, 1); // A Aᵀ
    const columns = gram(b.get(module.path)!, rank, module.out, 1, rank); // Bᵀ B
    let squares = 0;
    for (let j = 0; j < rank * rank; j++) squares += rows[j] * columns[j];
    moved[i] = (scale * Math.sqrt(Math.max(0, squares))) / Math.sqrt(Math.max(base, Number.MIN_VALUE));
  }
  return moved;
}

/** G[p, q] = Σⱼ x[p·row + j·step] · x[q·row + j·step], symmetric [rank, rank]. */
function gram(x: Float32Array, rank: number, length: number, row: number, step: number): Float64Array {
  const G = new Float64Array(rank * rank);
  for (let p = 0; p < rank; p++)
    for (let q = 0; q <= p; q++) {
      let sum = 0;
      for (let j = 0; j < length; j++) sum += x[p * row + j * step] * x[q * row + j * step];
      G[p * rank + q] = sum;
      G[q * rank + p] = sum;
    }
  return G;
}
