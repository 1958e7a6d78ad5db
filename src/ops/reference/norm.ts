import { type Dense, dense } from './linear.ts';

/** Norms in float64, one row at a time. Heads beside one another are rows of a narrower matrix: same values in order. */

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rowOf(m: Dense, i: number): Float64Array {
  return m.values.subarray(i * m.cols, (i + 1) * m.cols);
}

/**
 * y = x · rstd · w, rstd = 1/√(mean(x²) + ε).
 *
 * @param weight [cols]; Gemma's is stored without the 1 that belongs to it, which the caller adds
 * @returns y like x, and rstd [rows]
 */
export function rmsNormReference(
  x: Dense,
  weight: ArrayLike<number>,
  eps: number,
): { y: Dense; rstd: Float64Array } {
  const rstd = Float64Array.from(
    { length: x.rows },
    (_, i) => 1 / Math.sqrt(mean(rowOf(x, i).map((value) => value * value)) + eps),
  );
  const y = dense(x.rows, x.cols, (i, j) => x.values[i * x.cols + j] * rstd[i] * weight[j]);
  return { y, rstd };
}

/** With g = dy·w: dx = rstd·(g − x·rstd²·mean(g·x)). */
export function rmsNormBackwardReference(x: Dense, weight: ArrayLike<number>, eps: number, dy: Dense): Dense {
  return rmsNormBackwardSaved(x, weight, rmsNormReference(x, weight, eps).rstd, dy);
}

/** The same from the statistics that the forward pass saved. */
export function rmsNormBackwardSaved(
  x: Dense,
  weight: ArrayLike<number>,
  rstd: ArrayLike<number>,
  dy: Dense,
): Dense {
  const dx = dense(x.rows, x.cols);
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i);
    const g = rowOf(dy, i).map((value, j) => value * weight[j]);
    const along = mean(g.map((value, j) => value * row[j]));
    row.forEach((value, j) => {
      dx.values[i * x.cols + j] = rstd[i] * (g[j] - value * rstd[i] ** 2 * along);
    });
  }
  return dx;
}

/**
 * y = (x − mean)·rstd·w + b, rstd = 1/√(mean((x − mean)²) + ε).
 *
 * @param weight [cols]
 * @param bias [cols]
 * @returns y like x; mean and rstd [rows]
 */
export function layerNormReference(
  x: Dense,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  eps: number,
): { y: Dense; mean: Float64Array; rstd: Float64Array } {
  const means = Float64Array.from({ length: x.rows }, (_, i) => mean(rowOf(x, i)));
  const rstd = Float64Array.from(
    { length: x.rows },
    (_, i) => 1 / Math.sqrt(mean(rowOf(x, i).map((value) => (value - means[i]) ** 2)) + eps),
  );
  const y = dense(
    x.rows,
    x.cols,
    (i, j) => (x.values[i * x.cols + j] - means[i]) * rstd[i] * weight[j] + bias[j],
  );
  return { y, mean: means, rstd };
}

/** With g = dy·w, x̂ = (x − mean)·rstd: dx = rstd·(g − mean(g) − x̂·mean(g·x̂)). */
export function layerNormBackwardReference(
  x: Dense,
  weight: ArrayLike<number>,
  eps: number,
  dy: Dense,
): Dense {
  const { mean, rstd } = layerNormReference(x, weight, new Float64Array(x.cols), eps);
  return layerNormBackwardSaved(x, weight, { mean, rstd }, dy);
}

/** The same from the statistics that the forward pass saved. */
export function layerNormBackwardSaved(
  x: Dense,
  weight: ArrayLike<number>,
  { mean: means, rstd }: { mean: ArrayLike<number>; rstd: ArrayLike<number> },
  dy: Dense,
): Dense {
  const dx = dense(x.rows, x.cols);
  for (let i = 0; i < x.rows; i++) {
    const normed = rowOf(x, i).map((value) => (value - means[i]) * rstd[i]);
    const g = rowOf(dy, i).map((value, j) => value * weight[j]);
    const meanG = mean(g);
    const along = mean(g.map((value, j) => value * normed[j]));
    normed.forEach((value, j) => {
      dx.values[i * x.cols + j] = rstd[i] * (g[j] - meanG - value * along);
    });
  }
  return dx;
}
