import * as tf from '@tensorflow/tfjs-core';
import { adamW } from '../engine/plain/adamw.ts';
import type { View } from '../gpu/memory.ts';
import { makeRopeTables } from '../loading/rope-tables.ts';
import type { DecoderConfig } from '../model/config.ts';
import { gatedActivation } from '../model/plain/activation.ts';
import { attention } from '../model/plain/attention.ts';
import { crossEntropy as plainCrossEntropy } from '../model/plain/loss.ts';
import { norm } from '../model/plain/norm.ts';
import { halves, rotate, rotation } from '../model/plain/rope.ts';
import { groupMasks } from '../model/plain/tokens.ts';
import { ADAMW, adamwHyper } from '../ops/adamw.ts';
import type { WeightType } from '../ops/types.ts';
import { gatedBackward, gatedForward } from '../ops/webgpu/activation.ts';
import { adamw, gradNorm } from '../ops/webgpu/adamw.ts';
import { attentionBackward, attentionForward } from '../ops/webgpu/attention.ts';
import { crossEntropy } from '../ops/webgpu/cross-entropy.ts';
import { embed } from '../ops/webgpu/embedding.ts';
import { linearBackward, linearForward } from '../ops/webgpu/linear.ts';
import { rmsNormBackward, rmsNormForward } from '../ops/webgpu/norm.ts';
import { ropeBackward, ropeForward } from '../ops/webgpu/rope.ts';
import { type Bench, matrix, noise, weightOf } from './bench.ts';
import { both, Kept, type OpCase } from './op-case.ts';

/** A frozen linear without an adapter; the weight in both layouts for tfjs, as the plain decoder has it. */
export function linearCase(
  bench: Bench,
  what: { name: string; rows: number; k: number; n: number; type: WeightType },
): OpCase {
  const { name, rows, k, n, type } = what;
  const kept = new Kept(bench);
  const data = { x: noise(rows * k, 1), w: noise(n * k, 2, 0.1), dy: noise(rows * n, 3) };
  const { weight: w, values } = weightOf(bench.gpu, data.w, n, k, type);
  kept.view(w.data);
  if (w.scales) kept.view(w.scales);
  const x = matrix(kept.values(data.x), k);
  const dy = matrix(kept.values(data.dy), n);
  const y = matrix(kept.room(rows * n), n);
  const dx = matrix(kept.room(rows * k), k);
  const tx = kept.matrix(data.x, rows, k);
  const tw = kept.matrix(values, n, k);
  const turned = kept.tensor(tf.transpose(tw));
  const tdy = kept.matrix(data.dy, rows, n);
  return {
    name: `linear ${name} ${k}→${n}`,
    shape: `${rows} tokens, forward + backward`,
    dtype: type,
    rows,
    emit(e) {
      linearForward(e, { x, w, n, k, y });
      linearBackward(e, { dy, w, n, k, dx });
    },
    outputs: [
      { view: y.view, count: rows * n },
      { view: dx.view, count: rows * k },
    ],
    tfjs: () => [tf.matMul(tx, turned as tf.Tensor2D), tf.matMul(tdy, tw)],
    flops: 4 * rows * n * k,
    dispose: kept.dispose,
  };
}

function normCase(bench: Bench, { hidden: d, normEps }: DecoderConfig, rows: number): OpCase {
  const kept = new Kept(bench);
  const data = { x: noise(rows * d, 1), w: noise(d, 2), dy: noise(rows * d, 3) };
  const x = matrix(kept.values(data.x), d);
  const dy = matrix(kept.values(data.dy), d);
  const weight = kept.values(data.w);
  const rstd = kept.room(rows);
  const y = matrix(kept.room(rows * d), d);
  const dx = matrix(kept.room(rows * d), d);
  const tx = kept.matrix(data.x, rows, d);
  const tdy = kept.matrix(data.dy, rows, d);
  const frozen = { weight: kept.tensor(tf.tensor1d(data.w)), bias: null, epsilon: normEps };
  return {
    name: `rms norm ${d}`,
    shape: `${rows} rows, forward + backward`,
    dtype: 'f32',
    rows,
    emit(e) {
      rmsNormForward(e, { x, y, weight, width: d, eps: normEps, rstd, addOne: false });
      rmsNormBackward(e, { dy, x, weight, rstd, dx, width: d, addOne: false, accumulate: false });
    },
    outputs: [
      { view: y.view, count: rows * d },
      { view: dx.view, count: rows * d },
    ],
    tfjs: () => both((input) => norm(input, frozen), [tx], tdy),
    bytes: 4 * 5 * rows * d,
    dispose: kept.dispose,
  };
}

function ropeCase(bench: Bench, config: DecoderConfig, rows: number): OpCase {
  const { headDim, rope } = config;
  const heads = config.heads + config.kvHeads;
  const kept = new Kept(bench);
  const width = heads * headDim;
  const data = { x: noise(rows * width, 1), dy: noise(rows * width, 2) };
  const tables = makeRopeTables(bench.gpu, config, rows)!;
  kept.view(tables.global);
  const args = { heads, headDim, rotaryDims: rope!.global.dims, table: tables.global };
  // Turned in place: each run turns further, so the outputs are compared after the first alone.
  const x = matrix(kept.values(data.x), width);
  const dy = matrix(kept.values(data.dy), width);
  const tx = kept.matrix(data.x, rows, width);
  const tdy = kept.matrix(data.dy, rows, width);
  const positions = Int32Array.from({ length: rows }, (_, i) => i);
  const turn = rotation(rope!.global, headDim, positions, halves(headDim, rope!.global.dims));
  for (const tensor of [turn.cos, turn.sin, turn.halves]) kept.tensor(tensor);
  return {
    name: `rope ${heads} heads × ${headDim}`,
    shape: `${rows} rows, forward + backward`,
    dtype: 'f32',
    rows,
    emit(e) {
      ropeForward(e, { ...args, x });
      ropeBackward(e, { ...args, x: dy });
    },
    outputs: [
      { view: x.view, count: rows * width },
      { view: dy.view, count: rows * width },
    ],
    tfjs: () => both((input) => rotate(input, turn), [tx], tdy),
    bytes: 4 * 4 * rows * width,
    dispose: kept.dispose,
  };
}

function gatedCase(bench: Bench, { intermediate: i, activation: kind }: DecoderConfig, rows: number): OpCase {
  const kept = new Kept(bench);
  const data = { gu: noise(rows * 2 * i, 1, 4), dact: noise(rows * i, 2) };
  // The backward pass writes over gate and up: here it works on a copy, so that a run can be repeated.
  const gu = matrix(kept.values(data.gu), 2 * i);
  const overwritten = matrix(kept.values(data.gu), 2 * i);
  const act = matrix(kept.room(rows * i), i);
  const dact = matrix(kept.values(data.dact), i);
  const whole = kept.matrix(data.gu, rows, 2 * i);
  const gate = kept.tensor(tf.slice(whole, [0, 0], [rows, i]));
  const up = kept.tensor(tf.slice(whole, [0, i], [rows, i]));
  const tdact = kept.matrix(data.dact, rows, i);
  return {
    name: `${kind} gated ${i}`,
    shape: `${rows} rows, forward + backward`,
    dtype: 'f32',
    rows,
    emit(e) {
      gatedForward(e, { gu, act, width: i, kind, gated: true });
      gatedBackward(e, { gu: overwritten, dact, width: i, kind, gated: true });
    },
    outputs: [{ view: act.view, count: rows * i }],
    tfjs: () => both((gate, up) => gatedActivation(gate, up, kind), [gate, up], tdact),
    bytes: 4 * 8 * rows * i,
    dispose: kept.dispose,
  };
}

export function attentionCase(bench: Bench, config: DecoderConfig, rows: number): OpCase {
  const { heads, kvHeads, headDim, attentionScale: scale } = config;
  const kept = new Kept(bench);
  const dq = heads * headDim;
  const dkv = kvHeads * headDim;
  const stride = dq + 2 * dkv;
  const data = { qkv: noise(rows * stride, 1, 2), dO: noise(rows * dq, 2) };
  const qkv = kept.values(data.qkv);
  const gradients = kept.room(rows * stride);
  const at = (view: View, column: number) => ({ view, stride, column });
  const o = matrix(kept.room(rows * dq), dq);
  const dO = matrix(kept.values(data.dO), dq);
  const lse = kept.room(rows * heads);
  const shape = { heads, kvHeads, headDim, scale, window: null, longest: rows };
  const views = { q: at(qkv, 0), k: at(qkv, dq), v: at(qkv, dq + dkv) };
  const whole = kept.matrix(data.qkv, rows, stride);
  const part = (column: number, width: number) => kept.tensor(tf.slice(whole, [0, column], [rows, width]));
  const [q, k, v] = [part(0, dq), part(dq, dkv), part(dq + dkv, dkv)];
  const tdO = kept.matrix(data.dO, rows, dq);
  const index = Int32Array.from({ length: rows }, (_, i) => i);
  const groups = [{ begin: 0, sequences: 1, length: rows }];
  const masks = groupMasks({ ids: index, positions: index, source: index, groups, documents: null }, null);
  for (const mask of masks) kept.tensor(mask);
  return {
    name: `attention ${heads}/${kvHeads} heads × ${headDim}`,
    shape: `${rows} tokens, causal, forward + backward`,
    dtype: 'f32',
    rows,
    emit(e) {
      attentionForward(e, { ...shape, ...views, o, lse });
      attentionBackward(e, {
        ...shape,
        ...views,
        o,
        lse,
        do: dO,
        dq: at(gradients, 0),
        dk: at(gradients, dq),
        dv: at(gradients, dq + dkv),
      });
    },
    outputs: [{ view: o.view, count: rows * dq }],
    tfjs: () =>
      both(
        (q, k, v) =>
          attention(q, k, v, { heads, kvHeads, headDim, scale }, { groups, masks, oneByOne: false }),
        [q, k, v],
        tdO,
      ),
    flops: 7 * rows * rows * dq,
    dispose: kept.dispose,
  };
}

function embeddingCase(bench: Bench, { hidden: d }: DecoderConfig, rows: number): OpCase {
  const kept = new Kept(bench);
  // A part of the vocabulary: reading a row costs the same in any table.
  const table = 4096;
  const values = noise(table * d, 1);
  const ids = Uint32Array.from(noise(rows, 2), (value) => Math.floor((value + 0.5) * table));
  const { weight } = weightOf(bench.gpu, values, table, d, 'f32');
  kept.view(weight.data);
  const view = kept.values(ids);
  const out = matrix(kept.room(rows * d), d);
  const tensor = kept.matrix(values, table, d);
  const index = kept.tensor(tf.tensor1d(Int32Array.from(ids), 'int32'));
  return {
    name: `embedding ${d}`,
    shape: `${rows} rows of ${table}`,
    dtype: 'f32',
    rows,
    emit: (e) => embed(e, { ids: view, table: weight, width: d, out, scale: 1 }),
    outputs: [{ view: out.view, count: rows * d }],
    tfjs: () => [tf.gather(tensor, index)],
    bytes: 4 * 2 * rows * d,
    dispose: kept.dispose,
  };
}

/** More would hold gigabytes, since tfjs wants the head in both layouts. */
const MOST_VOCAB = 49_152;

/** Head and loss of a chunk of supervised rows, with the gradient of the normed rows. */
function headCase(bench: Bench, config: DecoderConfig, rows: number): OpCase {
  const { hidden: d } = config;
  const vocab = Math.min(config.vocab, MOST_VOCAB);
  const part = vocab < config.vocab ? ` (of ${config.vocab})` : '';
  const kept = new Kept(bench);
  const data = { h: noise(rows * d, 1, 2), w: noise(vocab * d, 2, 0.1) };
  const targets = Uint32Array.from(noise(rows, 3), (value) => Math.floor((value + 0.5) * vocab));
  const { weight: w } = weightOf(bench.gpu, data.w, vocab, d, 'f32');
  kept.view(w.data);
  const h = matrix(kept.values(data.h), d);
  const z = matrix(kept.room(rows * vocab), vocab);
  const dh = matrix(kept.room(rows * d), d);
  const losses = kept.room(rows);
  const target = kept.values(targets);
  const ones = kept.values(new Float32Array(rows).fill(1));
  const th = kept.matrix(data.h, rows, d);
  const weight = kept.matrix(data.w, vocab, d);
  const head = { weight, transposed: kept.tensor(tf.transpose(weight)) as tf.Tensor2D };
  const one = kept.tensor(tf.scalar(1));
  const loss = (input: tf.Tensor) =>
    plainCrossEntropy(input, head, Int32Array.from(targets), new Float32Array(rows).fill(1 / rows), true);
  return {
    name: `head and loss ${d}→${vocab}${part}`,
    shape: `${rows} supervised rows, forward + backward`,
    dtype: 'f32',
    rows,
    emit(e) {
      linearForward(e, { x: h, w, n: vocab, k: d, y: z });
      crossEntropy(e, { logits: z, targets: target, weights: ones, losses, vocab, gradient: true });
      linearBackward(e, { dy: z, w, n: vocab, k: d, dx: dh });
    },
    outputs: [{ view: dh.view, count: rows * d }],
    tfjs: () => both(loss, [th], one).slice(1),
    flops: 4 * rows * vocab * d,
    dispose: kept.dispose,
  };
}

function adamwCase(bench: Bench, count: number): OpCase {
  const kept = new Kept(bench);
  const data = { weights: noise(count, 1), gradients: noise(count, 2) };
  const weights = kept.values(data.weights);
  const gradients = kept.values(data.gradients);
  const [m, v] = [kept.room(count), kept.room(count)];
  const settings = { ...ADAMW, learningRate: 1e-3, weightDecay: 0, clip: 1 };
  const hyper = kept.values(adamwHyper(settings, 1));
  const result = kept.room(8);
  const parameters = kept.tensor(tf.tensor1d(data.weights));
  const gradient = kept.tensor(tf.tensor1d(data.gradients));
  const zeros = kept.tensor(tf.zeros([count]) as tf.Tensor1D);
  const state = { parameters, m: zeros, v: zeros };
  const length = Math.sqrt(data.gradients.reduce((sum, value) => sum + value * value, 0));
  return {
    name: 'gradient norm, clip and AdamW',
    shape: `${count} parameters`,
    dtype: 'f32',
    rows: 1,
    emit(e) {
      gradNorm(e, { gradients, count, result });
      adamw(e, { weights, gradients, m, v, count, hyper, result });
    },
    outputs: [{ view: weights, count }],
    tfjs() {
      const norm = tf.sqrt(tf.sum(tf.square(gradient)));
      const next = adamW(state, { gradient, gradNorm: length, rates: null }, 1, settings);
      return [next.parameters, next.m, next.v, norm];
    },
    bytes: 4 * 8 * count,
    dispose: kept.dispose,
  };
}

/**
 * The operations of a decoder other than the adapted linear, forward and backward together, each beside the same in
 * the plain decoder's tfjs ops. Sizes are the model's; `rows` tokens of one sequence.
 *
 * @returns makers, so that only one case's memory is held at a time
 */
export function opCases(
  bench: Bench,
  config: DecoderConfig,
  rows: number,
  headRows: number,
  adapterParameters: number,
): (() => OpCase)[] {
  const { hidden: d, intermediate: i } = config;
  const types: WeightType[] = bench.options.tiny ? ['f32', 'q4'] : ['f32', 'f16', 'q8', 'q4', 'nf4'];
  return [
    ...types.flatMap((type) => [
      () => linearCase(bench, { name: 'gate and up', rows, k: d, n: 2 * i, type }),
      () => linearCase(bench, { name: 'down', rows, k: i, n: d, type }),
    ]),
    () => attentionCase(bench, config, rows),
    () => headCase(bench, config, headRows),
    () => normCase(bench, config, rows),
    () => ropeCase(bench, config, rows),
    () => gatedCase(bench, config, rows),
    () => embeddingCase(bench, config, rows),
    () => adamwCase(bench, adapterParameters),
  ];
}
