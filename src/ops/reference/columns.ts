import { type Dense, type DenseLora, dense, mergedReference } from './linear.ts';

/** Norms of a weight's rows and a factor of each column that is made of them, in float64. */

/**
 * y = f∘x, f = 1 + strength · (scale / over − 1) column by column.
 *
 * @param scale [cols]
 * @param over [cols]
 */
export function scaleColumnsReference(
  x: Dense,
  scale: ArrayLike<number>,
  over: ArrayLike<number> | null,
  strength = 1,
): Dense {
  return dense(
    x.rows,
    x.cols,
    (i, j) => (1 + strength * (scale[j] / (over?.[j] ?? 1) - 1)) * x.values[i * x.cols + j],
  );
}

/** dx = scale / over ∘ dy and the gradient of `scale`, Σ_rows dy∘x / over [cols]. */
export function scaleColumnsBackwardReference(
  x: Dense,
  scale: ArrayLike<number>,
  over: ArrayLike<number> | null,
  dy: Dense,
): { dx: Dense; gradient: Float64Array } {
  const gradient = new Float64Array(x.cols);
  x.values.forEach((value, at) => {
    const j = at % x.cols;
    gradient[j] += (dy.values[at] * value) / (over?.[j] ?? 1);
  });
  return { dx: scaleColumnsReference(dy, scale, over), gradient };
}

/** ‖W_j (+ scale·B_j·A)‖₂ of each row j of W [n, k], with the A of the part that j is in. */
export function rowNormsReference(w: Dense, lora?: DenseLora): Float64Array {
  const norms = new Float64Array(w.rows);
  mergedReference(w, lora).values.forEach((value, at) => {
    norms[Math.floor(at / w.cols)] += value ** 2;
  });
  return norms.map((square) => Math.max(Math.sqrt(square), 1e-30));
}
