import type { Gpu } from '../../src/gpu/device.ts';
import type { View } from '../../src/gpu/memory.ts';
import {
  type AttentionProblem,
  attentionBackwardReference,
  attentionReference,
} from '../../src/ops/reference/attention.ts';
import { type Dense, dense } from '../../src/ops/reference/linear.ts';
import type { Matrix } from '../../src/ops/types.ts';
import { attentionBackward, attentionForward } from '../../src/ops/webgpu/attention.ts';
import {
  difference,
  dimsOf,
  GUARD,
  onDevice,
  placed,
  randomDense,
  readDense,
  readFloats,
  readPlaced,
  room,
  upload,
} from './op-case.ts';

/** One attention, forward and backward, on the device and in float64. */

export interface Case {
  name: string;
  heads: number;
  kvHeads: number;
  headDim: number;
  batch: number;
  length: number;
  margin: number;
  scale?: number;
  window?: number;
  /** Documents end before these rows, counted over the batch. */
  ends?: number[];
  /** q, k and v in one buffer, and their gradients in another; else each on its own. */
  fused: boolean;
  bound?: number;
}

/** By fours where headDim and margin are multiples of 4; a block is 4 queries or 4 keys. */
export const CASES: Case[] = [
  { name: 'one token', heads: 2, kvHeads: 2, headDim: 8, batch: 1, length: 1, margin: 0, fused: true },
  { name: 'grouped heads', heads: 6, kvHeads: 2, headDim: 8, batch: 2, length: 13, margin: 4, fused: true },
  { name: 'odd heads', heads: 3, kvHeads: 1, headDim: 5, batch: 2, length: 7, margin: 3, fused: true },
  { name: 'one block', heads: 4, kvHeads: 2, headDim: 4, batch: 3, length: 4, margin: 0, fused: false },
  {
    name: 'a window within a block',
    ...{ heads: 2, kvHeads: 1, headDim: 8, batch: 2, length: 18, margin: 0, window: 2, fused: false },
  },
  {
    name: 'a window over blocks',
    ...{ heads: 2, kvHeads: 1, headDim: 12, batch: 1, length: 67, margin: 4, window: 11, fused: true },
  },
  {
    name: 'documents',
    ...{ heads: 2, kvHeads: 2, headDim: 8, batch: 2, length: 15, margin: 0, fused: true },
    ends: [1, 4, 9, 15, 27, 30],
  },
  {
    name: 'documents and a window, odd heads',
    ...{ heads: 2, kvHeads: 1, headDim: 3, batch: 2, length: 21, margin: 1, window: 6, fused: false },
    ends: [10, 21, 25, 42],
  },
  {
    // Scores from −60 to 60: nearly all of the weight is on one key.
    name: 'scores far apart',
    ...{ heads: 2, kvHeads: 2, headDim: 8, batch: 1, length: 33, margin: 0, fused: true },
    ...{ scale: 100, bound: 2e-4 },
  },
];

function problemOf(c: Case): AttentionProblem {
  const rows = c.batch * c.length;
  return {
    ...c,
    scale: c.scale ?? 1 / Math.sqrt(c.headDim),
    window: c.window ?? null,
    q: randomDense(rows, c.heads * c.headDim, 1),
    k: randomDense(rows, c.kvHeads * c.headDim, 2),
    v: randomDense(rows, c.kvHeads * c.headDim, 3),
    documents:
      c.ends && Int32Array.from({ length: rows }, (_, i) => c.ends!.filter((end) => end <= i).length),
  };
}

/** Three matrices, in one buffer side by side or each in its own, and how they are read back, margins checked. */
function three(gpu: Gpu, c: Case, make: (rows: number, cols: number, i: number) => Dense) {
  const rows = c.batch * c.length;
  const widths = [c.heads, c.kvHeads, c.kvHeads].map((heads) => heads * c.headDim);
  const each = widths.map((cols, i) => make(rows, cols, i));
  if (!c.fused) {
    const matrices = each.map((m) => placed(gpu, m, c.margin));
    const read = () => Promise.all(matrices.map((m, i) => readPlaced(gpu, m, rows, widths[i])));
    return { matrices, read };
  }
  const begins = [0, widths[0], widths[0] + widths[1]];
  const all = widths.reduce((a, b) => a + b);
  const joined = dense(rows, all, (i, j) => {
    const at = j < begins[1] ? 0 : j < begins[2] ? 1 : 2;
    return each[at].values[i * widths[at] + j - begins[at]];
  });
  const whole = placed(gpu, joined, c.margin);
  const matrices = begins.map((begin): Matrix<View> => ({ ...whole, column: whole.column + begin }));
  const read = async () => {
    await readPlaced(gpu, whole, rows, all);
    return Promise.all(matrices.map((m, i) => readDense(gpu, m, rows, widths[i])));
  };
  return { matrices, read };
}

/** `software` false: the form that hardware gets; `longest`: as the engine says it, which is what chooses blocks. */
export async function run(gpu: Gpu, c: Case, software = true, longest?: number) {
  const p = problemOf(c);
  const rows = c.batch * c.length;
  const cols = c.heads * c.headDim;
  const [q, k, v] = three(gpu, c, (_rows, _cols, i) => [p.q, p.k, p.v][i]).matrices;
  const gradients = three(gpu, c, (rows, cols) => dense(rows, cols, () => GUARD));
  const [dq, dk, dv] = gradients.matrices;
  const o = room(gpu, rows, cols, c.margin);
  const dO = randomDense(rows, cols, 4);
  const lse = upload(gpu, new Float64Array(c.heads * rows));
  const documents = p.documents && upload(gpu, p.documents as Int32Array<ArrayBuffer>);
  const { heads, kvHeads, headDim, scale, window } = p;
  const args = { heads, kvHeads, headDim, scale, window, q, k, v, o, lse, documents, longest };
  await onDevice(
    gpu,
    dimsOf(rows, { batch: c.batch, length: c.length }),
    (e) => {
      attentionForward(e, args);
      attentionBackward(e, { ...args, do: placed(gpu, dO), dq, dk, dv });
    },
    { software },
  );
  const saved = await readFloats(gpu, lse, c.heads * rows);
  const [gotQ, gotK, gotV] = await gradients.read();
  const got = {
    o: await readPlaced(gpu, o, rows, cols),
    lse: dense(c.heads, rows, (head, row) => saved[head * rows + row]),
    dq: gotQ,
    dk: gotK,
    dv: gotV,
  };
  return { p, dO, got };
}

/** Largest error of each result, of its own size. */
export async function errorsOf(
  gpu: Gpu,
  c: Case,
  software = true,
  longest?: number,
): Promise<Record<string, number>> {
  const { p, dO, got } = await run(gpu, c, software, longest);
  const { o, lse } = attentionReference(p);
  const expected = { o, lse: { ...got.lse, values: lse }, ...attentionBackwardReference(p, dO) };
  const keys = ['o', 'lse', 'dq', 'dk', 'dv'] as const;
  return Object.fromEntries(keys.map((key) => [key, difference(got[key], expected[key])]));
}
