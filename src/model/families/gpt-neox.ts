import { z } from 'zod';
import type { DecoderTraits } from '../traits.ts';
import type { Family, GgufFields, RopeFields } from './family.ts';
import { DROPOUT_OF_BASE, EVERY_CONFIG, OTHER_HEADS, used } from './shared/field-table.ts';
import {
  activationOf,
  Common,
  count,
  divided,
  everyLayer,
  layerCount,
  optionalCount,
  parse,
  positive,
  tokenFields,
} from './shared/fields.ts';
import { layerNormKeys } from './shared/layer-norm-gguf.ts';
import { filledRope, givenRope, ropesOf, type SharedRopeFields } from './shared/rope-fields.ts';

const Fields = Common.extend({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: layerCount,
  num_attention_heads: count,
  max_position_embeddings: optionalCount,
  layer_norm_eps: positive.nullish(),
  hidden_act: z.string().nullish(),
  rotary_pct: positive.nullish(),
  rotary_emb_base: positive.nullish(),
  use_parallel_residual: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
});

/** Its older fields have names of their own. */
const rope: RopeFields = {
  read(config) {
    const c = config as SharedRopeFields & { rotary_emb_base?: number | null; rotary_pct?: number | null };
    const one = filledRope(givenRope(c), c.rotary_emb_base ?? 10000, c.rotary_pct ?? 0.25);
    return { global: one, local: one };
  },
  write: ({ global }) => ({
    rotary_emb_base: global.rope_theta,
    rotary_pct: global.partial_rotary_factor,
    rope_parameters: global,
  }),
};

export const gptNeox: Family = {
  modelType: 'gpt_neox',
  architecture: 'GPTNeoXForCausalLM',
  tensors: {
    embedding: 'gpt_neox.embed_in.weight',
    positions: null,
    finalNorm: 'gpt_neox.final_layer_norm',
    head: 'embed_out.weight',
    headAlias: 'lm_head.weight',
    blocks: 'gpt_neox.layers',
    linears: [
      { path: 'attention.query_key_value', roles: ['q', 'k', 'v'], split: 'heads' },
      { path: 'attention.dense', roles: ['o'] },
      { path: 'mlp.dense_h_to_4h', roles: ['up'] },
      { path: 'mlp.dense_4h_to_h', roles: ['down'] },
    ],
    conv1d: false,
    norm1: 'input_layernorm',
    norm2: 'post_attention_layernorm',
    qNorm: null,
    kNorm: null,
    postAttentionNorm: null,
    postFeedForwardNorm: null,
  },
  defaultTargets: ['query_key_value'],
  ia3Targets: ['query_key_value', 'dense_4h_to_h'],
  fields: {
    ...EVERY_CONFIG,
    // Its class ignores rope_theta and partial_rotary_factor beside its own names for them.
    ...used(
      'rope_parameters',
      'rope_scaling',
      'original_max_position_embeddings',
      'hidden_size',
      'intermediate_size',
      'num_hidden_layers',
      'num_attention_heads',
      'max_position_embeddings',
      'layer_norm_eps',
      'hidden_act',
      'rotary_pct',
      'rotary_emb_base',
      'use_parallel_residual',
      'attention_bias',
    ),
    attention_dropout: DROPOUT_OF_BASE,
    hidden_dropout: DROPOUT_OF_BASE,
    classifier_dropout: OTHER_HEADS,
    is_decoder: { inert: 'a decoder in either case' },
  },
  traits(raw) {
    const c = parse(Fields, raw);
    const headDim = divided(c.hidden_size, c.num_attention_heads, 'hidden_size', 'num_attention_heads');
    const maxPositions = c.max_position_embeddings ?? 2048;
    return {
      layers: c.num_hidden_layers,
      hidden: c.hidden_size,
      heads: c.num_attention_heads,
      kvHeads: c.num_attention_heads,
      headDim,
      intermediate: c.intermediate_size,
      vocab: c.vocab_size,
      maxPositions,
      norm: 'layer',
      normEps: c.layer_norm_eps ?? 1e-5,
      normAddsOne: false,
      sandwichNorms: false,
      qkNorm: false,
      parallelResidual: c.use_parallel_residual ?? true,
      activation: activationOf(c.hidden_act ?? 'gelu'),
      gated: false,
      qkvBias: c.attention_bias ?? true,
      outputBias: c.attention_bias ?? true,
      mlpBias: true,
      attentionScale: 1 / Math.sqrt(headDim),
      layerAttention: everyLayer(c.num_hidden_layers),
      window: null,
      rope: ropesOf(rope.read(c), headDim, maxPositions),
      learnedPositions: false,
      embeddingScale: 1,
      tiedHead: c.tie_word_embeddings ?? false,
      ...tokenFields(c, { bos: 0, eos: [2], pad: null }),
    };
  },
  rope,
  mlx: { refused: 'mlx-lm has its layers under other paths' },
  gguf: {
    architecture: 'gptneox',
    block: {
      'attention.query_key_value': 'attn_qkv',
      'attention.dense': 'attn_output',
      'mlp.dense_h_to_4h': 'ffn_up',
      'mlp.dense_4h_to_h': 'ffn_down',
      input_layernorm: 'attn_norm',
      post_attention_layernorm: 'ffn_norm',
    },
    interleaved: {},
    normsAddOne: false,
    headAlways: true,
    read: null,
    write: writeGguf,
    unwritable,
  },
};

function writeGguf(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): GgufFields {
  const { global } = rope.read(config);
  return {
    keys: {
      ...layerNormKeys(traits),
      'rope.dimension_count': { type: 'u32', value: traits.rope!.global.dims },
      'rope.freq_base': { type: 'f32', value: global.rope_theta },
      ...(global.rope_type === 'linear'
        ? {
            'rope.scaling.type': { type: 'string', value: 'linear' },
            'rope.scaling.factor': { type: 'f32', value: global.factor! },
          }
        : {}),
      use_parallel_residual: { type: 'bool', value: traits.parallelResidual },
    },
    ropeFactors: null,
  };
}

/** What llama.cpp's graph of the architecture has no place for. Its GELU is the tanh form, which differs by 5e-4 at most. */
function unwritable(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): string | null {
  if (traits.activation === 'silu') return 'llama.cpp computes this architecture with GELU alone';
  if (!traits.qkvBias) return 'llama.cpp needs biases in the attention of this architecture';
  const { rope_type: type } = rope.read(config).global;
  return type === 'default' || type === 'linear'
    ? null
    : 'llama.cpp scales the rotary embedding of this architecture linearly or not at all';
}
