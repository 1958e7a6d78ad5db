import { UserError } from '../../errors.ts';
import type { DecoderConfig, Family } from '../config.ts';
import { type RopeParameters, ropeOf } from '../rope.ts';
import { expectedTensors, FAMILIES } from './names.ts';
import {
  Generation,
  Gpt2,
  LayeredRopeSchema,
  LlamaLike,
  type LlamaLikeConfig,
  Neox,
  parse,
  Quantised,
} from './schemas.ts';

/** `config.json` of a Hugging Face model → `DecoderConfig`. Defaults are those of transformers' config classes. */

/** Where the families built like Llama differ in defaults. */
const LLAMA_DEFAULTS: Record<
  Exclude<Family, 'gpt2' | 'gpt_neox'>,
  {
    kvHeads: number | null;
    headDim: number | null;
    maxPositions: number;
    tied: boolean;
    bos: number | null;
    eos: number[];
    pad: number | null;
  }
> = {
  llama: { kvHeads: null, headDim: null, maxPositions: 2048, tied: false, bos: 1, eos: [2], pad: null },
  mistral: { kvHeads: 8, headDim: null, maxPositions: 131072, tied: false, bos: 1, eos: [2], pad: null },
  qwen2: { kvHeads: 32, headDim: null, maxPositions: 32768, tied: false, bos: null, eos: [], pad: null },
  qwen3: { kvHeads: 32, headDim: 128, maxPositions: 32768, tied: false, bos: null, eos: [], pad: null },
  gemma3: { kvHeads: 4, headDim: 256, maxPositions: 131072, tied: true, bos: 2, eos: [1], pad: 0 },
};

/**
 * Reads a model's config.
 * @param raw parsed config.json.
 * @param tensors the file's tensors: their names and shapes are then checked against the config.
 * @param generationConfig parsed generation_config.json: its `eos_token_id`s stop generation too.
 * @throws UserError `unknown-architecture`, `bad-config`, `unknown-rope`, `unsupported-trait`,
 * `quantised-checkpoint`, `missing-tensor`, `shape-mismatch`.
 */
export function parseConfig(
  raw: Record<string, unknown>,
  tensors?: ReadonlyMap<string, { shape: readonly number[] }>,
  generationConfig?: Record<string, unknown> | null,
): DecoderConfig {
  const family = familyOf(raw);
  const quantised = Quantised.safeParse(raw.quantization_config);
  if (quantised.success && quantised.data.quant_method !== 'gguf') {
    throw new UserError(
      'quantised-checkpoint',
      `This copy of the model is quantised with ${quantised.data.quant_method}, which is not read here. Choose the original in F16 or BF16, or a GGUF file; either can be held in 8 or 4 bits while training.`,
    );
  }
  const config = family === 'gpt2' ? gpt2(raw) : family === 'gpt_neox' ? neox(raw) : llamaLike(raw, family);
  const stops = Generation.safeParse(generationConfig ?? {});
  if (stops.success)
    config.eosTokenIds = [...new Set([...config.eosTokenIds, ...tokenIds(stops.data.eos_token_id, [])])];
  checkHeads(config);
  if (tensors) checkTensors(config, tensors);
  return config;
}

function familyOf(raw: Record<string, unknown>): Family {
  const architecture = Array.isArray(raw.architectures) ? String(raw.architectures[0]) : null;
  for (const [family, names] of Object.entries(FAMILIES)) {
    if (architecture ? architecture === names.architecture : raw.model_type === names.modelType)
      return family as Family;
  }
  // The hub's bare decoders (`GPT2Model`) are the same weights without a head.
  for (const [family, names] of Object.entries(FAMILIES)) {
    if (raw.model_type === names.modelType && /^[A-Za-z0-9]+Model$/.test(architecture ?? ''))
      return family as Family;
  }
  const known = Object.values(FAMILIES)
    .map(({ architecture: name }) => name)
    .join(', ');
  const given = architecture ?? (typeof raw.model_type === 'string' ? raw.model_type : null);
  throw new UserError(
    'unknown-architecture',
    given
      ? `The architecture ${given.slice(0, 100)} is not supported. Known are ${known}; choose a model of one of these.`
      : `config.json names no architecture, so this may not be a language model. Known are ${known}.`,
  );
}

function llamaLike(raw: Record<string, unknown>, family: keyof typeof LLAMA_DEFAULTS): DecoderConfig {
  const c = parse(LlamaLike, raw);
  const defaults = LLAMA_DEFAULTS[family];
  const gemma = family === 'gemma3';
  if (gemma && (c.final_logit_softcapping || c.attn_logit_softcapping))
    throw unsupported('soft-capped logits');
  if (gemma && c.use_bidirectional_attention) throw unsupported('bidirectional attention');
  const heads = c.num_attention_heads;
  // An explicit null means "as many as heads"; an absent field the class's default.
  const kvHeads =
    c.num_key_value_heads ?? (c.num_key_value_heads === null ? heads : (defaults.kvHeads ?? heads));
  const headDim =
    c.head_dim ?? defaults.headDim ?? divided(c.hidden_size, heads, 'hidden_size', 'num_attention_heads');
  const layerAttention = attentionKinds(c, family);
  const maxPositions = c.max_position_embeddings ?? defaults.maxPositions;
  const bias = c.attention_bias ?? false;
  return {
    family,
    architecture: FAMILIES[family].architecture,
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
    normAddsOne: gemma,
    sandwichNorms: gemma,
    qkNorm: gemma || family === 'qwen3',
    parallelResidual: false,
    activation: activationOf(
      (gemma ? c.hidden_activation : c.hidden_act) ?? (gemma ? 'gelu_pytorch_tanh' : 'silu'),
    ),
    gated: true,
    qkvBias: family === 'qwen2' ? true : family === 'mistral' ? false : bias,
    outputBias: family === 'qwen2' || family === 'mistral' ? false : bias,
    mlpBias: family === 'llama' ? (c.mlp_bias ?? false) : false,
    attentionScale: 1 / Math.sqrt(gemma ? (c.query_pre_attn_scalar ?? 256) : headDim),
    layerAttention,
    window: layerAttention.includes('local') ? windowOf(c, family) : null,
    rope: ropes(c, family, headDim, maxPositions),
    learnedPositions: false,
    embeddingScale: gemma ? Math.sqrt(c.hidden_size) : 1,
    tiedHead: c.tie_word_embeddings ?? defaults.tied,
    bosTokenId: c.bos_token_id === undefined ? defaults.bos : c.bos_token_id,
    eosTokenIds: tokenIds(c.eos_token_id, defaults.eos),
    padTokenId: padId(c.pad_token_id, defaults.pad),
  };
}

function windowOf(c: LlamaLikeConfig, family: Family): number {
  const window = c.sliding_window ?? 4096;
  if (window < 1)
    throw new UserError(
      'bad-config',
      `config.json gives the sliding window ${window}, which is not a length (${family}).`,
    );
  return window;
}

/** Which layers see only the window. */
function attentionKinds(c: LlamaLikeConfig, family: keyof typeof LLAMA_DEFAULTS): ('global' | 'local')[] {
  const layers = c.num_hidden_layers;
  const every = (kind: (layer: number) => boolean) =>
    Array.from({ length: layers }, (_, i) => (kind(i) ? ('local' as const) : ('global' as const)));
  if (family === 'llama') return every(() => false);
  if (family === 'mistral') return every(() => c.sliding_window !== null);
  if (c.layer_types) {
    if (c.layer_types.length !== layers) {
      throw new UserError(
        'bad-config',
        `config.json lists ${c.layer_types.length} layer_types for ${layers} layers. Get the file again.`,
      );
    }
    for (const type of c.layer_types) {
      if (type !== 'full_attention' && type !== 'sliding_attention')
        throw unsupported(`layers of type ${type}`);
    }
    return c.layer_types.map((type) => (type === 'sliding_attention' ? 'local' : 'global'));
  }
  if (family === 'gemma3') {
    const pattern = c.sliding_window_pattern ?? c._sliding_window_pattern ?? 6;
    return every((layer) => (layer + 1) % pattern !== 0);
  }
  return every(
    (layer) =>
      (c.use_sliding_window ?? false) && c.sliding_window !== null && layer >= (c.max_window_layers ?? 28),
  );
}

/** Fields of either generation of config that say how positions are rotated; `parseConfig` has checked them. */
export interface RopeFields {
  rope_parameters?: object | null;
  rope_scaling?: object | null;
  rope_theta?: number | null;
  rope_local_base_freq?: number | null;
  partial_rotary_factor?: number | null;
  rotary_emb_base?: number | null;
  rotary_pct?: number | null;
}

/**
 * Rotary settings by kind of layer as transformers 5 has them, with base and share filled in. Where a config has both
 * generations and they differ, it goes as in transformers: `rope_scaling` wins, and of Gemma 3 only its own fields.
 * @throws UserError `bad-config`
 */
export function ropeParametersOf(
  c: RopeFields,
  family: Family,
): { global: RopeParameters; local: RopeParameters } {
  const scaling = Object.keys(c.rope_scaling ?? {}).length > 0 ? c.rope_scaling : null;
  const filled = (given: RopeParameters, theta: number, share?: number | null): RopeParameters => {
    const partial = given.partial_rotary_factor ?? share;
    return {
      ...given,
      rope_type: given.rope_type ?? given.type ?? 'default',
      rope_theta: given.rope_theta ?? theta,
      ...(partial == null ? {} : { partial_rotary_factor: partial }),
    };
  };
  const layered = parse(LayeredRopeSchema.partial(), { ...c.rope_parameters });
  if (family === 'gemma3') {
    const share = c.partial_rotary_factor;
    return {
      global: filled({ ...layered.full_attention, ...scaling }, c.rope_theta ?? 1e6, share),
      local: filled({ ...layered.sliding_attention }, c.rope_local_base_freq ?? 10000, share),
    };
  }
  const given = scaling ?? layered.full_attention ?? c.rope_parameters ?? {};
  const one =
    family === 'gpt_neox'
      ? filled(given, c.rotary_emb_base ?? c.rope_theta ?? 10000, c.rotary_pct ?? 0.25)
      : filled(given, c.rope_theta ?? 10000, c.partial_rotary_factor);
  return { global: one, local: one };
}

function ropes(c: RopeFields, family: Family, headDim: number, maxPositions: number): DecoderConfig['rope'] {
  const { global, local } = ropeParametersOf(c, family);
  const dims = Math.floor(headDim * (global.partial_rotary_factor ?? 1));
  return {
    global: ropeOf(global, global.rope_theta!, dims, maxPositions),
    local: ropeOf(local, local.rope_theta!, dims, maxPositions),
  };
}

function gpt2(raw: Record<string, unknown>): DecoderConfig {
  const c = parse(Gpt2, raw);
  if (c.scale_attn_by_inverse_layer_idx) throw unsupported('attention scaled by the layer’s number');
  if (c.add_cross_attention) throw unsupported('cross attention');
  const headDim = divided(c.n_embd, c.n_head, 'n_embd', 'n_head');
  return {
    family: 'gpt2',
    architecture: FAMILIES.gpt2.architecture,
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
    layerAttention: Array.from({ length: c.n_layer }, () => 'global' as const),
    window: null,
    rope: null,
    learnedPositions: true,
    embeddingScale: 1,
    tiedHead: c.tie_word_embeddings ?? true,
    bosTokenId: c.bos_token_id === undefined ? 50256 : c.bos_token_id,
    eosTokenIds: tokenIds(c.eos_token_id, [50256]),
    padTokenId: padId(c.pad_token_id, null),
  };
}

function neox(raw: Record<string, unknown>): DecoderConfig {
  const c = parse(Neox, raw);
  const headDim = divided(c.hidden_size, c.num_attention_heads, 'hidden_size', 'num_attention_heads');
  const maxPositions = c.max_position_embeddings ?? 2048;
  return {
    family: 'gpt_neox',
    architecture: FAMILIES.gpt_neox.architecture,
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
    layerAttention: Array.from({ length: c.num_hidden_layers }, () => 'global' as const),
    window: null,
    rope: ropes(c, 'gpt_neox', headDim, maxPositions),
    learnedPositions: false,
    embeddingScale: 1,
    tiedHead: c.tie_word_embeddings ?? false,
    bosTokenId: c.bos_token_id === undefined ? 0 : c.bos_token_id,
    eosTokenIds: tokenIds(c.eos_token_id, [2]),
    padTokenId: padId(c.pad_token_id, null),
  };
}

const ACTIVATIONS: Readonly<Record<string, DecoderConfig['activation']>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
};

function activationOf(name: string): DecoderConfig['activation'] {
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name];
  throw unsupported(`the activation ${name}`);
}

function unsupported(what: string): UserError {
  return new UserError(
    'unsupported-trait',
    `The model uses ${what}, which is not supported. Choose another model.`,
  );
}

function tokenIds(given: number | number[] | null | undefined, fallback: readonly number[]): number[] {
  if (given === undefined) return [...fallback];
  if (given === null) return [];
  return typeof given === 'number' ? [given] : given;
}

/** Some configs say −1 for "none". */
function padId(given: number | null | undefined, fallback: number | null): number | null {
  if (given === undefined) return fallback;
  return given !== null && given >= 0 ? given : null;
}

function divided(size: number, parts: number, sizeName: string, partsName: string): number {
  if (size % parts === 0) return size / parts;
  throw new UserError(
    'bad-config',
    `config.json does not add up: ${sizeName} ${size} is not a multiple of ${partsName} ${parts}. Get the file again from where the model came from.`,
  );
}

function checkHeads(config: DecoderConfig): void {
  divided(config.heads, config.kvHeads, 'num_attention_heads', 'num_key_value_heads');
  for (const rope of config.rope ? [config.rope.global, config.rope.local] : []) {
    if (rope.dims < 2 || rope.dims % 2 !== 0 || rope.dims > config.headDim) {
      throw new UserError(
        'bad-config',
        `config.json does not add up: a rotary embedding over ${rope.dims} of ${config.headDim} head dimensions. Get the file again from where the model came from.`,
      );
    }
  }
}

/**
 * Checks that the file has every tensor that the config promises, in the promised shape.
 * @throws UserError `missing-tensor`, `shape-mismatch`
 */
export function checkTensors(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, { shape: readonly number[] }>,
): void {
  const { embedding } = FAMILIES[config.family];
  for (const { name, shape } of expectedTensors(config)) {
    const found = tensors.get(name);
    if (!found) {
      throw new UserError(
        'missing-tensor',
        `The weights have no tensor ${name}, which config.json (${config.architecture}, ${config.layers} layers) calls for. Check that both are of the same model and that no file is missing.`,
      );
    }
    if (found.shape.length === shape.length && found.shape.every((size, i) => size === shape[i])) continue;
    const vocabulary = name === embedding && found.shape.length === 2 && found.shape[1] === shape[1];
    throw new UserError(
      'shape-mismatch',
      vocabulary
        ? `config.json says a vocabulary of ${shape[0]} and the embedding ${name} has ${found.shape[0]} rows. Check that both are of the same model.`
        : `config.json calls for ${name} of shape [${shape.join(', ')}] and the weights have [${found.shape.join(', ')}]. Check that both are of the same model.`,
    );
  }
}
