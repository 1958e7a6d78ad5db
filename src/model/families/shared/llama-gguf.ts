import { type RopeParameters, ropeOf } from '../../rope.ts';
import type { DecoderTraits } from '../../traits.ts';
import type { GgufFields, GgufReader } from '../family.ts';
import { unsupported } from './fields.ts';
import { oneRope } from './rope-fields.ts';

/**
 * Llama-like families in GGUF: names inside a block, and metadata ↔ config.json both ways.
 * Source: llama.cpp, `gguf-py/gguf/constants.py` and `convert_hf_to_gguf.py`.
 */

export const LLAMA_GGUF_LINEARS: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

export const LLAMA_GGUF_BLOCK: Readonly<Record<string, string>> = {
  ...LLAMA_GGUF_LINEARS,
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
};

export const QK_NORM_GGUF_BLOCK: Readonly<Record<string, string>> = {
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
};

/** The config.json of a Llama-like model, equal to the one that the file was made from as far as it matters. */
export function readLlamaLike(file: GgufReader): Record<string, unknown> {
  const rope = ropeOfFile(file);
  return configOfFile(file, {
    activation: { hidden_act: 'silu' },
    attentionBias: hasBias(file, ATTENTION),
    // Both generations of readers: transformers 5 takes rope_parameters, older programs rope_theta.
    rope: { rope_parameters: rope, rope_theta: rope.rope_theta },
  });
}

/** Fields in which the Llama-likes agree, around those in which they do not. @throws UserError `gguf-bad-metadata` */
export function configOfFile(
  file: GgufReader,
  own: {
    activation: Record<string, string>;
    attentionBias: boolean;
    rope: Record<string, unknown>;
  },
): Record<string, unknown> {
  const heads = file.needed('attention.head_count');
  const headDim = headDimOf(file);
  return {
    vocab_size: file.vocab,
    hidden_size: file.needed('embedding_length'),
    intermediate_size: file.needed('feed_forward_length'),
    num_hidden_layers: file.needed('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: file.number('attention.head_count_kv') ?? heads,
    head_dim: headDim,
    max_position_embeddings: file.needed('context_length'),
    rms_norm_eps: tidy(file.needed('attention.layer_norm_rms_epsilon')),
    ...own.activation,
    attention_bias: own.attentionBias,
    mlp_bias: hasBias(file, ['ffn_gate', 'ffn_up', 'ffn_down']),
    tie_word_embeddings: !file.hasTensor('output.weight'),
    partial_rotary_factor: (file.number('rope.dimension_count') ?? headDim) / headDim,
    ...own.rope,
    bos_token_id: file.tokenIds.bos,
    eos_token_id: file.tokenIds.eos,
    pad_token_id: file.tokenIds.padding,
    dtype: 'float32',
  };
}

/** GGUF's names of attention's linear layers. */
export const ATTENTION: readonly string[] = ['attn_q', 'attn_k', 'attn_v', 'attn_output'];

/** Whether any layer has any of these biases; what lacks one is filled with zeros. */
export function hasBias(file: GgufReader, linears: readonly string[]): boolean {
  return Array.from({ length: file.needed('block_count') }).some((_, layer) =>
    linears.some((linear) => file.hasTensor(`blk.${layer}.${linear}.bias`)),
  );
}

export function headDimOf(file: GgufReader): number {
  return (
    file.number('attention.key_length') ??
    file.needed('embedding_length') / file.needed('attention.head_count')
  );
}

/** `rope_parameters` of the layers that see everything. */
export function ropeOfFile(file: GgufReader): Record<string, unknown> & { rope_theta: number } {
  const theta = file.number('rope.freq_base') ?? 10000;
  return { rope_theta: theta, ...scalingOfFile(file, theta) };
}

function scalingOfFile(file: GgufReader, theta: number): Record<string, unknown> {
  const factors = file.ropeFactors;
  const type = file.value('rope.scaling.type');
  const factor = file.number('rope.scaling.factor') ?? file.number('rope.scale_linear');
  const attention = file.number('rope.scaling.attn_factor') ?? 1;
  if (attention !== 1 && (factors || type !== 'yarn'))
    throw unsupported('a rotary embedding with an attention factor (rope.scaling.attn_factor)');
  if (factors) {
    // llama.cpp divides by both.
    if ((type !== undefined && type !== 'none' && type !== 'linear') || (factor ?? 1) !== 1)
      throw unsupported('a rotary embedding that is scaled twice (rope.scaling and rope_freqs.weight)');
    return llama3Of(factors, theta) ?? { rope_type: 'factors', frequency_factors: factors };
  }
  if (type === undefined || type === 'none' || (type === 'linear' && (factor === null || factor === 1))) {
    return factor !== null && factor !== 1 && type === undefined
      ? { rope_type: 'linear', factor }
      : { rope_type: 'default' };
  }
  return {
    rope_type: type,
    factor,
    original_max_position_embeddings:
      file.number('rope.scaling.original_context_length') ?? file.needed('context_length'),
    beta_fast: file.number('rope.scaling.yarn_beta_fast'),
    beta_slow: file.number('rope.scaling.yarn_beta_slow'),
    // llama.cpp multiplies it by what YaRN scales by.
    ...(attention === 1 ? {} : { attention_factor: attention * (1 + 0.1 * Math.log(factor ?? 1)) }),
  };
}

/**
 * The file keeps Llama 3's scaling only as divisors. All of Meta's models use low 1, high 4 over 8,192 positions;
 * where the divisors are those, the config says so in the words that other programs know.
 */
function llama3Of(factors: readonly number[], theta: number): Record<string, unknown> | null {
  const parameters = {
    rope_type: 'llama3',
    factor: Math.max(...factors),
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const dims = factors.length * 2;
  const { inverseFrequencies } = ropeOf(parameters, theta, dims, 8192);
  const same = factors.every(
    (factor, j) => Math.abs(theta ** ((-2 * j) / dims) / inverseFrequencies[j] / factor - 1) < 1e-4,
  );
  return same ? parameters : null;
}

/** 9.999999747378752e-06 was 1e-05 before it became a float32. */
function tidy(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === Math.fround(value) ? short : value;
}

/**
 * Why a merged model of these traits cannot be written for llama.cpp; null where it can. Ends a sentence as `Refused`.
 * @param biases which ones llama.cpp has for the architecture
 */
export function unwritable(biases: 'all' | 'none') {
  return (traits: DecoderTraits, config: Readonly<Record<string, unknown>>): string | null => {
    if (traits.activation !== 'silu') return 'llama.cpp computes this architecture with SiLU alone';
    if (traits.window !== null && traits.window < traits.maxPositions)
      return 'llama.cpp has no sliding window for this architecture';
    if (biases === 'none' && (traits.qkvBias || traits.outputBias))
      return 'llama.cpp has no biases in the attention of this architecture';
    const rope = oneRope.read(config).global;
    if (rope.rope_type !== 'yarn') return null;
    const usual = 1 + 0.1 * Math.log(yarnFactor(rope, traits));
    const same =
      Math.abs((traits.rope?.global.scale ?? 1) / usual - 1) < 1e-6 &&
      (rope.beta_fast || 32) === 32 &&
      (rope.beta_slow || 1) === 1 &&
      (rope.truncate ?? true);
    return same ? null : 'its YaRN scaling has numbers that not every llama.cpp reads from a file';
  };
}

function yarnFactor(rope: RopeParameters, { maxPositions }: DecoderTraits): number {
  return rope.factor ?? maxPositions / (rope.original_max_position_embeddings ?? maxPositions);
}

/** The metadata of a merged model. */
export function writeLlamaLike(traits: DecoderTraits, config: Readonly<Record<string, unknown>>): GgufFields {
  return llamaLikeFields(traits, oneRope.read(config).global);
}

/** @param rope of the layers that see everything */
export function llamaLikeFields(
  traits: DecoderTraits,
  rope: RopeParameters & { rope_theta: number },
): GgufFields {
  const u32 = (value: number) => ({ type: 'u32' as const, value });
  const f32 = (value: number) => ({ type: 'f32' as const, value });
  return {
    keys: {
      block_count: u32(traits.layers),
      context_length: u32(traits.maxPositions),
      embedding_length: u32(traits.hidden),
      feed_forward_length: u32(traits.intermediate),
      'attention.head_count': u32(traits.heads),
      'attention.head_count_kv': u32(traits.kvHeads),
      'attention.key_length': u32(traits.headDim),
      'attention.value_length': u32(traits.headDim),
      'attention.layer_norm_rms_epsilon': f32(traits.normEps),
      'rope.freq_base': f32(rope.rope_theta),
      'rope.dimension_count': u32(traits.rope?.global.dims ?? traits.headDim),
      vocab_size: u32(traits.vocab),
      ...scalingKeys(rope, traits),
    },
    ropeFactors: ropeFactorsOf(traits, rope),
  };
}

function scalingKeys(rope: RopeParameters, traits: DecoderTraits): GgufFields['keys'] {
  const type = rope.rope_type;
  if (type !== 'linear' && type !== 'yarn') return {};
  const original = rope.original_max_position_embeddings;
  return {
    'rope.scaling.type': { type: 'string', value: type },
    'rope.scaling.factor': { type: 'f32', value: yarnFactor(rope, traits) },
    ...(typeof original === 'number'
      ? { 'rope.scaling.original_context_length': { type: 'u32', value: original } }
      : {}),
  };
}

/** Llama 3's scaling is stored as a tensor: what each plain inverse frequency is divided by. */
function ropeFactorsOf(
  traits: DecoderTraits,
  rope: RopeParameters & { rope_theta: number },
): number[] | null {
  if (!traits.rope || (rope.rope_type !== 'llama3' && rope.rope_type !== 'factors')) return null;
  const { dims, inverseFrequencies } = traits.rope.global;
  return inverseFrequencies.map((scaled, j) => rope.rope_theta ** ((-2 * j) / dims) / scaled);
}
