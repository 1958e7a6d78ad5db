/** Vectors in float64, for the decompositions that starts are made of. */

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** In place. */
export function normalised(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return vector;
}

/** Takes off, in place, what lies along the others, which are orthonormal: twice, since once leaves rounding. */
export function orthogonalised(vector: Float64Array, others: readonly Float64Array[]): Float64Array {
  for (let pass = 0; pass < 2; pass++)
    for (const other of others) {
      const along = dot(vector, other);
      for (let i = 0; i < vector.length; i++) vector[i] -= along * other[i];
    }
  return vector;
}

/** More than are ever needed: two or three do for an eigenvalue. */
const SWEEPS = 60;

/**
 * Eigenvalues and orthonormal eigenvectors of a symmetric tridiagonal matrix, in no order, by implicit QL steps with
 * Wilkinson's shift (EISPACK's `tql2`; Golub & Van Loan, §8.3).
 *
 * @param diagonal [n]
 * @param beside [n]: entry i stands beside the diagonal in row i; the first is not read
 */
export function symmetricTridiagonal(
  diagonal: Float64Array,
  beside: Float64Array,
): { values: Float64Array; vectors: Float64Array[] } {
  const n = diagonal.length;
  const d = diagonal.slice();
  const e = new Float64Array(n);
  e.set(beside.subarray(1));
  // Vector i is row i: what a rotation turns lies side by side.
  const vectors = Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = 1;
    return row;
  });
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      if (sweep === SWEEPS) throw new Error('no eigenvalue was found');
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
      let [sine, cosine, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * sine + 2 * cosine * b;
        p = sine * r;
        d[i + 1] = g + p;
        g = cosine * r - b;
        const [low, high] = [vectors[i], vectors[i + 1]];
        for (let k = 0; k < n; k++) {
          const h = high[k];
          high[k] = sine * low[k] + cosine * h;
          low[k] = cosine * low[k] - sine * h;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  return { values: d, vectors };
}
