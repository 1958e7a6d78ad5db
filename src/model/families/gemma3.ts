import { z } from 'zod';
import type { DecoderTraits } from '../traits.ts';
import type { Family, GgufFields, GgufReader, RopeFields } from './family.ts';
import { LLAMA_LIKE_FIELDS, unlessGiven, unlessOn, used } from './shared/field-table.ts';
import { everyLayer, layerKinds, optionalCount, parse, positive, windowed } from './shared/fields.ts';
import {
  ATTENTION,
  configOfFile,
  hasBias,
  headDimOf,
  LLAMA_GGUF_LINEARS,
  llamaLikeFields,
  QK_NORM_GGUF_BLOCK,
  ropeOfFile,
} from './shared/llama-gguf.ts';
import { ATTENTION_PROJECTIONS, LLAMA_TENSORS, LlamaLike, llamaLike } from './shared/llama-like.ts';
import {
  filledRope,
  layeredRopes,
  type SharedRopeFields,
  scalingOf,
  wholeHeads,
} from './shared/rope-fields.ts';

const Fields = LlamaLike.extend({
  hidden_activation: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
  sliding_window: z.int().nullish(),
  layer_types: z.array(z.string()).nullish(),
  sliding_window_pattern: optionalCount,
  query_pre_attn_scalar: positive.nullish(),
  rope_local_base_freq: positive.nullish(),
});

const DEFAULTS = {
  kvHeads: 4,
  headDim: 256,
  maxPositions: 131072,
  tied: true,
  bos: 2,
  eos: [1],
  pad: 0,
};

/** Of every so many layers the last sees everything. */
const PATTERN = 6;

/** One rotary embedding for the layers that see everything and one for those that see a window. */
const rope: RopeFields = {
  /** `rope_scaling` is for the full layers only, and laid over what `rope_parameters` says of them. */
  read(config) {
    const c = config as SharedRopeFields & { rope_local_base_freq?: number | null };
    const { full_attention: full, sliding_attention: sliding } = layeredRopes(c);
    const share = c.partial_rotary_factor;
    return {
      global: wholeHeads(filledRope({ ...full, ...scalingOf(c) }, c.rope_theta ?? 1e6, share)),
      local: wholeHeads(filledRope({ ...sliding }, c.rope_local_base_freq ?? 10000, share)),
    };
  },
  write: ({ global, local }) => ({
    rope_theta: global.rope_theta,
    rope_local_base_freq: local.rope_theta,
    rope_parameters: { full_attention: global, sliding_attention: local },
  }),
};

export const gemma3: Family = {
  modelType: 'gemma3_text',
  architecture: 'Gemma3ForCausalLM',
  tensors: {
    ...LLAMA_TENSORS,
    norm2: 'pre_feedforward_layernorm',
    qNorm: 'self_attn.q_norm',
    kNorm: 'self_attn.k_norm',
    postAttentionNorm: 'post_attention_layernorm',
    postFeedForwardNorm: 'post_feedforward_layernorm',
  },
  defaultTargets: ATTENTION_PROJECTIONS,
  ia3Targets: ['q_proj', 'v_proj', 'down_proj'],
  fields: {
    ...LLAMA_LIKE_FIELDS,
    ...used(
      'hidden_activation',
      'attention_bias',
      'sliding_window',
      'layer_types',
      'sliding_window_pattern',
      'query_pre_attn_scalar',
      'rope_local_base_freq',
    ),
    _sliding_window_pattern: { inert: 'where it came from; layer_types says what it made' },
    final_logit_softcapping: unlessGiven('soft-capped logits'),
    attn_logit_softcapping: unlessGiven('soft-capped attention scores'),
    use_bidirectional_attention: unlessOn('bidirectional attention'),
  },
  traits(raw) {
    const c = parse(Fields, raw);
    const pattern = c.sliding_window_pattern ?? PATTERN;
    const kinds = c.layer_types
      ? layerKinds(c.layer_types, c.num_hidden_layers)
      : everyLayer(c.num_hidden_layers, (layer) => (layer + 1) % pattern !== 0);
    const bias = c.attention_bias ?? false;
    return {
      ...llamaLike(c, DEFAULTS, c.hidden_activation ?? 'gelu_pytorch_tanh', rope),
      ...windowed(kinds, c.sliding_window),
      normAddsOne: true,
      sandwichNorms: true,
      qkNorm: true,
      qkvBias: bias,
      outputBias: bias,
      attentionScale: 1 / Math.sqrt(c.query_pre_attn_scalar ?? 256),
      embeddingScale: Math.sqrt(c.hidden_size),
    };
  },
  rope,
  mlx: { differs: mlxDiffers, olderRope: { rope_theta: 1e6, rope_local_base_freq: 1e4 } },
  gguf: {
    architecture: 'gemma3',
    block: {
      ...LLAMA_GGUF_LINEARS,
      ...QK_NORM_GGUF_BLOCK,
      input_layernorm: 'attn_norm',
      post_attention_layernorm: 'post_attention_norm',
      pre_feedforward_layernorm: 'ffn_norm',
      post_feedforward_layernorm: 'post_ffw_norm',
    },
    interleaved: {},
    normsAddOne: true,
    read: readGguf,
    write: writeGguf,
    unwritable,
  },
};

/** The file has a pattern's length, whether each layer has a window, or nothing. */
function slides(file: GgufReader, layer: number): boolean {
  const given = file.value('attention.sliding_window_pattern');
  if (Array.isArray(given)) return Boolean(given[layer]);
  return (layer + 1) % (typeof given === 'number' ? given : PATTERN) !== 0;
}

function readGguf(file: GgufReader): Record<string, unknown> {
  const layers = file.needed('block_count');
  const heads = file.needed('attention.head_count');
  return configOfFile(file, {
    activation: { hidden_activation: 'gelu_pytorch_tanh' },
    attentionBias: hasBias(file, ATTENTION),
    rope: {
      rope_parameters: {
        full_attention: ropeOfFile(file),
        sliding_attention: {
          rope_type: 'default',
          rope_theta: file.number('rope.freq_base_swa') ?? 10000,
        },
      },
      sliding_window: file.number('attention.sliding_window') ?? 512,
      layer_types: Array.from({ length: layers }, (_, i) =>
        slides(file, i) ? 'sliding_attention' : 'full_attention',
      ),
      query_pre_attn_scalar: scoreScale({
        layers,
        heads,
        hidden: file.needed('embedding_length'),
        headDim: headDimOf(file),
      }),
    },
  });
}

/** llama.cpp knows the 27B model by its layers; that alone scales scores by hidden / heads. */
function scoreScale({
  layers,
  heads,
  hidden,
  headDim,
}: Pick<DecoderTraits, 'layers' | 'heads' | 'hidden' | 'headDim'>): number {
  return layers === 62 ? Math.floor(hidden / heads) : headDim;
}

function writeGguf(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): GgufFields {
  const { global, local } = rope.read(config);
  const { keys, ropeFactors } = llamaLikeFields(traits, global);
  const { window, layerAttention } = traits;
  if (window === null) return { keys, ropeFactors };
  const usual = layerAttention.every((kind, layer) => (kind === 'local') === ((layer + 1) % PATTERN !== 0));
  return {
    keys: {
      ...keys,
      'attention.sliding_window': { type: 'u32', value: window },
      ...(usual
        ? {}
        : {
            'attention.sliding_window_pattern': {
              type: 'bools',
              value: layerAttention.map((kind) => kind === 'local'),
            },
          }),
      'rope.freq_base_swa': { type: 'f32', value: local.rope_theta },
    },
    ropeFactors,
  };
}

/** mlx-lm goes by `sliding_window_pattern` alone. Source: mlx-lm 0.32, `models/gemma3_text.py`. */
function mlxDiffers(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): string | null {
  const pattern = typeof config.sliding_window_pattern === 'number' ? config.sliding_window_pattern : PATTERN;
  if (traits.activation !== 'gelu_tanh')
    return 'mlx-lm computes this architecture with the tanh form of GELU alone';
  if (traits.outputBias) return 'mlx-lm has no biases in the attention of this architecture';
  const same = traits.layerAttention.every((kind, i) => (kind === 'local') === ((i + 1) % pattern !== 0));
  if (!same || traits.layers < pattern)
    return `mlx-lm takes every layer whose number is a multiple of ${pattern} for one that sees everything, and layer_types says otherwise`;
  return rope.read(config).local.rope_type === 'default'
    ? null
    : 'mlx-lm does not scale the rotary embedding of the layers that see a window';
}

/** What llama.cpp's graph of the architecture has no place for. */
function unwritable(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): string | null {
  const { global, local } = rope.read(config);
  if (traits.activation !== 'gelu_tanh')
    return 'llama.cpp computes this architecture with the tanh form of GELU alone';
  if (traits.qkvBias || traits.outputBias)
    return 'llama.cpp has no biases in the attention of this architecture';
  if (Math.abs(traits.attentionScale * Math.sqrt(scoreScale(traits)) - 1) > 1e-6)
    return 'llama.cpp scales the attention scores of this architecture by the size of a head, and query_pre_attn_scalar says otherwise';
  if (local.rope_type !== 'default')
    return 'llama.cpp does not scale the rotary embedding of the layers that see a window';
  return global.rope_type === 'default' || global.rope_type === 'linear'
    ? null
    : 'llama.cpp scales the rotary embedding of this architecture linearly or not at all';
}
