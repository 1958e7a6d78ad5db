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

/**
 * Eigenvalues, falling, and orthonormal eigenvectors of a small symmetric matrix [n, n], by cyclic Jacobi rotations
 * (Golub & Van Loan, §8.5).
 */
export function symmetricEigen(matrix: readonly Float64Array[]): {
  values: Float64Array;
  vectors: Float64Array[];
} {
  const n = matrix.length;
  const a = matrix.map((row) => row.slice());
  const vectors = matrix.map((_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)));
  const size = Math.sqrt(a.reduce((sum, row) => sum + dot(row, row), 0));
  for (let sweep = 0, turned = true; turned && sweep < SWEEPS; sweep++) {
    turned = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p][q]) <= 1e-15 * size) continue;
        turned = true;
        const tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau));
        const cosine = 1 / Math.hypot(1, t);
        const sine = t * cosine;
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k][p], a[k][q]];
          a[k][p] = cosine * x - sine * y;
          a[k][q] = sine * x + cosine * y;
        }
        for (const rows of [a, vectors])
          for (let k = 0; k < n; k++) {
            const [x, y] = [rows[p][k], rows[q][k]];
            rows[p][k] = cosine * x - sine * y;
            rows[q][k] = sine * x + cosine * y;
          }
      }
  }
  const order = [...a.keys()].sort((i, j) => a[j][j] - a[i][i]);
  return { values: Float64Array.from(order, (i) => a[i][i]), vectors: order.map((i) => vectors[i]) };
}
