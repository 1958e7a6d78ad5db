import type { z } from 'zod';
import type { DecoderTraits } from '../../traits.ts';
import type { RopeFields, TensorNames } from '../family.ts';
import {
  activationOf,
  Common,
  count,
  divided,
  everyLayer,
  layerCount,
  optionalCount,
  positive,
  tokenFields,
} from './fields.ts';
import { oneRope, ropesOf } from './rope-fields.ts';

/** What families built like Llama have in common; each calls what it shares. Their GGUF form is in `llama-gguf.ts`. */

export const LlamaLike = Common.extend({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: layerCount,
  num_attention_heads: count,
  num_key_value_heads: optionalCount,
  head_dim: optionalCount,
  max_position_embeddings: optionalCount,
  rms_norm_eps: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
});

/** What transformers' config class of the family takes for a field that is absent. */
export interface LlamaLikeDefaults {
  /** Null: as many as heads. */
  kvHeads: number | null;
  /** Null: hidden / heads. */
  headDim: number | null;
  maxPositions: number;
  tied: boolean;
  bos: number | null;
  eos: readonly number[];
  pad: number | null;
}

/**
 * A decoder as Llama's: RMS norms, gated feed-forward, rotary embedding, no biases, every layer global.
 * @param activation `hidden_act` or what the family calls it
 * @throws UserError `bad-config`, `unknown-rope`, `unsupported-trait`
 */
export function llamaLike(
  c: z.infer<typeof LlamaLike>,
  defaults: LlamaLikeDefaults,
  activation: string | null | undefined,
  rope: RopeFields = oneRope,
): DecoderTraits {
  const heads = c.num_attention_heads;
  // An explicit null means "as many as heads"; an absent field the class's default.
  const kvHeads =
    c.num_key_value_heads ?? (c.num_key_value_heads === null ? heads : (defaults.kvHeads ?? heads));
  const headDim =
    c.head_dim ?? defaults.headDim ?? divided(c.hidden_size, heads, 'hidden_size', 'num_attention_heads');
  const maxPositions = c.max_position_embeddings ?? defaults.maxPositions;
  return {
    layers: c.num_hidden_layers,
    hidden: c.hidden_size,
    heads,
    kvHeads,
    headDim,
    intermediate: c.intermediate_size,
    vocab: c.vocab_size,
    maxPositions,
    norm: 'rms',
    normEps: c.rms_norm_eps ?? 1e-6,
    normAddsOne: false,
    sandwichNorms: false,
    qkNorm: false,
    parallelResidual: false,
    activation: activationOf(activation ?? 'silu'),
    gated: true,
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
    attentionScale: 1 / Math.sqrt(headDim),
    layerAttention: everyLayer(c.num_hidden_layers),
    window: null,
    rope: ropesOf(rope.read(c), headDim, maxPositions),
    learnedPositions: false,
    embeddingScale: 1,
    tiedHead: c.tie_word_embeddings ?? defaults.tied,
    ...tokenFields(c, defaults),
  };
}

export const LLAMA_TENSORS: TensorNames = {
  embedding: 'model.embed_tokens.weight',
  positions: null,
  finalNorm: 'model.norm',
  head: 'lm_head.weight',
  blocks: 'model.layers',
  linears: [
    { path: 'self_attn.q_proj', roles: ['q'] },
    { path: 'self_attn.k_proj', roles: ['k'] },
    { path: 'self_attn.v_proj', roles: ['v'] },
    { path: 'self_attn.o_proj', roles: ['o'] },
    { path: 'mlp.gate_proj', roles: ['gate'] },
    { path: 'mlp.up_proj', roles: ['up'] },
    { path: 'mlp.down_proj', roles: ['down'] },
  ],
  conv1d: false,
  norm1: 'input_layernorm',
  norm2: 'post_attention_layernorm',
  qNorm: null,
  kNorm: null,
  postAttentionNorm: null,
  postFeedForwardNorm: null,
};

export const ATTENTION_PROJECTIONS: readonly string[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
