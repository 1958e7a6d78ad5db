import * as jax from '@jax-js/jax';
import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../model/plain/linear.ts';
import type { LoraBlock, WeightType } from '../ops/types.ts';
import { linearBackward, linearForward } from '../ops/webgpu/linear.ts';
import { loraDown, loraDownBackward, loraUpBackward } from '../ops/webgpu/lora.ts';
import {
  type Bench,
  dimsOf,
  floatsOf,
  freeWeight,
  matrix,
  noise,
  type Ours,
  ours,
  room,
  tfjsContender,
  upload,
  weightOf,
} from './bench.ts';
import type { Contender } from './timing.ts';

/**
 * The LoRA linear, forward and backward, three times: by our kernels, in plain tfjs ops as its user would write them,
 * and in jax-js under `jit`. Y = XWᵀ + s·(XAᵀ)Bᵀ; given dY: dX, dA, dB. W is frozen, so no one forms dW.
 */
export interface LoraShape {
  rows: number;
  in: number;
  out: number;
  rank: number;
}

const SCALE = 2;

interface Data {
  x: Float32Array;
  w: Float32Array;
  a: Float32Array;
  b: Float32Array;
  dy: Float32Array;
}

export function loraData({ rows, in: k, out: n, rank }: LoraShape): Data {
  return {
    x: noise(rows * k, 1),
    w: noise(n * k, 2, 0.1),
    a: noise(rank * k, 3, 0.1),
    b: noise(n * rank, 4, 0.1),
    dy: noise(rows * n, 5),
  };
}

/** Results in the order Y, dX, dA, dB. */
export type Results = [Float32Array, Float32Array, Float32Array, Float32Array];

export const RESULT_NAMES = ['Y', 'dX', 'dA', 'dB'] as const;

export interface Measured {
  contender: Contender;
  results(): Promise<Results>;
  dispose(): void;
}

/** FLOPs of all products, each counted once. */
export function loraFlops({ rows, in: k, out: n, rank }: LoraShape): number {
  return 4 * rows * k * n + 6 * rows * rank * (k + n);
}

export async function loraOurs(
  bench: Bench,
  shape: LoraShape,
  data: Data,
  type: WeightType,
  choices?: Readonly<Record<string, string>>,
): Promise<Measured & { ours: Ours; held: Data }> {
  const { gpu } = bench;
  const { rows, in: k, out: n, rank } = shape;
  const x = matrix(upload(gpu, data.x), k);
  const { weight: w, values } = weightOf(gpu, data.w, n, k, type);
  const dy = matrix(upload(gpu, data.dy), n);
  const block = {
    rank,
    parts: [{ begin: 0, end: n, module: 0 }],
    scale: SCALE,
    dropout: 0,
    a: upload(gpu, data.a),
    b: upload(gpu, data.b),
  } satisfies LoraBlock;
  const gradients = { a: room(gpu, rank * k), b: room(gpu, n * rank) };
  const s = matrix(room(gpu, rows * rank), rank);
  const ds = matrix(room(gpu, rows * rank), rank);
  const y = matrix(room(gpu, rows * n), n);
  const dx = matrix(room(gpu, rows * k), k);
  const contender = await ours(
    bench,
    dimsOf(rows),
    (e) => {
      loraDown(e, { x, k, lora: block, s, training: true });
      linearForward(e, { x, w, n, k, y, lora: { block, s } });
      loraUpBackward(e, { dy, s, lora: block, gradients, ds, n });
      loraDownBackward(e, { ds, x, k, lora: block, gradients });
      linearBackward(e, { dy, w, n, k, dx, lora: { block, ds } });
    },
    choices,
  );
  return {
    contender,
    ours: contender,
    held: { ...data, w: values },
    async results() {
      // The gradients are added to, run after run.
      for (const view of Object.values(gradients)) gpu.stream.encoder().clearBuffer(view.buffer);
      contender.issue();
      const views = [y.view, dx.view, gradients.a, gradients.b];
      const sizes = [rows * n, rows * k, rank * k, n * rank];
      const read: Float32Array[] = [];
      for (const [i, view] of views.entries()) read.push(await floatsOf(bench, view, sizes[i]));
      return read as Results;
    },
    dispose() {
      contender.dispose();
      const views = [x, dy, s, ds, y, dx].map((m) => m.view);
      for (const view of [...views, block.a, block.b, gradients.a, gradients.b]) gpu.memory.free(view.buffer);
      freeWeight(gpu, w);
    },
  };
}

/** As a user of tfjs writes it: `transposeB` for the [out, in] layout, and its own gradients. */
export function loraTfjs(bench: Bench, shape: LoraShape, data: Data): Measured {
  return tfjsMeasured(bench, shape, data, (w) => (x, a, b) => {
    const base = tf.matMul(x, w, false, true);
    const low = tf.matMul(tf.matMul(x, a, false, true), b, false, true);
    return tf.add(base, tf.mul(low, SCALE));
  });
}

/** As whoever knows tfjs well writes it: the weight in both layouts, the gradient by hand (model/plain/linear.ts). */
export function loraTfjsByHand(bench: Bench, shape: LoraShape, data: Data): Measured {
  let turned: tf.Tensor2D | null = null;
  const measured = tfjsMeasured(bench, shape, data, (w) => {
    turned = tf.transpose(w) as tf.Tensor2D;
    const frozen = { path: '', in: shape.in, out: shape.out, bias: null, squaredNorm: 0 };
    const layer = { ...frozen, weight: w, transposed: turned };
    return (x, a, b) => linear(x, layer, { a, b, scale: SCALE, mask: null });
  });
  return {
    ...measured,
    dispose() {
      measured.dispose();
      turned?.dispose();
    },
  };
}

type LinearOf = (x: tf.Tensor2D, a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor;

function tfjsMeasured(
  bench: Bench,
  shape: LoraShape,
  data: Data,
  layerOf: (w: tf.Tensor2D) => LinearOf,
): Measured {
  const { rows, in: k, out: n, rank } = shape;
  const x = tf.tensor2d(data.x, [rows, k]);
  const w = tf.tensor2d(data.w, [n, k]);
  const a = tf.tensor2d(data.a, [rank, k]);
  const b = tf.tensor2d(data.b, [n, rank]);
  const dy = tf.tensor2d(data.dy, [rows, n]);
  const layer = layerOf(w);
  const gradients = tf.grads((...inputs) => layer(...(inputs as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D])));
  const contender = tfjsContender(bench, () => tf.dispose(gradients([x, a, b], dy)));
  return {
    contender,
    async results() {
      const y = tf.tidy(() => layer(x, a, b));
      const all = [y, ...gradients([x, a, b], dy)];
      const read: Float32Array[] = [];
      for (const tensor of all) read.push((await tensor.data()) as Float32Array);
      tf.dispose(all);
      return read as Results;
    },
    dispose: () => tf.dispose([x, w, a, b, dy]),
  };
}

export function loraJax(shape: LoraShape, data: Data): Measured {
  const { numpy: np } = jax;
  const { rows, in: k, out: n, rank } = shape;
  const array = (values: Float32Array, r: number, c: number) =>
    np.array(values as Float32Array<ArrayBuffer>).reshape([r, c]);
  const x = array(data.x, rows, k);
  const w = array(data.w, n, k);
  const a = array(data.a, rank, k);
  const b = array(data.b, n, rank);
  const dy = array(data.dy, rows, n);
  type A = jax.Array;
  const both = jax.jit((x: A, w: A, a: A, b: A, dy: A) => {
    const linear = (x: A, a: A, b: A) => {
      const base = np.matmul(x.ref, w.transpose());
      const low = np.matmul(np.matmul(x, a.transpose()), b.transpose());
      return base.add(low.mul(SCALE));
    };
    const [y, backward] = jax.vjp(linear, [x, a, b]);
    const [dx, da, db] = backward(dy);
    backward.dispose();
    return [y, dx, da, db];
  });
  const run = () => both(x.ref, w.ref, a.ref, b.ref, dy.ref);
  const made: A[] = [];
  const dispose = () => {
    for (const array of made.splice(0)) array.dispose();
  };
  return {
    contender: {
      issue() {
        made.push(...run());
      },
      // jax-js may throw away work whose results nobody waits for.
      async finish() {
        await jax.blockUntilReady(made);
        await jax.getWebGPUDevice().queue.onSubmittedWorkDone();
        dispose();
      },
    },
    async results() {
      const read: Float32Array[] = [];
      for (const array of run()) read.push((await array.data()) as Float32Array);
      return read as Results;
    },
    dispose() {
      dispose();
      for (const array of [x, w, a, b, dy]) array.dispose();
      both.dispose();
    },
  };
}
