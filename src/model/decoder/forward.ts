import type { View } from '../../ops/memory.ts';
import type { LinearForward, Operations } from '../../ops/operations.ts';
import type { Matrix } from '../../ops/types.ts';
import type { DecoderConfig } from '../config.ts';
import type { LayerBuffers, StepBuffers } from './buffers.ts';
import type { AdaptedLinear, DecoderWeights, Norm } from './weights.ts';

/**
 * The decoder's forward pass, top to bottom, as dispatches of a program. One text for every family: what differs is
 * data in `DecoderConfig`. M = batch × length tokens; d hidden, dq = heads · headDim, dkv = kvHeads · headDim, i
 * intermediate.
 *
 * Sequential block:   x₂ = x + Attention(norm₁(x));  x' = x₂ + FeedForward(norm₂(x₂))
 * Parallel (NeoX):    x' = x + Attention(norm₁(x)) + FeedForward(norm₂(x))
 */

export interface ForwardOptions {
  /** Dropout counts only in training. */
  training: boolean;
  /** Keys and values go to a cache of this many positions a row, and are read from it. */
  cache?: { capacity: number; layers: { k: View; v: View }[] };
  /** Small, fixed number of rows (generation), for the choice of kernels. */
  rowsHint?: number;
  /** With packing: positions within the document and the document of each row. */
  positions?: View;
  documents?: View;
}

/** Everything that a program of one model is built from. */
export interface Decoder {
  config: DecoderConfig;
  weights: DecoderWeights<AdaptedLinear>;
  /** cos and sin: vec2 [positions, rope.dims / 2]. */
  ropeTables: { global: View; local: View } | null;
}

export function matrix(view: View, stride: number, column = 0): Matrix {
  return { view, stride, column };
}

/** Token ids → the residual stream behind the last block, `buffers.x[layers]`. */
export function emitForward(
  ops: Operations,
  decoder: Decoder,
  buffers: StepBuffers,
  options: ForwardOptions,
): void {
  const { config, weights } = decoder;
  ops.embed({
    ids: buffers.ids,
    table: weights.embedding,
    width: config.hidden,
    out: matrix(buffers.layers[0].x, config.hidden), // [M, d]
    scale: config.embeddingScale,
    positions: options.positions,
    positionTable: weights.positions,
  });
  for (let layer = 0; layer < config.layers; layer++) {
    const out = layer + 1 < config.layers ? buffers.layers[layer + 1].x : buffers.last;
    emitBlock(ops, decoder, layer, buffers, buffers.layers[layer], out, options);
  }
}

/** One block: `b.x` [M, d] → `out` [M, d]. Fills what the backward pass needs in `b`. */
export function emitBlock(
  ops: Operations,
  decoder: Decoder,
  layer: number,
  buffers: StepBuffers,
  b: LayerBuffers,
  out: View,
  options: ForwardOptions,
): void {
  const { config, weights } = decoder;
  const w = weights.layers[layer];
  const d = config.hidden;
  const h = matrix(buffers.h, d);
  const x = matrix(b.x, d);

  emitNorm(ops, config, w.norm1, x, h, b.stat1);
  emitLinear(ops, w.qkv, h, matrix(b.qkv, w.qkv.out), b.sQkv, options); // [M, dq + 2 dkv]
  const { q, k, v } = emitPositions(ops, decoder, layer, b, options);
  emitAttention(ops, decoder, layer, b, { q, k, v }, options); // b.o [M, dq]

  const o = matrix(b.o, config.heads * config.headDim);
  const middle = config.parallelResidual ? out : b.x2!;
  if (w.postAttentionNorm) {
    emitLinear(ops, w.o, o, matrix(b.attentionOut!, d), b.sO, options);
    emitNorm(ops, config, w.postAttentionNorm, matrix(b.attentionOut!, d), matrix(middle, d), b.statPost1!);
    ops.addRows({ x, out: matrix(middle, d), width: d });
  } else {
    emitLinear(ops, w.o, o, matrix(middle, d), b.sO, options, x);
  }

  emitNorm(ops, config, w.norm2, config.parallelResidual ? x : matrix(middle, d), h, b.stat2);
  emitLinear(ops, w.gateUp, h, matrix(b.gu, w.gateUp.out), b.sGu, options); // [M, 2i] or [M, i]
  const act = matrix(buffers.act, config.intermediate);
  emitGated(ops, config, matrix(b.gu, w.gateUp.out), act);
  if (w.postMlpNorm) {
    emitLinear(ops, w.down, act, matrix(b.mlpOut!, d), b.sDown, options);
    emitNorm(ops, config, w.postMlpNorm, matrix(b.mlpOut!, d), matrix(out, d), b.statPost2!);
    ops.addRows({ x: matrix(middle, d), out: matrix(out, d), width: d });
  } else {
    emitLinear(ops, w.down, act, matrix(out, d), b.sDown, options, matrix(middle, d));
  }
}

export function emitNorm(
  ops: Operations,
  config: DecoderConfig,
  norm: Norm,
  x: Matrix,
  y: Matrix,
  stat: View,
  dims = 0,
): void {
  const common = { x, y, weight: norm.weight, width: config.hidden, eps: config.normEps, dims };
  if (config.norm === 'rms') ops.rmsNormForward({ ...common, rstd: stat, addOne: config.normAddsOne });
  else ops.layerNormForward({ ...common, bias: norm.bias!, stat });
}

/** Y = X Wᵀ (+ bias) (+ residual) + s·(X Aᵀ) Bᵀ for a linear whose parts are adapted all, none or some. */
export function emitLinear(
  ops: Operations,
  linear: AdaptedLinear,
  x: Matrix,
  y: Matrix,
  s: View | null,
  options: Pick<ForwardOptions, 'training' | 'rowsHint'>,
  residual?: Matrix,
): void {
  for (const call of linear.calls) {
    const columns = (m: Matrix): Matrix => ({ ...m, column: m.column + call.row0 });
    let lora: LinearForward['lora'];
    if (call.lora) {
      const sum = matrix(s!, linear.sWidth, call.sColumn);
      ops.loraDown({
        x,
        k: linear.in,
        lora: call.lora.block,
        s: sum,
        training: options.training,
        rowsHint: options.rowsHint,
      });
      lora = { block: call.lora.block, s: sum };
    }
    ops.linearForward({
      x,
      w: linear.weight,
      row0: call.row0,
      n: call.n,
      k: linear.in,
      y: columns(y),
      bias: call.bias,
      residual: residual && columns(residual),
      lora,
      rowsHint: options.rowsHint,
    });
  }
}

export function emitGated(ops: Operations, config: DecoderConfig, gu: Matrix, act: Matrix): void {
  ops.gatedForward({ gu, act, width: config.intermediate, kind: config.activation, gated: config.gated });
}

/** Norms of heads and rotary embedding; answers where attention finds q, k and v. */
function emitPositions(
  ops: Operations,
  decoder: Decoder,
  layer: number,
  b: LayerBuffers,
  options: ForwardOptions,
): { q: Matrix; k: Matrix; v: Matrix } {
  const { config, weights } = decoder;
  const views = attentionViews(config, b);
  const { q, k } = views;
  if (config.qkNorm) {
    const w = weights.layers[layer];
    const stride = (config.heads + 2 * config.kvHeads) * config.headDim;
    const common = { width: config.headDim, eps: config.normEps, addOne: config.normAddsOne };
    ops.rmsNormForward({
      ...common,
      x: matrix(b.qkv, stride),
      y: q,
      weight: w.qNorm!,
      heads: config.heads,
      rstd: b.statQ!,
    });
    ops.rmsNormForward({
      ...common,
      x: matrix(b.qkv, stride, config.heads * config.headDim),
      y: k,
      weight: w.kNorm!,
      heads: config.kvHeads,
      rstd: b.statK!,
    });
  }
  const table = ropeTable(decoder, layer);
  if (table && config.rope)
    ops.ropeForward({
      x: q, // k stands right behind q in the same matrix
      heads: config.heads + config.kvHeads,
      headDim: config.headDim,
      rotaryDims: config.rope.global.dims,
      table,
      positions: options.positions,
    });
  return views;
}

/** q, k (after their norms and rotation) and v as columns of the layer's buffers. */
export function attentionViews(config: DecoderConfig, b: LayerBuffers): { q: Matrix; k: Matrix; v: Matrix } {
  const dq = config.heads * config.headDim;
  const dkv = config.kvHeads * config.headDim;
  const qk = b.qk ? { view: b.qk, stride: dq + dkv } : { view: b.qkv, stride: dq + 2 * dkv };
  return {
    q: { ...qk, column: 0 },
    k: { ...qk, column: dq },
    v: matrix(b.qkv, dq + 2 * dkv, dq + dkv),
  };
}

export function ropeTable(decoder: Decoder, layer: number): View | null {
  if (!decoder.ropeTables) return null;
  return decoder.config.layerAttention[layer] === 'local'
    ? decoder.ropeTables.local
    : decoder.ropeTables.global;
}

/** What forward and backward of a layer's attention share. */
export function attentionShape(config: DecoderConfig, layer: number) {
  return {
    heads: config.heads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    scale: config.attentionScale,
    window: config.layerAttention[layer] === 'local' ? config.window : null,
  };
}

function emitAttention(
  ops: Operations,
  decoder: Decoder,
  layer: number,
  b: LayerBuffers,
  { q, k, v }: { q: Matrix; k: Matrix; v: Matrix },
  options: ForwardOptions,
): void {
  const { config } = decoder;
  const dkv = config.kvHeads * config.headDim;
  const shape = attentionShape(config, layer);
  const o = matrix(b.o, config.heads * config.headDim);
  if (!options.cache) {
    ops.attentionForward({ ...shape, q, k, v, o, lse: b.lse, documents: options.documents });
    return;
  }
  const { capacity, layers } = options.cache;
  const cachedK = matrix(layers[layer].k, dkv);
  const cachedV = matrix(layers[layer].v, dkv);
  ops.appendRows({ x: k, out: cachedK, width: dkv, capacity });
  ops.appendRows({ x: v, out: cachedV, width: dkv, capacity });
  ops.attentionForward({
    ...shape,
    q,
    k: cachedK,
    v: cachedV,
    o,
    lse: b.lse,
    kvCapacity: capacity,
    rowsHint: options.rowsHint,
  });
}
