import { UserError } from '../../errors.ts';
import type { Family } from '../../model/config.ts';
import { FAMILIES } from '../../model/families/names.ts';
import { ropeOf } from '../../model/rope.ts';
import type { Gguf, GgufValue } from './read.ts';
import { idOf } from './tokenizer.ts';

/** GGUF's names: architectures, tensors, and a config.json made from the metadata. */

/** `general.architecture` → family. Mistral's files say `llama`. */
export const GGUF_FAMILIES: Readonly<Record<string, Family>> = {
  llama: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  gemma3: 'gemma3',
};

/** family → `general.architecture`; null where GGUF has none that is written here. */
export function ggufArchitecture(family: Family): string | null {
  if (family === 'mistral') return 'llama';
  return Object.entries(GGUF_FAMILIES).find(([, known]) => known === family)?.[0] ?? null;
}

/** Tensor names inside a block; Hugging Face's path → GGUF's. */
export const GGUF_LINEARS: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** GGUF's tensor name without `.weight` / `.bias` → Hugging Face's; null for those that are not weights of the model. */
export function huggingFaceName(gguf: string, family: Family): string | null {
  const names = FAMILIES[family];
  const dot = gguf.lastIndexOf('.');
  const [stem, part] = [gguf.slice(0, dot), gguf.slice(dot + 1)];
  if (part !== 'weight' && part !== 'bias') return null;
  if (stem === 'token_embd') return names.embedding;
  if (stem === 'output') return names.head;
  if (stem === 'output_norm') return `${names.finalNorm}.${part}`;
  const block = /^blk\.(\d+)\.(\w+)$/.exec(stem);
  if (!block) return null;
  const inside = blockNames(family)[block[2]];
  return inside ? `${names.blocks}.${block[1]}.${inside}.${part}` : null;
}

/** The other way: Hugging Face's tensor name → GGUF's; null where it has none. */
export function ggufName(name: string, family: Family): string | null {
  const names = FAMILIES[family];
  if (name === names.embedding) return 'token_embd.weight';
  if (name === names.head) return 'output.weight';
  const dot = name.lastIndexOf('.');
  const [stem, part] = [name.slice(0, dot), name.slice(dot + 1)];
  if (stem === names.finalNorm) return `output_norm.${part}`;
  const block = /^(\d+)\.(.+)$/.exec(
    stem.startsWith(`${names.blocks}.`) ? stem.slice(names.blocks.length + 1) : '',
  );
  if (!block) return null;
  const found = Object.entries(blockNames(family)).find(([, ours]) => ours === block[2]);
  return found ? `blk.${block[1]}.${found[0]}.${part}` : null;
}

function blockNames(family: Family): Record<string, string> {
  const names = FAMILIES[family];
  const table: Record<string, string> = Object.fromEntries(
    Object.entries(GGUF_LINEARS).map(([theirs, ours]) => [ours, theirs]),
  );
  table.attn_norm = names.norm1;
  table.ffn_norm = names.norm2;
  if (names.qNorm) table.attn_q_norm = names.qNorm;
  if (names.kNorm) table.attn_k_norm = names.kNorm;
  if (names.postAttentionNorm) table.post_attention_norm = names.postAttentionNorm;
  if (names.postFeedForwardNorm) table.post_ffw_norm = names.postFeedForwardNorm;
  return table;
}

/** The family of a file. @throws UserError `unknown-architecture`, `gguf-not-a-model` */
export function ggufFamily(metadata: ReadonlyMap<string, GgufValue>): {
  architecture: string;
  family: Family;
} {
  const architecture = metadata.get('general.architecture');
  const type = metadata.get('general.type') ?? 'model';
  if (type !== 'model')
    throw new UserError(
      'gguf-not-a-model',
      `This GGUF file holds “${String(type).slice(0, 40)}”, not a model. Choose the base model’s file.`,
    );
  if (Number(metadata.get('split.count') ?? 1) > 1)
    throw new UserError(
      'gguf-split',
      'This GGUF file is one of several parts, which are not read. Join them with llama-gguf-split --merge, or choose a file in one part.',
    );
  if (typeof architecture === 'string' && Object.hasOwn(GGUF_FAMILIES, architecture))
    return { architecture, family: GGUF_FAMILIES[architecture] };
  throw new UserError(
    'unknown-architecture',
    `GGUF files of the architecture “${String(architecture).slice(0, 60)}” are not supported. Known are ${Object.keys(GGUF_FAMILIES).join(', ')}; other families can be opened as a safetensors folder.`,
  );
}

/**
 * A config.json equal to the one that the file was made from, as far as it matters.
 * @param ropeFactors `rope_freqs.weight` where the file has one (Llama 3).
 * @throws UserError `gguf-bad-metadata`
 */
export function ggufConfig(
  { metadata, tensors }: Gguf,
  architecture: string,
  family: Family,
  ropeFactors: number[] | null,
): Record<string, unknown> {
  const get = (key: string) => metadata.get(`${architecture}.${key}`);
  const number = (key: string): number | null => {
    const value = get(key);
    return typeof value === 'number' ? value : null;
  };
  const needed = (key: string): number => {
    const value = number(key);
    if (value !== null) return value;
    throw new UserError(
      'gguf-bad-metadata',
      `This GGUF file has no number ${architecture}.${key} in its metadata. Get the file again.`,
    );
  };
  if ((number('expert_count') ?? 0) > 0)
    throw new UserError(
      'unsupported-trait',
      'The model uses a mixture of experts, which is not supported. Choose another model.',
    );
  const embedding = tensors.get('token_embd.weight');
  const heads = needed('attention.head_count');
  const hidden = needed('embedding_length');
  const layers = needed('block_count');
  const headDim = number('attention.key_length') ?? hidden / heads;
  const positions = needed('context_length');
  const theta = number('rope.freq_base') ?? 10000;
  const rope = { rope_theta: theta, ...scaling(get, number, positions, theta, ropeFactors) };
  const rotary = number('rope.dimension_count') ?? headDim;
  const names = FAMILIES[family];
  const gemma = family === 'gemma3';
  const pattern = 6;
  return {
    architectures: [names.architecture],
    model_type: names.modelType,
    vocab_size: embedding?.shape[0] ?? 0,
    hidden_size: hidden,
    intermediate_size: needed('feed_forward_length'),
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: number('attention.head_count_kv') ?? heads,
    head_dim: headDim,
    max_position_embeddings: positions,
    rms_norm_eps: tidy(needed('attention.layer_norm_rms_epsilon')),
    [gemma ? 'hidden_activation' : 'hidden_act']: gemma ? 'gelu_pytorch_tanh' : 'silu',
    attention_bias: family !== 'qwen2' && tensors.has('blk.0.attn_q.bias'),
    mlp_bias: tensors.has('blk.0.ffn_gate.bias'),
    tie_word_embeddings: !tensors.has('output.weight'),
    partial_rotary_factor: rotary / headDim,
    // Both generations of readers: transformers 5 takes rope_parameters, older programs rope_theta.
    ...(gemma
      ? {
          rope_parameters: {
            full_attention: rope,
            sliding_attention: { rope_type: 'default', rope_theta: number('rope.freq_base_swa') ?? 10000 },
          },
          sliding_window: number('attention.sliding_window') ?? 512,
          layer_types: Array.from({ length: layers }, (_, i) =>
            (i + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention',
          ),
          // llama.cpp: the 27B model alone scales by hidden / heads.
          query_pre_attn_scalar: layers === 62 ? hidden / heads : headDim,
        }
      : { rope_parameters: rope, rope_theta: theta }),
    bos_token_id: idOf(metadata, 'bos'),
    eos_token_id: idOf(metadata, 'eos'),
    pad_token_id: idOf(metadata, 'padding'),
    dtype: 'float32',
  };
}

function scaling(
  get: (key: string) => GgufValue | undefined,
  number: (key: string) => number | null,
  positions: number,
  theta: number,
  factors: number[] | null,
): Record<string, unknown> {
  if (factors) return llama3Of(factors, theta) ?? { rope_type: 'factors', frequency_factors: factors };
  const type = get('rope.scaling.type');
  const factor = number('rope.scaling.factor') ?? number('rope.scale_linear');
  if (type === undefined || type === 'none' || (type === 'linear' && (factor === null || factor === 1))) {
    return factor !== null && factor !== 1 && type === undefined
      ? { rope_type: 'linear', factor }
      : { rope_type: 'default' };
  }
  return {
    rope_type: type,
    factor,
    original_max_position_embeddings: number('rope.scaling.original_context_length') ?? positions,
    beta_fast: number('rope.scaling.yarn_beta_fast'),
    beta_slow: number('rope.scaling.yarn_beta_slow'),
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
