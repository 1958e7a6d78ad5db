import * as tf from '@tensorflow/tfjs-core';
import type { LoraBlock, WeightType } from '../ops/types.ts';
import { loraDownBackward } from '../ops/webgpu/lora.ts';
import { type Bench, dimsOf, floatsOf, matrix, noise, ours, sitesOf, tfjsContender } from './bench.ts';
import { Kept, type OpCase } from './op-case.ts';
import { attentionCase, linearCase } from './op-cases.ts';
import { smolLM2, tinyModel } from './random-model.ts';
import type { KernelRow } from './results.ts';
import { mustAgree, race } from './timing.ts';

/**
 * Every variant that hardware chooses among, timed wherever this runs, also in software, where none is ever taken: how
 * they compare there says little of a GPU, but another compiler and another driver must get the same numbers of each.
 */
export async function tileRows(bench: Bench): Promise<KernelRow[]> {
  const rows: KernelRow[] = [];
  for (const open of tileCases(bench)) rows.push(...(await variantRows(bench, open())));
  return rows;
}

function tileCases(bench: Bench): (() => OpCase)[] {
  const { tiny, quick } = bench.options;
  const { config, lora } = tiny ? tinyModel() : smolLM2();
  const { hidden, intermediate } = config;
  const { rank } = lora;
  const rows = tiny ? 32 : 256;
  const types: WeightType[] = quick ? ['f32'] : ['f32', 'f16', 'q8', 'q4', 'nf4'];
  const linear = (name: string, k: number, n: number, type: WeightType) => () =>
    linearCase(bench, { name, rows, k, n, type });
  return [
    ...types.map((type) => linear('up', hidden, intermediate, type)),
    linear('to the rank', hidden, rank, 'f32'),
    linear('from the rank', rank, hidden, 'f32'),
    () => gradientCase(bench, { rows, columns: intermediate, rank }),
    () => attentionCase(bench, config, rows),
  ];
}

/** dA += dSᵀX. */
function gradientCase(
  bench: Bench,
  { rows, columns: k, rank }: { rows: number; columns: number; rank: number },
): OpCase {
  const kept = new Kept(bench);
  const data = { x: noise(rows * k, 1), ds: noise(rows * rank, 2) };
  const x = matrix(kept.values(data.x), k);
  const ds = matrix(kept.values(data.ds), rank);
  const gradients = { a: kept.room(rank * k), b: kept.room(k * rank) };
  const block = {
    ...{ rank, parts: [{ begin: 0, end: k, module: 0 }], scale: 2, dropout: 0 },
    a: kept.room(rank * k),
    b: kept.room(k * rank),
  } satisfies LoraBlock;
  const tx = kept.matrix(data.x, rows, k);
  const tds = kept.matrix(data.ds, rows, rank);
  return {
    name: `gradient of A ${rank}×${k}`,
    shape: `${rows} tokens`,
    dtype: 'f32',
    rows,
    emit: (e) => loraDownBackward(e, { ds, x, k, lora: block, gradients }),
    outputs: [{ view: gradients.a, count: rank * k }],
    tfjs: () => [tf.matMul(tds, tx, true)],
    flops: 2 * rows * k * rank,
    added: true,
    dispose: kept.dispose,
  };
}

/** One row for each variant of hardware, and one for what this device takes by itself. */
async function variantRows(bench: Bench, one: OpCase): Promise<KernelRow[]> {
  const dims = dimsOf(one.rows);
  const hardware = { ...bench, gpu: { ...bench.gpu, software: false } };
  const sites = sitesOf(hardware, dims, one.emit);
  const names = [...new Set(sites.flatMap(({ variants }) => variants))];
  const taken = await ours(bench, dims, one.emit);
  const contenders = [taken];
  for (const name of names) {
    const own = sites.map(({ key, variants }) => [key, variants.includes(name) ? name : variants[0]]);
    contenders.push(await ours(hardware, dims, one.emit, Object.fromEntries(own)));
  }
  const expected = tf.tidy(one.tfjs);
  for (const contender of contenders) {
    if (one.added) for (const { view } of one.outputs) bench.gpu.stream.encoder().clearBuffer(view.buffer);
    contender.issue();
    for (const [i, { view, count }] of one.outputs.entries())
      mustAgree(
        `${one.name}, ${contender.variant}, output ${i + 1}`,
        await floatsOf(bench, view, count),
        (await expected[i].data()) as Float32Array,
      );
  }
  tf.dispose(expected);
  const theirs = tfjsContender(bench, () => tf.dispose(tf.tidy(one.tfjs)));
  const times = await race(
    [...contenders, theirs],
    { rounds: 3, turnMs: 100, longestMs: 3_000 },
    bench.options.waitMs,
  );
  const tfjsMs = times[contenders.length];
  for (const contender of contenders) contender.dispose();
  one.dispose();
  const rows = contenders.map(({ variant }, i) => ({
    name: i === 0 ? `${one.name}, as taken here` : one.name,
    shape: one.shape,
    dtype: one.dtype,
    variant,
    ms: times[i],
    gflops: one.flops === undefined ? null : one.flops / times[i] / 1e6,
    gb_per_s: null,
    of_best: null,
    against_tfjs: tfjsMs / times[i],
    against_tfjs_by_hand: null,
    against_jax: null,
  }));
  for (const { name, dtype, variant, ms } of rows)
    await bench.host.say(`${name} ${dtype}: ${ms.toFixed(2)} ms, ${variant}`);
  return rows;
}
