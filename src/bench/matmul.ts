import * as tf from '@tensorflow/tfjs-core';
import { linearBackward, linearForward } from '../ops/webgpu/linear.ts';
import {
  type Bench,
  dimsOf,
  freeWeight,
  matrix,
  noise,
  ours,
  room,
  tfjsContender,
  upload,
  weightOf,
} from './bench.ts';
import type { BenchOptions } from './results.ts';
import type { Contender } from './timing.ts';
import { race } from './timing.ts';

/**
 * The best matrix product of this adapter: the measure of every other row. Ours in both directions and tfjs's own, over
 * a few shapes; whoever is fastest. Rows of the kernel table in float32 that turn out faster raise it further.
 */
export interface BestMatmul {
  gflops: number;
  what: string;
}

interface Product {
  rows: number;
  k: number;
  n: number;
}

/** Large enough that a product's own overhead does not count, small enough for the device. */
function products(software: boolean, { quick, tiny }: BenchOptions): Product[] {
  if (tiny) return [{ rows: 32, k: 64, n: 64 }];
  if (!software)
    return [
      { rows: 1024, k: 1024, n: 1024 },
      { rows: 2048, k: 2048, n: 2048 },
      { rows: 4096, k: 4096, n: 4096 },
      { rows: 2048, k: 896, n: 4864 },
    ];
  const first = { rows: 256, k: 576, n: 576 };
  return quick ? [first] : [first, { rows: 256, k: 576, n: 1536 }, { rows: 512, k: 512, n: 512 }];
}

export async function bestMatmul(bench: Bench): Promise<BestMatmul> {
  const { gpu, options } = bench;
  let best: BestMatmul = { gflops: 0, what: 'nothing' };
  for (const { rows, k, n } of products(gpu.software, options)) {
    const flops = 2 * rows * k * n;
    const values = noise(n * k, 2, 0.1);
    const x = matrix(upload(gpu, noise(rows * k, 1)), k);
    const { weight: w } = weightOf(gpu, values, n, k, 'f32');
    const y = matrix(room(gpu, rows * n), n);
    const dx = matrix(room(gpu, rows * k), k);
    const forward = await ours(bench, dimsOf(rows), (e) => linearForward(e, { x, w, n, k, y }));
    const backward = await ours(bench, dimsOf(rows), (e) => linearBackward(e, { dy: y, w, n, k, dx }));
    const [tx, tw] = [tf.tensor2d(noise(rows * k, 1), [rows, k]), tf.tensor2d(values, [k, n])];
    const contenders: { what: string; contender: Contender }[] = [
      { what: `ours forward ${rows}×${k}→${n}, ${forward.variant}`, contender: forward },
      { what: `ours backward ${rows}×${n}→${k}, ${backward.variant}`, contender: backward },
      {
        what: `tfjs matMul ${rows}×${k}×${n}`,
        contender: tfjsContender(bench, () => tf.matMul(tx, tw).dispose()),
      },
    ];
    for (const { contender } of contenders) {
      contender.issue();
      await contender.finish();
    }
    const times = await race(
      contenders.map(({ contender }) => contender),
      { rounds: options.quick ? 3 : 6, turnMs: 100, longestMs: 2000 },
      options.waitMs,
    );
    times.forEach((ms, i) => {
      const gflops = flops / ms / 1e6;
      if (gflops > best.gflops) best = { gflops, what: contenders[i].what };
    });
    tf.dispose([tx, tw]);
    forward.dispose();
    backward.dispose();
    for (const { view } of [x, y, dx]) gpu.memory.free(view.buffer);
    freeWeight(gpu, w);
  }
  return best;
}
