import type { Memory, View } from '../../ops/memory.ts';
import type { LinearBackward, Operations } from '../../ops/operations.ts';
import type { Matrix } from '../../ops/types.ts';
import type { DecoderConfig } from '../config.ts';
import type { LayerBuffers, StepBuffers } from './buffers.ts';
import {
  attentionShape,
  attentionViews,
  type Decoder,
  emitBlock,
  emitGated,
  emitNorm,
  type ForwardOptions,
  matrix,
  ropeTable,
} from './forward.ts';
import { type AdaptedLinear, linears, type Norm } from './weights.ts';

/**
 * The decoder's backward pass by hand, block by block from the last: d loss / d (residual stream) flows down in
 * `dx`; each adapted linear adds to its gradients on the way. Weights are frozen, so nothing is formed for them, and
 * nothing is computed below the lowest adapted layer.
 */
export interface BackwardBuffers {
  /** Gradient of the residual stream [M, d]. */
  dx: View;
  /** Gradient of a normed input [M, d]. */
  dh: View;
  /** A second one where the residual is parallel; gradient before a post-norm where the family has such. */
  dh2: View | null;
  dqkv: View;
  dqk: View | null;
  /** Gradient of attention's output [M, dq]. */
  dO: View;
  dact: View;
  /** Gradient of S, at its widest. */
  ds: View;
}

function backwardFloats(
  config: DecoderConfig,
  tokens: number,
  widestS: number,
): Record<keyof BackwardBuffers, number> {
  const { hidden: d, heads, kvHeads, headDim, intermediate } = config;
  return {
    dx: tokens * d,
    dh: tokens * d,
    dh2: config.parallelResidual || config.sandwichNorms ? tokens * d : 0,
    dqkv: tokens * (heads + 2 * kvHeads) * headDim,
    dqk: config.qkNorm ? tokens * (heads + kvHeads) * headDim : 0,
    dO: tokens * heads * headDim,
    dact: tokens * intermediate,
    ds: tokens * Math.max(widestS, 4),
  };
}

export function planBackwardBuffers(config: DecoderConfig, tokens: number, widestS: number): number {
  return Object.values(backwardFloats(config, tokens, widestS)).reduce(
    (sum, floats) => sum + 16 * Math.ceil(floats / 4),
    0,
  );
}

export function allocateBackwardBuffers(
  memory: Memory,
  config: DecoderConfig,
  tokens: number,
  widestS: number,
): BackwardBuffers {
  const floats = backwardFloats(config, tokens, widestS);
  return Object.fromEntries(
    Object.entries(floats).map(([name, size]) => [
      name,
      size > 0 ? memory.allocate(name, 4 * size, 'activation') : null,
    ]),
  ) as unknown as BackwardBuffers;
}

/** Lowest layer with an adapter; −1 where there is none. */
export function lowestAdapted(decoder: Decoder): number {
  return decoder.weights.layers.findIndex((layer) => linears(layer).some((linear) => linear.sWidth > 0));
}

/** `back.dx` holds the gradient behind the last block; with `recompute` each block's forward is run again first. */
export function emitBackward(
  ops: Operations,
  decoder: Decoder,
  buffers: StepBuffers,
  back: BackwardBuffers,
  options: ForwardOptions & { recompute: boolean },
): void {
  const lowest = lowestAdapted(decoder);
  if (lowest < 0) return;
  for (let layer = decoder.config.layers - 1; layer >= lowest; layer--) {
    const b = buffers.layers[layer];
    if (options.recompute) {
      const unused = layer + 1 < decoder.config.layers ? buffers.layers[layer + 1].x : buffers.last;
      emitBlock(ops, decoder, layer, buffers, b, unused, options);
    }
    emitBlockBackward(ops, decoder, layer, buffers, b, back, options, layer > lowest);
  }
}

function emitBlockBackward(
  ops: Operations,
  decoder: Decoder,
  layer: number,
  buffers: StepBuffers,
  b: LayerBuffers,
  back: BackwardBuffers,
  options: ForwardOptions,
  wantsInput: boolean,
): void {
  const { config, weights } = decoder;
  const w = weights.layers[layer];
  const d = config.hidden;
  const dx = matrix(back.dx, d);
  const dh = matrix(back.dh, d);
  const middle = config.parallelResidual ? b.x : b.x2!;
  const attentionAdapted = w.qkv.sWidth > 0 || w.o.sWidth > 0;

  // Feed-forward: dx stays the gradient of the residual that skips it.
  const mlpGradient = config.parallelResidual ? matrix(back.dh2!, d) : dh;
  if (config.parallelResidual && !wantsInput && w.gateUp.sWidth + w.down.sWidth === 0) {
    // Only attention's adapters need a gradient, and it does not pass through the feed-forward.
  } else {
    let dOut = dx;
    if (w.postMlpNorm) {
      dOut = matrix(back.dh2!, d);
      emitNormBackward(ops, config, w.postMlpNorm, dx, matrix(b.mlpOut!, d), dOut, b.statPost2!, false);
    }
    emitMlpBackward(ops, config, w.norm2, w.gateUp, w.down, buffers, b, back, middle, dOut, mlpGradient);
    if (!config.parallelResidual && (wantsInput || attentionAdapted))
      emitNormBackward(ops, config, w.norm2, dh, matrix(middle, d), dx, b.stat2, true);
  }

  // Attention.
  if (!wantsInput && !attentionAdapted) return;
  let dOut = dx;
  if (w.postAttentionNorm) {
    dOut = matrix(back.dh2!, d);
    emitNormBackward(
      ops,
      config,
      w.postAttentionNorm,
      dx,
      matrix(b.attentionOut!, d),
      dOut,
      b.statPost1!,
      false,
    );
  }
  const wantsQkv = wantsInput || w.qkv.sWidth > 0;
  const o = matrix(b.o, config.heads * config.headDim);
  const dO = matrix(back.dO, config.heads * config.headDim);
  emitLinearBackward(ops, w.o, dOut, () => o, wantsQkv ? dO : null, b.sO, back.ds);
  if (!wantsQkv) return;
  const dqkv = emitAttentionBackward(ops, decoder, layer, b, back, o, dO, options);
  const normed = () => {
    emitNorm(ops, config, w.norm1, matrix(b.x, d), matrix(buffers.h, d), b.stat1);
    return matrix(buffers.h, d);
  };
  emitLinearBackward(ops, w.qkv, dqkv, normed, wantsInput ? dh : null, b.sQkv, back.ds);
  if (!wantsInput) return;
  emitNormBackward(ops, config, w.norm1, dh, matrix(b.x, d), dx, b.stat1, true);
  if (config.parallelResidual)
    emitNormBackward(ops, config, w.norm2, mlpGradient, matrix(b.x, d), dx, b.stat2, true);
}

/** Gradient of the feed-forward's normed input → `into`; `b.gu` is overwritten by its gradient. */
function emitMlpBackward(
  ops: Operations,
  config: DecoderConfig,
  norm2: Norm,
  gateUp: AdaptedLinear,
  down: AdaptedLinear,
  buffers: StepBuffers,
  b: LayerBuffers,
  back: BackwardBuffers,
  middle: View,
  dOut: Matrix,
  into: Matrix,
): void {
  const d = config.hidden;
  const gu = matrix(b.gu, gateUp.out);
  const act = matrix(buffers.act, config.intermediate);
  const dact = matrix(back.dact, config.intermediate);
  const activated = () => {
    emitGated(ops, config, gu, act);
    return act;
  };
  emitLinearBackward(ops, down, dOut, activated, dact, b.sDown, back.ds);
  ops.gatedBackward({
    gu,
    dact,
    width: config.intermediate,
    kind: config.activation,
    gated: config.gated,
  });
  const normed = () => {
    emitNorm(ops, config, norm2, matrix(middle, d), matrix(buffers.h, d), b.stat2);
    return matrix(buffers.h, d);
  };
  emitLinearBackward(ops, gateUp, gu, normed, into, b.sGu, back.ds);
}

/** Gradient of attention's output → gradient of the fused q, k, v before norms and rotation. */
function emitAttentionBackward(
  ops: Operations,
  decoder: Decoder,
  layer: number,
  b: LayerBuffers,
  back: BackwardBuffers,
  o: Matrix,
  dO: Matrix,
  options: ForwardOptions,
): Matrix {
  const { config, weights } = decoder;
  const { heads, kvHeads, headDim } = config;
  const w = weights.layers[layer];
  const stride = (heads + 2 * kvHeads) * headDim;
  const dqkv = matrix(back.dqkv, stride);
  const dqk = config.qkNorm ? matrix(back.dqk!, (heads + kvHeads) * headDim) : dqkv;
  ops.attentionBackward({
    ...attentionShape(config, layer),
    ...attentionViews(config, b),
    o,
    lse: b.lse,
    do: dO,
    dq: dqk,
    dk: { ...dqk, column: heads * headDim },
    dv: { ...dqkv, column: (heads + kvHeads) * headDim },
    documents: options.documents,
  });
  const table = ropeTable(decoder, layer);
  if (table && config.rope)
    ops.ropeBackward({
      x: dqk,
      heads: heads + kvHeads,
      headDim,
      rotaryDims: config.rope.global.dims,
      table,
      positions: options.positions,
    });
  if (config.qkNorm) {
    const common = { width: headDim, addOne: config.normAddsOne, accumulate: false };
    const qkv = matrix(b.qkv, stride);
    const kColumn = heads * headDim;
    ops.rmsNormBackward({ ...common, dy: dqk, x: qkv, weight: w.qNorm!, rstd: b.statQ!, dx: dqkv, heads });
    ops.rmsNormBackward({
      ...common,
      dy: { ...dqk, column: kColumn },
      x: { ...qkv, column: kColumn },
      weight: w.kNorm!,
      rstd: b.statK!,
      dx: { ...dqkv, column: kColumn },
      heads: kvHeads,
    });
  }
  return dqkv;
}

/**
 * dS = s·dY·B, dB += s·dYᵀS, dA += dSᵀX, dX = dY·W + dS·A for each call of a linear. `input` emits (once, and only
 * where an adapter wants it) what computes X again.
 */
function emitLinearBackward(
  ops: Operations,
  linear: AdaptedLinear,
  dy: Matrix,
  input: () => Matrix,
  dx: Matrix | null,
  s: View | null,
  dsView: View,
): void {
  let x: Matrix | null = null;
  linear.calls.forEach((call, i) => {
    const dyCall = { ...dy, column: dy.column + call.row0 };
    let lora: LinearBackward['lora'];
    if (call.lora) {
      const { block, gradients } = call.lora;
      const width = block.parts.length * block.rank;
      const ds = matrix(dsView, width);
      ops.loraUpBackward({
        dy: dyCall,
        s: matrix(s!, linear.sWidth, call.sColumn),
        lora: block,
        gradients,
        ds,
        n: call.n,
      });
      x ??= input();
      ops.loraDownBackward({ ds, x, k: linear.in, lora: block, gradients });
      lora = { block, ds };
    }
    if (dx)
      ops.linearBackward({
        dy: dyCall,
        w: linear.weight,
        row0: call.row0,
        n: call.n,
        k: linear.in,
        dx,
        accumulate: i > 0,
        lora,
      });
  });
}

/** dX (+)= norm's backward; the norm's own weight is frozen. */
export function emitNormBackward(
  ops: Operations,
  config: DecoderConfig,
  norm: Norm,
  dy: Matrix,
  x: Matrix,
  dx: Matrix,
  stat: View,
  accumulate: boolean,
  dims = 0,
): void {
  const common = { dy, x, weight: norm.weight, dx, width: config.hidden, accumulate, dims };
  if (config.norm === 'rms') ops.rmsNormBackward({ ...common, rstd: stat, addOne: config.normAddsOne });
  else ops.layerNormBackward({ ...common, stat });
}
