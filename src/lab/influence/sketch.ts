/**
 * Long vectors in a few thousand numbers, so that the gradients of many rows can be kept and compared.
 *
 *     (S x)ₖ = Σ_{i: h(i) = k} σ(i) xᵢ,   E[⟨S x, S y⟩] = ⟨x, y⟩,   Var ≤ (‖x‖² ‖y‖² + ⟨x, y⟩²) / m
 *
 * with h(i) one of m places and σ(i) a sign, both drawn for each i: a random projection with one entry a column (Charikar,
 * Chen and Farach-Colton, Finding frequent items in data streams, 2002; Weinberger et al., Feature hashing, arXiv 0902.2206).
 * It reads every number once, where a dense projection would take m times as long. The cosine of two vectors that have
 * nothing to do with one another is off by about 1 / √m.
 */

/** Numbers that a gradient is kept in: cosines are then off by 0.016. */
export const SKETCH_WIDTH = 4096;

/**
 * @param vector [n]
 * @param width m, a power of two
 * @returns S x [m], of the same S for every vector that is sketched with this seed and width
 */
export function sketch(vector: ArrayLike<number>, seed: number, width = SKETCH_WIDTH): Float32Array {
  if (width <= 0 || (width & (width - 1)) !== 0) throw new RangeError(`${width} is no power of two`);
  const places = width - 1;
  const sum = new Float64Array(width);
  for (let i = 0; i < vector.length; i++) {
    const hash = hashOf(i, seed);
    sum[hash & places] += hash < 0 ? -vector[i] : vector[i];
  }
  return Float32Array.from(sum);
}

/** 32 bits of place and seed (the finaliser of MurmurHash3, twice); the sign is the highest. */
function hashOf(i: number, seed: number): number {
  return mixed(mixed(i ^ Math.imul(seed, 0x9e3779b1)) + seed);
}

function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
