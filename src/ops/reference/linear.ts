import { dropoutKey, dropoutMask } from '../dropout-hash.ts';

/** Linear layers and their adapters in float64, written to be read, for tests and for the tuner's check. */

/** Row-major matrix. */
export interface Dense {
  rows: number;
  cols: number;
  values: Float64Array;
}

/** An adapted linear: a [parts · rank, k], b [n, rank]; parts are ranges of the n output columns. */
export interface DenseLora {
  rank: number;
  parts: readonly { begin: number; end: number; module: number }[];
  scale: number;
  a: Dense;
  b: Dense;
  dropout?: { probability: number; seed: number; step: number; micro: number };
}

/** @param at without it, zeros */
export function dense(rows: number, cols: number, at?: (row: number, col: number) => number): Dense {
  const values = new Float64Array(rows * cols);
  if (at) for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) values[i * cols + j] = at(i, j);
  return { rows, cols, values };
}

/** a·bᵀ, a [m, k], b [n, k]. */
export function timesTransposed({ rows, cols, values: a }: Dense, { rows: n, values: b }: Dense): Dense {
  const product = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < cols; k++) sum += a[i * cols + k] * b[j * cols + k];
      product[i * n + j] = sum;
    }
  return { rows, cols: n, values: product };
}

/** a·b, a [m, k], b [k, n]. */
export function times({ rows, cols, values: a }: Dense, { cols: n, values: b }: Dense): Dense {
  const product = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < cols; k++)
      for (let j = 0; j < n; j++) product[i * n + j] += a[i * cols + k] * b[k * n + j];
  return { rows, cols: n, values: product };
}

/** aᵀ·b, a [k, m], b [k, n]. */
export function transposedTimes({ rows, cols, values: a }: Dense, { cols: n, values: b }: Dense): Dense {
  const product = new Float64Array(cols * n);
  for (let k = 0; k < rows; k++)
    for (let i = 0; i < cols; i++)
      for (let j = 0; j < n; j++) product[i * n + j] += a[k * cols + i] * b[k * n + j];
  return { rows: cols, cols: n, values: product };
}

export function columns(a: Dense, begin: number, end: number): Dense {
  return dense(a.rows, end - begin, (i, j) => a.values[i * a.cols + begin + j]);
}

export function rows(a: Dense, begin: number, end: number): Dense {
  return dense(end - begin, a.cols, (i, j) => a.values[(begin + i) * a.cols + j]);
}

export function plus(a: Dense, b: Dense, factor = 1): Dense {
  return dense(a.rows, a.cols, (i, j) => a.values[i * a.cols + j] + factor * b.values[i * a.cols + j]);
}

/** M∘x / (1 − p) for one part. */
export function masked(x: Dense, lora: DenseLora, part: number): Dense {
  const { dropout } = lora;
  if (!dropout) return x;
  const mask = dropoutMask(
    dropoutKey(dropout.seed, dropout.step, dropout.micro),
    lora.parts[part].module,
    Int32Array.from({ length: x.rows }, (_, i) => i),
    x.cols,
    dropout.probability,
  );
  return dense(x.rows, x.cols, (i, j) => x.values[i * x.cols + j] * mask[i * x.cols + j]);
}

/** S = X̃·Aᵀ [T, parts · rank]. */
export function loraDownReference(x: Dense, lora: DenseLora): Dense {
  const { rank } = lora;
  const s = dense(x.rows, lora.parts.length * rank);
  lora.parts.forEach((_, p) => {
    const part = timesTransposed(masked(x, lora, p), rows(lora.a, p * rank, (p + 1) * rank));
    for (let i = 0; i < x.rows; i++)
      for (let j = 0; j < rank; j++) s.values[i * s.cols + p * rank + j] = part.values[i * rank + j];
  });
  return s;
}

/** Y = X·Wᵀ + strength · scale · S·Bᵀ. */
export function linearReference(x: Dense, w: Dense, lora?: DenseLora, s?: Dense, strength = 1): Dense {
  const y = timesTransposed(x, w);
  if (!lora || !s) return y;
  lora.parts.forEach((part, p) => {
    const add = timesTransposed(
      columns(s, p * lora.rank, (p + 1) * lora.rank),
      rows(lora.b, part.begin, part.end),
    );
    for (let i = 0; i < y.rows; i++)
      for (let j = part.begin; j < part.end; j++)
        y.values[i * y.cols + j] += strength * lora.scale * add.values[i * add.cols + j - part.begin];
  });
  return y;
}

/** W + strength · scale · B·A [n, k], each part of the rows with its own A. */
export function mergedReference(w: Dense, lora?: DenseLora, strength = 1): Dense {
  const merged = { ...w, values: Float64Array.from(w.values) };
  lora?.parts.forEach(({ begin, end }, p) => {
    const product = times(rows(lora.b, begin, end), rows(lora.a, p * lora.rank, (p + 1) * lora.rank));
    product.values.forEach((value, i) => {
      merged.values[begin * w.cols + i] += strength * lora.scale * value;
    });
  });
  return merged;
}

/** Gradients of all of it for a given dY. */
export function linearBackwardReference(
  x: Dense,
  w: Dense,
  dy: Dense,
  lora?: DenseLora,
): { dx: Dense; ds: Dense; da: Dense; db: Dense } {
  let dx = times(dy, w);
  const rank = lora?.rank ?? 0;
  const count = lora?.parts.length ?? 0;
  const ds = dense(x.rows, count * rank);
  const da = dense(count * rank, x.cols);
  const db = dense(w.rows, rank);
  if (!lora) return { dx, ds, da, db };
  const s = loraDownReference(x, lora);
  lora.parts.forEach((part, p) => {
    const from = p * rank;
    const dyPart = columns(dy, part.begin, part.end);
    const dsPart = times(dyPart, rows(lora.b, part.begin, part.end));
    dsPart.values.forEach((value, i) => {
      dsPart.values[i] = lora.scale * value;
    });
    const dbPart = transposedTimes(dyPart, columns(s, from, from + rank));
    const daPart = transposedTimes(dsPart, masked(x, lora, p));
    dx = plus(dx, masked(times(dsPart, rows(lora.a, from, from + rank)), lora, p));
    for (let i = 0; i < x.rows; i++)
      for (let j = 0; j < rank; j++) ds.values[i * ds.cols + from + j] = dsPart.values[i * rank + j];
    daPart.values.forEach((value, i) => {
      da.values[from * x.cols + i] = value;
    });
    dbPart.values.forEach((value, i) => {
      db.values[part.begin * rank + i] = lora.scale * value;
    });
  });
  return { dx, ds, da, db };
}
