import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { dot, normalised, orthogonalised, symmetricTridiagonal } from './vectors.ts';

/** The largest singular values of W [out, in] with their vectors. */
export interface LargestParts {
  /** Falling, `count` of them. */
  values: Float64Array;
  /** Their left vectors, each [out], and right vectors, each [in]; of a value of 0 the left one is 0. */
  left: Float64Array[];
  right: Float64Array[];
}

/** ‖Wv − σu‖ and ‖Wᵀu − σv‖ are at most this many times the largest singular value. */
const TOLERANCE = 1e-8;

/**
 * W ≈ Σ σᵢ uᵢ vᵢᵀ over the `count` largest, by Golub and Kahan's bidiagonalisation (Lanczos on WᵀW) with full
 * reorthogonalisation in float64: it is as exact as a full decomposition, at the cost of some products with W, as many
 * as the gaps between the singular values ask for. (Golub & Van Loan, Matrix Computations, 4th ed., §10.4.)
 *
 * Of equal singular values one vector may be found first; those of weights are not equal. The sign of a pair is free: the
 * largest entry of each right vector is positive.
 *
 * @param w row-major
 * @param count at most the smaller side
 */
export function largestParts(
  w: ArrayLike<number>,
  { rows, cols }: { rows: number; cols: number },
  count: number,
  seed: number,
): LargestParts {
  const byRight = (v: Float64Array) => timesVector(w, v, rows, cols);
  const byLeft = (u: Float64Array) => timesTransposed(w, u, cols);
  // Begun on the smaller side, so that nothing is left over once that is filled.
  const tall = rows >= cols;
  const { values, left, right } = tall
    ? bidiagonalised(byRight, byLeft, cols, count, seed)
    : bidiagonalised(byLeft, byRight, rows, count, seed);
  const [l, r] = tall ? [left, right] : [right, left];
  const flipped = r.map((v) => v.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0) < 0);
  const signed = (vectors: Float64Array[]) =>
    vectors.map((vector, i) => (flipped[i] ? vector.map((x) => -x) : vector));
  return { values, left: signed(l), right: signed(r) };
}

/** The same of an operator and its transpose, whose input is the smaller side, of `most` values. */
function bidiagonalised(
  apply: (v: Float64Array) => Float64Array,
  applyTransposed: (u: Float64Array) => Float64Array,
  most: number,
  count: number,
  seed: number,
): LargestParts {
  const generator = xoroshiro128plus(seed);
  const random = (length: number) => Float64Array.from({ length }, () => uniformFloat64(generator) - 0.5);
  const U: Float64Array[] = [];
  const V: Float64Array[] = [normalised(random(most))];
  // B is upper bidiagonal: `alpha` its diagonal, `beta` above it.
  const alpha: number[] = [];
  const beta: number[] = [];
  let scale = 0;
  /** Made orthogonal to the others and of length 1, with the length that it had; anew at random where nothing is left. */
  const next = (vector: Float64Array, others: readonly Float64Array[]): [Float64Array, number] => {
    orthogonalised(vector, others);
    const length = Math.sqrt(dot(vector, vector));
    scale = Math.max(scale, length);
    if (length > 1e-13 * scale) return [normalised(vector), length];
    if (others.length >= vector.length) return [vector.fill(0), 0];
    return [normalised(orthogonalised(random(vector.length), others)), 0];
  };
  for (let check = count + 8; ; ) {
    const [u, a] = next(apply(V[U.length]), U);
    U.push(u);
    alpha.push(a);
    const [v, b] = next(applyTransposed(u), V);
    beta.push(b);
    const all = U.length === most;
    if (U.length >= check || all) {
      const parts = bidiagonalParts(alpha, beta, count);
      const largest = Math.max(parts.values[0], Number.MIN_VALUE);
      if (all || parts.left.every((p) => b * Math.abs(p[p.length - 1]) <= TOLERANCE * largest))
        return {
          values: parts.values,
          left: parts.left.map((by) => combined(U, by)),
          right: parts.right.map((by) => combined(V, by)),
        };
      check = Math.ceil(U.length * 1.2) + 4;
    }
    V.push(v);
  }
}

/** Σ byⱼ · basisⱼ. */
function combined(basis: readonly Float64Array[], by: Float64Array): Float64Array {
  const sum = new Float64Array(basis[0].length);
  for (let j = 0; j < by.length; j++) for (let i = 0; i < sum.length; i++) sum[i] += by[j] * basis[j][i];
  return sum;
}

/** The largest singular values of B, from the eigenvectors of BᵀB. */
function bidiagonalParts(alpha: readonly number[], beta: readonly number[], count: number): LargestParts {
  const size = alpha.length;
  const above = (j: number) => (j > 0 ? beta[j - 1] : 0);
  const diagonal = Float64Array.from(alpha, (a, j) => a * a + above(j) ** 2);
  const beside = Float64Array.from({ length: size }, (_, j) => (j > 0 ? alpha[j - 1] * beta[j - 1] : 0));
  const { values, vectors } = symmetricTridiagonal(diagonal, beside);
  const order = [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, count);
  const right = order.map((i) => vectors[i]);
  const sigma = Float64Array.from(order, (i) => Math.sqrt(Math.max(0, values[i])));
  const left = right.map((q, i) =>
    q.map((entry, j) =>
      sigma[i] > 0 ? (alpha[j] * entry + (j + 1 < size ? beta[j] * q[j + 1] : 0)) / sigma[i] : 0,
    ),
  );
  return { values: sigma, left, right };
}

/** W·v. */
function timesVector(w: ArrayLike<number>, v: Float64Array, rows: number, cols: number): Float64Array {
  const result = new Float64Array(rows);
  const whole = cols - (cols % 4);
  for (let i = 0; i < rows; i++) {
    const at = i * cols;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let j = 0; j < whole; j += 4) {
      a += w[at + j] * v[j];
      b += w[at + j + 1] * v[j + 1];
      c += w[at + j + 2] * v[j + 2];
      d += w[at + j + 3] * v[j + 3];
    }
    for (let j = whole; j < cols; j++) a += w[at + j] * v[j];
    result[i] = a + b + (c + d);
  }
  return result;
}

/** Wᵀ·u. */
function timesTransposed(w: ArrayLike<number>, u: Float64Array, cols: number): Float64Array {
  const result = new Float64Array(cols);
  const rows = u.length;
  const whole = rows - (rows % 4);
  for (let i = 0; i < whole; i += 4) {
    const at = i * cols;
    const [a, b, c, d] = [u[i], u[i + 1], u[i + 2], u[i + 3]];
    for (let j = 0; j < cols; j++)
      result[j] +=
        a * w[at + j] + b * w[at + cols + j] + (c * w[at + 2 * cols + j] + d * w[at + 3 * cols + j]);
  }
  for (let i = whole; i < rows; i++) for (let j = 0; j < cols; j++) result[j] += u[i] * w[i * cols + j];
  return result;
}
