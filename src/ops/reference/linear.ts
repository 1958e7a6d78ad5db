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

export function dense(rows: number, cols: number, at: (row: number, col: number) => number = () => 0): Dense {
  const values = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) values[i * cols + j] = at(i, j);
  return { rows, cols, values };
}

/** a·bᵀ, a [m, k], b [n, k]. */
export function timesTransposed(a: Dense, b: Dense): Dense {
  return dense(a.rows, b.rows, (i, j) => {
    let sum = 0;
    for (let k = 0; k < a.cols; k++) sum += a.values[i * a.cols + k] * b.values[j * b.cols + k];
    return sum;
  });
}

/** a·b, a [m, k], b [k, n]. */
export function times(a: Dense, b: Dense): Dense {
  return dense(a.rows, b.cols, (i, j) => {
    let sum = 0;
    for (let k = 0; k < a.cols; k++) sum += a.values[i * a.cols + k] * b.values[k * b.cols + j];
    return sum;
  });
}

/** aᵀ·b, a [k, m], b [k, n]. */
export function transposedTimes(a: Dense, b: Dense): Dense {
  return dense(a.cols, b.cols, (i, j) => {
    let sum = 0;
    for (let k = 0; k < a.rows; k++) sum += a.values[k * a.cols + i] * b.values[k * b.cols + j];
    return sum;
  });
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
