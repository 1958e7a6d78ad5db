import * as tf from '@tensorflow/tfjs-core';
import type { WeightType } from '../ops/types.ts';
import { type Bench, dimsOf, floatsOf, ours, tfjsContender } from './bench.ts';
import { jaxReady } from './jax.ts';
import {
  type LoraShape,
  loraData,
  loraFlops,
  loraJax,
  loraOurs,
  loraTfjs,
  loraTfjsByHand,
  type Measured,
  RESULT_NAMES,
  type Results,
} from './lora-linear.ts';
import type { OpCase } from './op-case.ts';
import { opCases } from './op-cases.ts';
import { qwen25, smolLM2, tinyModel } from './random-model.ts';
import type { KernelRow } from './results.ts';
import { mustAgree, race } from './timing.ts';

/** The shapes that issue and table name: the linears of SmolLM2-135M at 256 tokens. */
const LORA_SHAPES: readonly LoraShape[] = [
  { rows: 256, in: 576, out: 576, rank: 16 },
  { rows: 256, in: 576, out: 192, rank: 16 },
  { rows: 256, in: 576, out: 1536, rank: 16 },
  { rows: 256, in: 1536, out: 576, rank: 16 },
];

export async function loraRows(bench: Bench): Promise<KernelRow[]> {
  const rows: KernelRow[] = [];
  const shapes = bench.options.tiny ? [{ rows: 32, in: 64, out: 96, rank: 8 }] : LORA_SHAPES;
  for (const shape of shapes) rows.push(...(await loraShape(bench, shape, await jaxReady())));
  return rows;
}

async function loraShape(bench: Bench, shape: LoraShape, withJax: boolean): Promise<KernelRow[]> {
  const { options, host } = bench;
  const data = loraData(shape);
  const types: WeightType[] = options.quick ? ['f32'] : ['f32', 'f16', 'q8', 'q4', 'nf4'];
  const ours: Awaited<ReturnType<typeof loraOurs>>[] = [];
  for (const type of types) ours.push(await loraOurs(bench, shape, data, type));
  const peers: Measured[] = [
    loraTfjs(bench, shape, data),
    loraTfjsByHand(bench, shape, data),
    ...(withJax ? [loraJax(shape, data)] : []),
  ];
  const name = `lora linear ${shape.in}→${shape.out}`;

  const agree = (who: string, a: Results, b: Results) => {
    for (const [i, values] of a.entries()) mustAgree(`${name}, ${RESULT_NAMES[i]}, ${who}`, values, b[i]);
  };
  const expected = await ours[0].results();
  for (const [i, peer] of peers.entries())
    agree(['tfjs', 'tfjs by hand', 'jax-js'][i], expected, await peer.results());
  for (const [i, type] of types.entries()) {
    if (type === 'f32') continue;
    // Rounded weights are other weights: the same kernels over their values in float32 are the reference.
    const rounded = await loraOurs(bench, shape, ours[i].held, 'f32');
    agree(type, await ours[i].results(), await rounded.results());
    rounded.dispose();
  }

  const all = [...ours, ...peers];
  const times = await race(
    all.map(({ contender }) => contender),
    options.quick ? { rounds: 2, turnMs: 100, longestMs: 1 } : { rounds: 6, turnMs: 200, longestMs: 8_000 },
    options.waitMs,
  );
  const [tfjsMs, byHandMs, jaxMs = null] = times.slice(ours.length);
  for (const one of all) one.dispose();
  await host.say(
    `${name}: ${types.map((type, i) => `${type} ${times[i].toFixed(1)} ms`).join(', ')}; tfjs ${tfjsMs.toFixed(1)} ms, by hand ${byHandMs.toFixed(1)} ms; jax-js ${jaxMs?.toFixed(1) ?? '–'} ms`,
  );
  return types.map((dtype, i) => ({
    name,
    shape: `${shape.rows} tokens, rank ${shape.rank}, forward + backward`,
    dtype,
    variant: ours[i].ours.variant,
    ms: times[i],
    gflops: loraFlops(shape) / times[i] / 1e6,
    gb_per_s: null,
    of_best: null,
    against_tfjs: tfjsMs / times[i],
    against_tfjs_by_hand: byHandMs / times[i],
    against_jax: jaxMs === null ? null : jaxMs / times[i],
  }));
}

/** Every other kernel at the shapes of the two models. */
export async function opRows(bench: Bench): Promise<KernelRow[]> {
  const rows: KernelRow[] = [];
  const { tiny } = bench.options;
  const { software } = bench.gpu;
  for (const model of tiny ? [tinyModel()] : [smolLM2(), qwen25()]) {
    const { config, modules, lora } = model;
    const parameters = modules.reduce((sum, module) => sum + lora.rank * (module.in + module.out), 0);
    const [tokens, headRows] = tiny
      ? [32, 8]
      : software
        ? config.hidden > 600
          ? [128, 8]
          : [256, 32]
        : [1024, 256];
    // tfjs computes in float32 whatever the type of ours: its time is taken once for all types of a weight.
    const known = new Map<string, number>();
    for (const open of opCases(bench, config, tokens, headRows, parameters))
      rows.push(await opRow(bench, model.name, open(), known));
  }
  return rows;
}

async function opRow(
  bench: Bench,
  model: string,
  one: OpCase,
  known: Map<string, number>,
): Promise<KernelRow> {
  const { outputs, flops, bytes } = one;
  const contender = await ours(bench, dimsOf(one.rows), one.emit);
  const theirs = tfjsContender(bench, () => tf.dispose(tf.tidy(one.tfjs)));
  contender.issue();
  const tensors = tf.tidy(one.tfjs);
  for (const [i, { view, count }] of outputs.entries())
    mustAgree(
      `${one.name}, output ${i + 1}`,
      await floatsOf(bench, view, count),
      (await tensors[i].data()) as Float32Array,
    );
  tf.dispose(tensors);
  const racers = known.has(one.name) ? [contender] : [contender, theirs];
  const [ms, theirMs] = await race(
    racers,
    { rounds: 3, turnMs: 100, longestMs: 3_000 },
    bench.options.waitMs,
  );
  const tfjsMs = known.get(one.name) ?? theirMs;
  known.set(one.name, tfjsMs);
  contender.dispose();
  one.dispose();
  const gflops = flops === undefined ? null : flops / ms / 1e6;
  await bench.host.say(
    `${model} ${one.name} ${one.dtype}: ${ms.toFixed(2)} ms, tfjs ${tfjsMs.toFixed(2)} ms`,
  );
  return {
    name: `${one.name}, ${model}`,
    shape: one.shape,
    dtype: one.dtype,
    variant: contender.variant,
    ms,
    gflops,
    gb_per_s: bytes === undefined ? null : bytes / ms / 1e6,
    of_best: null,
    against_tfjs: tfjsMs / ms,
    against_tfjs_by_hand: null,
    against_jax: null,
  };
}
