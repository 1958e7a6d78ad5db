import { z } from 'zod';
import type { Family } from './family.ts';
import { DROPOUT_OF_BASE, EVERY_CONFIG, OTHER_HEADS, unlessOn, used } from './shared/field-table.ts';
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

const Fields = Common.extend({
  n_embd: count,
  n_layer: layerCount,
  n_head: count,
  n_positions: count,
  n_inner: optionalCount,
  activation_function: z.string().nullish(),
  layer_norm_epsilon: positive.nullish(),
  scale_attn_weights: z.boolean().nullish(),
});

/** Names that other families use, which transformers' class takes for its own; where both are given, these win. */
const ALIASES = {
  hidden_size: 'n_embd',
  num_hidden_layers: 'n_layer',
  num_attention_heads: 'n_head',
  max_position_embeddings: 'n_positions',
};

export const gpt2: Family = {
  modelType: 'gpt2',
  architecture: 'GPT2LMHeadModel',
  tensors: {
    embedding: 'transformer.wte.weight',
    positions: 'transformer.wpe.weight',
    finalNorm: 'transformer.ln_f',
    head: 'lm_head.weight',
    blocks: 'transformer.h',
    linears: [
      { path: 'attn.c_attn', roles: ['q', 'k', 'v'], split: 'thirds' },
      { path: 'attn.c_proj', roles: ['o'] },
      { path: 'mlp.c_fc', roles: ['up'] },
      { path: 'mlp.c_proj', roles: ['down'] },
    ],
    conv1d: true,
    norm1: 'ln_1',
    norm2: 'ln_2',
    qNorm: null,
    kNorm: null,
    postAttentionNorm: null,
    postFeedForwardNorm: null,
  },
  defaultTargets: ['c_attn'],
  ia3Targets: ['c_attn', 'mlp.c_proj'],
  fields: {
    ...EVERY_CONFIG,
    ...used(
      'n_embd',
      'n_layer',
      'n_head',
      'n_positions',
      'n_inner',
      'activation_function',
      'layer_norm_epsilon',
      'scale_attn_weights',
      ...Object.keys(ALIASES),
    ),
    resid_pdrop: DROPOUT_OF_BASE,
    embd_pdrop: DROPOUT_OF_BASE,
    attn_pdrop: DROPOUT_OF_BASE,
    summary_type: OTHER_HEADS,
    summary_use_proj: OTHER_HEADS,
    summary_activation: OTHER_HEADS,
    summary_proj_to_labels: OTHER_HEADS,
    summary_first_dropout: OTHER_HEADS,
    reorder_and_upcast_attn: { inert: 'the order of rounding in half precision; scores are float32 here' },
    scale_attn_by_inverse_layer_idx: unlessOn('attention scaled by the layer’s number'),
    add_cross_attention: unlessOn('cross attention'),
  },
  traits(raw) {
    const given = Object.entries(ALIASES).filter(([alias]) => raw[alias] !== undefined);
    const c = parse(Fields, {
      ...raw,
      ...Object.fromEntries(given.map(([alias, own]) => [own, raw[alias]])),
    });
    const headDim = divided(c.n_embd, c.n_head, 'n_embd', 'n_head');
    return {
      layers: c.n_layer,
      hidden: c.n_embd,
      heads: c.n_head,
      kvHeads: c.n_head,
      headDim,
      intermediate: c.n_inner ?? 4 * c.n_embd,
      vocab: c.vocab_size,
      maxPositions: c.n_positions,
      norm: 'layer',
      normEps: c.layer_norm_epsilon ?? 1e-5,
      normAddsOne: false,
      sandwichNorms: false,
      qkNorm: false,
      parallelResidual: false,
      activation: activationOf(c.activation_function ?? 'gelu_new'),
      gated: false,
      qkvBias: true,
      outputBias: true,
      mlpBias: true,
      attentionScale: (c.scale_attn_weights ?? true) ? 1 / Math.sqrt(headDim) : 1,
      layerAttention: everyLayer(c.n_layer),
      window: null,
      rope: null,
      learnedPositions: true,
      embeddingScale: 1,
      tiedHead: c.tie_word_embeddings ?? true,
      ...tokenFields(c, { bos: 50256, eos: [50256], pad: null }),
    };
  },
  rope: null,
  mlx: { refused: 'mlx-lm has its layers under other paths' },
  gguf: {
    architecture: 'gpt2',
    block: {
      'attn.c_attn': 'attn_qkv',
      'attn.c_proj': 'attn_output',
      'mlp.c_fc': 'ffn_up',
      'mlp.c_proj': 'ffn_down',
      ln_1: 'attn_norm',
      ln_2: 'ffn_norm',
    },
    interleaved: {},
    normsAddOne: false,
    read: null,
    write: (traits) => ({ keys: layerNormKeys(traits), ropeFactors: null }),
    unwritable({ activation, attentionScale, headDim }) {
      if (activation !== 'gelu_tanh')
        return 'llama.cpp computes this architecture with the tanh form of GELU alone';
      return Math.abs(attentionScale * Math.sqrt(headDim) - 1) < 1e-9
        ? null
        : 'llama.cpp scales the attention scores of this architecture, and scale_attn_weights says not to';
    },
  },
};
