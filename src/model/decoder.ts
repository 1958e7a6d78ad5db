import type { View } from '../ops/memory.ts';
import { Block } from './block.ts';
import type { DecoderConfig } from './config.ts';
import { Stack, type StackBuffers } from './stack.ts';
import { Attention } from './sublayers/attention.ts';
import { Embedding, type TrainedRows } from './sublayers/embedding.ts';
import { FeedForward } from './sublayers/feed-forward.ts';
import { Head } from './sublayers/head.ts';
import type { AdaptedLinear } from './sublayers/linear.ts';
import { Norm, type NormWeights } from './sublayers/norm.ts';
import { Residual } from './sublayers/residual.ts';
import type { Pass } from './sublayers/sublayer.ts';
import type { DecoderWeights, LayerWeights } from './weights.ts';

/** A causal decoder: embedding, one stack of blocks, final norm and head. */
export interface Decoder {
  embedding: Embedding;
  stack: Stack;
  head: Head;
}

/** Token ids, u32 [M] → the residual stream after the last block. */
export function decoderForward(decoder: Decoder, pass: Pass, buffers: StackBuffers, ids: View): void {
  decoder.embedding.forward(pass, { ids, out: buffers.x[0] });
  decoder.stack.forward({ ...pass, ids }, buffers);
}

/** Gradient of the residual stream after the last block, in `buffers.dx` → gradients of all that is trained. */
export function decoderBackward(decoder: Decoder, pass: Pass, buffers: StackBuffers, ids: View): void {
  const { embedding, stack } = decoder;
  stack.backward({ ...pass, ids }, buffers, { wantsInput: embedding.adapted });
  if (embedding.adapted) embedding.backward(pass, { ids, dOut: buffers.dx! });
}

/** What a model's config and weights make, for every family: what differs between them is data. */
export function buildDecoder(
  config: DecoderConfig,
  weights: DecoderWeights<AdaptedLinear>,
  trained?: TrainedRows,
): Decoder {
  const { hidden: width, vocab } = config;
  return {
    embedding: new Embedding({
      table: weights.embedding,
      positions: weights.positions,
      width,
      scale: config.embeddingScale,
      trained,
      blank: weights.layers.some(({ prefix }) => prefix),
    }),
    stack: new Stack(
      weights.layers.map((_, layer) => buildBlock(config, weights, layer)),
      width,
    ),
    head: new Head({ norm: rowNorm(config, weights.finalNorm), weight: weights.head, width, vocab }),
  };
}

function buildBlock(config: DecoderConfig, { layers }: DecoderWeights<AdaptedLinear>, layer: number): Block {
  const w = layers[layer];
  const { activation, gated, parallelResidual } = config;
  const norm = (weights: NormWeights) => rowNorm(config, weights);
  const attention = buildAttention(config, w, layer);
  const feedForward = new FeedForward({ gateUp: w.gateUp, down: w.down, activation, gated });
  return new Block(
    [
      new Residual(norm(w.norm1), attention, w.postAttentionNorm && norm(w.postAttentionNorm)),
      new Residual(norm(w.norm2), feedForward, w.postMlpNorm && norm(w.postMlpNorm)),
    ],
    parallelResidual,
  );
}

function buildAttention(config: DecoderConfig, w: LayerWeights<AdaptedLinear>, layer: number): Attention {
  const { heads, kvHeads, headDim, attentionScale, normEps, normAddsOne } = config;
  const kind = config.layerAttention[layer];
  const headNorm = (weight: View, heads: number) =>
    new Norm({ weight }, { kind: 'rms', width: headDim, eps: normEps, addOne: normAddsOne, heads });
  return new Attention({
    layer,
    shape: {
      heads,
      kvHeads,
      headDim,
      scale: attentionScale,
      window: kind === 'local' ? config.window : null,
    },
    qkv: w.qkv,
    o: w.o,
    prefix: w.prefix && { ...w.prefix, first: config.vocab },
    headNorms:
      w.qNorm && w.kNorm ? { q: headNorm(w.qNorm, heads), k: headNorm(w.kNorm, kvHeads) } : undefined,
    rope: config.rope && { dims: config.rope.global.dims, kind },
  });
}

function rowNorm({ norm: kind, hidden, normEps, normAddsOne }: DecoderConfig, weights: NormWeights): Norm {
  return new Norm(weights, { kind, width: hidden, eps: normEps, addOne: normAddsOne });
}
