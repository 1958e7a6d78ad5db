import type { Gpu } from '../../src/gpu/device.ts';
import type { Pipelines } from '../../src/gpu/launcher.ts';
import type { View } from '../../src/gpu/memory.ts';
import {
  type Dense,
  type DenseLora,
  linearBackwardReference,
  linearReference,
  loraDownReference,
} from '../../src/ops/reference/linear.ts';
import type { LoraBlock, Matrix, Weight } from '../../src/ops/types.ts';
import { linearBackward, linearForward } from '../../src/ops/webgpu/linear.ts';
import { loraDown, loraDownBackward, loraUp, loraUpBackward } from '../../src/ops/webgpu/lora.ts';
import {
  builder,
  difference,
  dimsOf,
  placed,
  plainWeight,
  randomDense,
  readDense,
  readPlaced,
  room,
  upload,
} from './op-case.ts';

/** One LoRA linear, forward and backward, on the device and in float64. */

export interface Case {
  rows: number;
  k: number;
  /** Ends of the parts; the last is the number of output columns. */
  ends: number[];
  rank: number;
  dropout?: number;
  /** Name of the variant of every op, where it exists. */
  variant?: string;
  weight?: (gpu: Gpu, w: Dense) => { weight: Weight; values: Dense };
  /** Columns on either side of each matrix. */
  margin?: number;
  /** False: the variants of hardware. */
  software?: boolean;
  /** In place of the device's own. */
  pipelines?: Pipelines;
}

export const SHAPES: Case[] = [
  { rows: 64, k: 64, ends: [64], rank: 16 },
  { rows: 37, k: 96, ends: [96, 128, 160], rank: 8, margin: 4 },
  { rows: 1, k: 64, ends: [72], rank: 4 },
  { rows: 19, k: 50, ends: [30, 61], rank: 4, margin: 3 },
  { rows: 33, k: 64, ends: [64, 128], rank: 20, dropout: 0.3 },
];

export interface Outcome {
  errors: Record<string, number>;
  bytes: Record<string, Float32Array>;
  chosen: Record<string, string>;
}

/** Runs all five operations and compares each result with the reference. */
export async function runCase(gpu: Gpu, test: Case): Promise<Outcome> {
  const { rows, k, rank } = test;
  const n = test.ends[test.ends.length - 1];
  const count = test.ends.length;
  const x = randomDense(rows, k, 1);
  const { weight, values: w } = test.weight
    ? test.weight(gpu, randomDense(n, k, 2))
    : plainWeight(gpu, randomDense(n, k, 2));
  const dy = randomDense(rows, n, 3);
  const parts = test.ends.map((end, i) => ({ begin: test.ends[i - 1] ?? 0, end, module: 5 + i }));
  const p = test.dropout ?? 0;
  const dims = dimsOf(rows, { strength: 0.75 });
  const lora: DenseLora = {
    rank,
    parts,
    scale: 2,
    a: randomDense(count * rank, k, 4),
    b: randomDense(n, rank, 5),
    ...(p > 0 ? { dropout: { probability: p, seed: dims.seed, step: dims.step, micro: dims.micro } } : {}),
  };
  const block: LoraBlock = {
    rank,
    parts,
    scale: 2,
    dropout: p,
    a: upload(gpu, lora.a.values),
    b: upload(gpu, lora.b.values),
  };
  const old = { da: randomDense(count * rank, k, 6), db: randomDense(n, rank, 7) };
  const gradients = { a: upload(gpu, old.da.values), b: upload(gpu, old.db.values) };
  const margin = test.margin ?? 0;
  const place = (cols: number, data?: Dense): Matrix<View> =>
    data ? placed(gpu, data, margin) : room(gpu, rows, cols, margin);
  // Those of an adapter lie by fours.
  const sums = () => room(gpu, rows, count * rank, 4 * Math.ceil(margin / 4));
  const m = {
    x: place(k, x),
    dy: place(n, dy),
    s: sums(),
    y: place(n),
    apart: place(n),
    frozen: sums(),
    ds: sums(),
    dx: place(k),
  };

  const choices = test.variant ? anyKey(test.variant) : {};
  const e = builder(gpu, dims, { choices, software: test.software, pipelines: test.pipelines });
  loraDown(e, { x: m.x, k, lora: block, s: m.s, training: true });
  linearForward(e, { x: m.x, w: weight, n, k, y: m.y, lora: { block, s: m.s } });
  // The same in two: the base alone, then the adapter, whose B may be frozen.
  linearForward(e, { x: m.x, w: weight, n, k, y: m.apart });
  loraUp(e, { s: m.s, lora: block, y: m.apart });
  loraUpBackward(e, { dy: m.dy, s: m.s, lora: block, ds: m.frozen, n });
  loraUpBackward(e, { dy: m.dy, s: m.s, lora: block, gradients, ds: m.ds, n });
  loraDownBackward(e, { ds: m.ds, x: m.x, k, lora: block, gradients });
  linearBackward(e, { dy: m.dy, w: weight, n, k, dx: m.dx, lora: { block, ds: m.ds } });
  (await e.build()).run();

  const s = loraDownReference(x, lora);
  const y = linearReference(x, w, lora, s, dims.strength);
  const backward = linearBackwardReference(x, w, dy, lora);
  const expected = { s, y, apart: y, ...backward, frozen: backward.ds };
  expected.da.values.forEach((value, i) => {
    expected.da.values[i] = value + old.da.values[i];
  });
  expected.db.values.forEach((value, i) => {
    expected.db.values[i] = value + old.db.values[i];
  });
  const got = {
    s: await readPlaced(gpu, m.s, rows, count * rank),
    y: await readPlaced(gpu, m.y, rows, n),
    apart: await readPlaced(gpu, m.apart, rows, n),
    frozen: await readPlaced(gpu, m.frozen, rows, count * rank),
    dx: await readPlaced(gpu, m.dx, rows, k),
    ds: await readPlaced(gpu, m.ds, rows, count * rank),
    da: await readDense(gpu, { view: gradients.a, stride: k, column: 0 }, count * rank, k),
    db: await readDense(gpu, { view: gradients.b, stride: rank, column: 0 }, n, rank),
  };
  const errors = Object.fromEntries(
    Object.entries(got).map(([name, value]) => [name, difference(value, expected[name as keyof typeof got])]),
  );
  const bytes = Object.fromEntries(
    Object.entries(got).map(([name, value]) => [name, Float32Array.from(value.values)]),
  );
  return { errors, bytes, chosen: e.chosen };
}

/** Choices that answer every key with one name. */
function anyKey(variant: string): Record<string, string> {
  return new Proxy({}, { get: () => variant, has: () => true });
}
