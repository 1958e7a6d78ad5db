import { z } from 'zod';
import type { Family } from './family.ts';
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
  refuses: {
    scale_attn_by_inverse_layer_idx: 'attention scaled by the layer’s number',
    add_cross_attention: 'cross attention',
  },
  traits(raw) {
    const c = parse(Fields, raw);
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
    },
    interleaved: {},
    normsAddOne: false,
    read: null,
    write: { refused: 'its transposed matrices and learned positions have no writer here' },
  },
};
