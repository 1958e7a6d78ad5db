import { largestParts } from '../methods/lora/starts/svd.ts';
import { dot, normalised, orthogonalised } from '../methods/lora/starts/vectors.ts';

/** Products of two narrow matrices in float64, of which the wide one is never formed. */

/** ΔW = BA of rank at most `rank`; the scale of the adapter is in A. */
export interface Product {
  rank: number;
  /** [rank, in], row-major. */
  a: Float64Array;
  /** [out, rank], row-major. */
  b: Float64Array;
}

export interface Size {
  in: number;
  out: number;
}

/** Σ BᵢAᵢ as one product: the rows of A one below the other, the columns of B side by side. */
export function concatenated(products: readonly Product[], { in: width, out }: Size): Product {
  const rank = products.reduce((sum, one) => sum + one.rank, 0);
  const a = new Float64Array(rank * width);
  const b = new Float64Array(out * rank);
  let at = 0;
  for (const one of products) {
    a.set(one.a, at * width);
    for (let row = 0; row < out; row++)
      b.set(one.b.subarray(row * one.rank, (row + 1) * one.rank), row * rank + at);
    at += one.rank;
  }
  return { rank, a, b };
}

/** factor · BA. */
export function scaled({ rank, a, b }: Product, factor: number): Product {
  return { rank, a: a.map((value) => factor * value), b };
}

/** The same product with rows and columns of zeros up to a rank. */
export function widened(product: Product, size: Size, rank: number): Product {
  const more = rank - product.rank;
  if (more === 0) return product;
  const zeros = { rank: more, a: new Float64Array(more * size.in), b: new Float64Array(size.out * more) };
  return concatenated([product, zeros], size);
}

/**
 * The nearest product of a rank in the Frobenius norm, B = UΣ and A = Vᵀ (Eckart and Young), padded with zeros where BA
 * has a lower one. From B = Q_B R_B and Aᵀ = Q_A R_A it is the singular value decomposition of the small
 * R_B R_Aᵀ [p, p], p the rank of the product.
 */
export function nearest(product: Product, { in: width, out }: Size, rank: number): Product {
  const left = orthonormalBasis(columnsOf(product.b, out, product.rank));
  const right = orthonormalBasis(rowsOf(product.a, width, product.rank));
  const p = product.rank;
  const core = timesTransposed(left.coordinates, right.coordinates, p);
  const kept = Math.min(rank, p);
  const parts = largestParts(core, { rows: p, cols: p }, kept, 0);
  const a = new Float64Array(rank * width);
  const b = new Float64Array(out * rank);
  for (let r = 0; r < kept; r++) {
    combine(right.basis, parts.right[r], 1, (i, value) => {
      a[r * width + i] = value;
    });
    combine(left.basis, parts.left[r], parts.values[r], (o, value) => {
      b[o * rank + r] = value;
    });
  }
  return { rank, a, b };
}

/** ‖BA‖ = ‖R_B R_Aᵀ‖, exact where parts of the product cancel out. */
export function productNorm(product: Product, { in: width, out }: Size): number {
  const left = orthonormalBasis(columnsOf(product.b, out, product.rank));
  const right = orthonormalBasis(rowsOf(product.a, width, product.rank));
  const core = timesTransposed(left.coordinates, right.coordinates, product.rank);
  return Math.sqrt(dot(core, core));
}

/** ⟨BA, DC⟩ = tr((DᵀB)(ACᵀ)), the sum over all entries. */
export function innerProduct(one: Product, other: Product, size: Size): number {
  const [a, c] = [rowsOf(one.a, size.in, one.rank), rowsOf(other.a, size.in, other.rank)];
  const [b, d] = [columnsOf(one.b, size.out, one.rank), columnsOf(other.b, size.out, other.rank)];
  let sum = 0;
  for (let i = 0; i < one.rank; i++)
    for (let j = 0; j < other.rank; j++) sum += dot(a[i], c[j]) * dot(b[i], d[j]);
  return sum;
}

/** Each row of BA [out, in] in turn; valid until the next. */
export function* productRows({ rank, a, b }: Product, { in: width, out }: Size): Generator<Float64Array> {
  const row = new Float64Array(width);
  for (let o = 0; o < out; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = b[o * rank + r];
      if (factor !== 0) for (let i = 0; i < width; i++) row[i] += factor * a[r * width + i];
    }
    yield row;
  }
}

function rowsOf(values: Float64Array, width: number, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, i) => values.subarray(i * width, (i + 1) * width));
}

function columnsOf(values: Float64Array, rows: number, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, j) =>
    Float64Array.from({ length: rows }, (_row, i) => values[i * count + j]),
  );
}

/** Shorter than this beside what it was, a vector lies along those before it. */
const ALONG = 1e-14;

/**
 * Q with orthonormal vectors and R with vectorⱼ = Σᵢ R[i, j]·qᵢ, by Gram and Schmidt twice over. Where a vector lies
 * along those before it, q is 0.
 */
function orthonormalBasis(vectors: readonly Float64Array[]): {
  basis: Float64Array[];
  coordinates: Float64Array;
} {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const length = Math.sqrt(dot(vector, vector));
    const rest = orthogonalised(vector.slice(), basis);
    basis.push(Math.sqrt(dot(rest, rest)) > ALONG * length && length > 0 ? normalised(rest) : rest.fill(0));
  }
  const count = vectors.length;
  const coordinates = new Float64Array(count * count);
  for (let i = 0; i < count; i++)
    for (let j = i; j < count; j++) coordinates[i * count + j] = dot(basis[i], vectors[j]);
  return { basis, coordinates };
}

/** XYᵀ of square matrices. */
function timesTransposed(x: Float64Array, y: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  const [rows, columns] = [rowsOf(x, size, size), rowsOf(y, size, size)];
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) result[i * size + j] = dot(rows[i], columns[j]);
  return result;
}

/** factor · Σ byⱼ · basisⱼ, entry by entry. */
function combine(
  basis: readonly Float64Array[],
  by: Float64Array,
  factor: number,
  put: (index: number, value: number) => void,
): void {
  for (let i = 0; i < basis[0].length; i++) {
    let sum = 0;
    for (let j = 0; j < basis.length; j++) sum += by[j] * basis[j][i];
    put(i, factor * sum);
  }
}
