/** What a decoder computes, as data. The file of its family makes these from a `config.json`. */

/** Rotary embedding: angle(position, j) = position · inverseFrequencies[j]; cos and sin are times `scale`. */
export interface Rope {
  /** Rotary dimensions of each head (≤ headDim; the rest passes unrotated). */
  dims: number;
  /** One per pair of dimensions: dims / 2 entries, scaling (linear, llama3, yarn) already applied. */
  inverseFrequencies: number[];
  scale: number;
}

export interface DecoderTraits {
  layers: number;
  hidden: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediate: number;
  vocab: number;
  maxPositions: number;

  norm: 'rms' | 'layer';
  normEps: number;
  /** Gemma: the stored norm weight has 1 added when used. */
  normAddsOne: boolean;
  /** Gemma: a norm after attention and after the feed-forward too, before the residual is added. */
  sandwichNorms: boolean;
  /** Qwen3, Gemma 3: an RMS norm over each head of q and k before the rotary embedding. */
  qkNorm: boolean;
  /** GPT-NeoX: attention and feed-forward both read the block's input. */
  parallelResidual: boolean;

  activation: 'silu' | 'gelu' | 'gelu_tanh';
  /** act(gate) · up, against act(up) alone. */
  gated: boolean;
  /** q, k, v have biases (Qwen2, GPT-2, NeoX); o and the feed-forward have (GPT-2, NeoX). */
  qkvBias: boolean;
  outputBias: boolean;
  mlpBias: boolean;

  /** Scores are times this (1/√headDim unless the family says otherwise). */
  attentionScale: number;
  /** One a layer: `global` reads all earlier tokens, `local` the last `window` of them. */
  layerAttention: ('global' | 'local')[];
  window: number | null;
  /** By layer kind; `local` differs from `global` only in Gemma 3. Null: learned positions (GPT-2). */
  rope: { global: Rope; local: Rope } | null;
  learnedPositions: boolean;

  /** Token embeddings are times this (Gemma: √hidden). */
  embeddingScale: number;
  tiedHead: boolean;
  bosTokenId: number | null;
  eosTokenIds: number[];
  padTokenId: number | null;
}
