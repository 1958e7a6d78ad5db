import type { AttentionShape } from '../arguments.ts';
import { type Dense, dense } from './linear.ts';

/**
 * Causal attention in float64 with the whole matrix P in hand. Rows are `batch` sequences of `length` one after
 * another; key j of a sequence is in reach of the query at position i where j ≤ i, i − j < window and both are of one
 * document.
 */
export interface AttentionProblem extends AttentionShape {
  batch: number;
  length: number;
  /** q [batch · length, heads · headDim]; k and v [batch · keyRows, kvHeads · headDim]. */
  q: Dense;
  k: Dense;
  v: Dense;
  /** Document of each row. */
  documents?: ArrayLike<number>;
  /** With a cache: tokens before the first query, of all sequences or of each, and rows that each has in k and v. */
  start?: number | readonly number[];
  keyRows?: number;
}

/** One query of one head: the scores' soft maximum and its share of each key in reach. */
interface QueryOfHead {
  row: number;
  head: number;
  kvHead: number;
  lse: number;
  keys: { row: number; p: number }[];
}

/** Of head `head` in a row of a matrix of heads side by side. */
function part(m: Dense, row: number, head: number, headDim: number): Float64Array {
  return m.values.subarray(row * m.cols + head * headDim, row * m.cols + (head + 1) * headDim);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function add(into: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) into[i] += factor * values[i];
}

/** p_j = exp(s_j − lse), s_j = scale · q·k_j, lse = log Σ_j exp(s_j), over the keys in reach. */
function* queries(problem: AttentionProblem): Generator<QueryOfHead> {
  const { batch, length, heads, kvHeads, headDim, scale, window, q, k, documents } = problem;
  const { keyRows = length } = problem;
  for (let b = 0; b < batch; b++) {
    const start = typeof problem.start === 'object' ? problem.start[b] : (problem.start ?? 0);
    for (let i = 0; i < length; i++)
      for (let head = 0; head < heads; head++) {
        const row = b * length + i;
        const kvHead = Math.floor((head * kvHeads) / heads);
        const query = part(q, row, head, headDim);
        const keys: { row: number; score: number }[] = [];
        for (let j = 0; j <= start + i; j++) {
          if (window !== null && start + i - j >= window) continue;
          const keyRow = b * keyRows + j;
          if (documents && documents[keyRow] !== documents[row]) continue;
          keys.push({ row: keyRow, score: scale * dot(query, part(k, keyRow, kvHead, headDim)) });
        }
        const most = Math.max(...keys.map(({ score }) => score));
        const lse = most + Math.log(keys.reduce((sum, { score }) => sum + Math.exp(score - most), 0));
        yield {
          row,
          head,
          kvHead,
          lse,
          keys: keys.map(({ row, score }) => ({ row, p: Math.exp(score - lse) })),
        };
      }
  }
}

/**
 * O = P·V.
 *
 * @returns o like q, and the log-sum-exp of the scores [heads, rows]
 */
export function attentionReference(problem: AttentionProblem): { o: Dense; lse: Float64Array } {
  const { q, v, heads, headDim } = problem;
  const o = dense(q.rows, q.cols);
  const lse = new Float64Array(heads * q.rows);
  for (const query of queries(problem)) {
    const out = part(o, query.row, query.head, headDim);
    for (const { row, p } of query.keys) add(out, p, part(v, row, query.kvHead, headDim));
    lse[query.head * q.rows + query.row] = query.lse;
  }
  return { o, lse };
}

/**
 * With dP = dO·Vᵀ and dS = P∘(dP − Σ_j P∘dP):
 *
 *     dQ = scale·dS·K;  dK = scale·dSᵀ·Q;  dV = Pᵀ·dO
 *
 * dK and dV are summed over the query heads of a group.
 */
export function attentionBackwardReference(
  problem: AttentionProblem,
  dO: Dense,
): { dq: Dense; dk: Dense; dv: Dense } {
  const { q, k, v, headDim, scale } = problem;
  const dq = dense(q.rows, q.cols);
  const dk = dense(k.rows, k.cols);
  const dv = dense(v.rows, v.cols);
  for (const { row, head, kvHead, keys } of queries(problem)) {
    const query = part(q, row, head, headDim);
    const dOut = part(dO, row, head, headDim);
    const dp = keys.map((key) => dot(dOut, part(v, key.row, kvHead, headDim)));
    const mean = keys.reduce((sum, key, j) => sum + key.p * dp[j], 0);
    keys.forEach((key, j) => {
      const ds = key.p * (dp[j] - mean);
      add(part(dq, row, head, headDim), scale * ds, part(k, key.row, kvHead, headDim));
      add(part(dk, key.row, kvHead, headDim), scale * ds, query);
      add(part(dv, key.row, kvHead, headDim), key.p, dOut);
    });
  }
  return { dq, dk, dv };
}
