/**
 * What becomes of each field of config.json. Every field of transformers' config class of a family is in the family's
 * table, so that none that changes numbers is passed over in silence.
 */
export type FieldUse =
  /** `traits` reads it. */
  | 'used'
  /** It changes no number here; why. */
  | { inert: string }
  /** Absent or one of these values; with any other, the model uses what is said. */
  | { only: readonly unknown[]; otherwise: string };

export type FieldTable = Readonly<Record<string, FieldUse>>;

const inert = (inert: string, ...fields: string[]): FieldTable =>
  Object.fromEntries(fields.map((field) => [field, { inert }]));

export const used = (...fields: string[]): FieldTable =>
  Object.fromEntries(fields.map((field) => [field, 'used']));

/** Refused when true. */
export const unlessOn = (otherwise: string): FieldUse => ({ only: [null, false], otherwise });

/** Refused when there is a value at all. */
export const unlessGiven = (otherwise: string): FieldUse => ({ only: [null], otherwise });

export const DROPOUT_OF_BASE: FieldUse = {
  inert: 'dropout within the frozen base; only the adapter’s own dropout is trained with',
};

export const OTHER_HEADS: FieldUse = { inert: 'a head that classifies or sums up' };

/** transformers' `PreTrainedConfig`, and what every family here reads. */
export const EVERY_CONFIG: FieldTable = {
  ...used('vocab_size', 'bos_token_id', 'eos_token_id', 'pad_token_id', 'tie_word_embeddings'),
  ...inert('decides the family before the table is asked', 'model_type', 'architectures'),
  ...inert('who wrote the file', 'transformers_version', '_name_or_path'),
  ...inert('which file has the weights, chosen before the table is asked', 'transformers_weights'),
  ...inert('the type of each tensor is in the weights file', 'dtype', 'torch_dtype'),
  ...inert('what a call returns', 'output_hidden_states', 'output_attentions', 'return_dict', 'use_cache'),
  ...inert('the same result in parts', 'chunk_size_feed_forward'),
  ...inert('other tasks', 'id2label', 'label2id', 'problem_type'),
  ...inert('how fresh weights are drawn', 'initializer_range'),
  is_encoder_decoder: unlessOn('an encoder beside its decoder'),
};

/** How positions are rotated, in either generation. */
export const ROPE_FIELDS: FieldTable = used(
  'rope_parameters',
  'rope_scaling',
  'rope_theta',
  'partial_rotary_factor',
  'original_max_position_embeddings',
);

export const LLAMA_LIKE_FIELDS: FieldTable = {
  ...EVERY_CONFIG,
  ...ROPE_FIELDS,
  ...used(
    'hidden_size',
    'intermediate_size',
    'num_hidden_layers',
    'num_attention_heads',
    'num_key_value_heads',
    'head_dim',
    'max_position_embeddings',
    'rms_norm_eps',
  ),
  attention_dropout: DROPOUT_OF_BASE,
};

/** Within `rope_parameters` or `rope_scaling`. */
export const WITHIN_ROPE: FieldTable = {
  ...used(
    'rope_type',
    'type',
    'rope_theta',
    'factor',
    'low_freq_factor',
    'high_freq_factor',
    'original_max_position_embeddings',
    'partial_rotary_factor',
    'attention_factor',
    'beta_fast',
    'beta_slow',
    'mscale',
    'mscale_all_dim',
    'truncate',
    'frequency_factors',
    'full_attention',
    'sliding_attention',
  ),
  ...inert('of longrope, whose rope_type is refused', 'short_factor', 'long_factor'),
  ...inert('how the scaling came to be', 'finetuned'),
};

/**
 * Fields that no class of these families has and that programs leave in config.json: notes of who saved it, how to
 * generate, how to run. They change no number.
 */
const NOISE: ReadonlySet<string> = new Set(
  `quantization_config attn_implementation _attn_implementation _attn_implementation_autoset _flash_attn_2_enabled
  auto_map unsloth_fixed unsloth_version use_bfloat16 torchscript tf_legacy_loss finetuning_task task_specific_params
  tokenizer_class prefix transformers.js_config is_llama_config rope_interleaved cache_implementation _commit_hash
  pruned_heads tie_encoder_decoder cross_attention_hidden_size is_decoder n_ctx model_max_length
  max_sequence_length tokenizer_model_max_length tokenizer_padding_side use_return_dict bad_words_ids
  begin_suppress_tokens suppress_tokens decoder_start_token_id forced_bos_token_id forced_eos_token_id sep_token_id
  unk_token_id do_sample temperature top_p top_k typical_p min_length max_length max_new_tokens no_repeat_ngram_size
  encoder_no_repeat_ngram_size repetition_penalty length_penalty diversity_penalty early_stopping num_beams
  num_beam_groups num_return_sequences output_scores return_dict_in_generate remove_invalid_values
  exponential_decay_length_penalty gradient_checkpointing`.split(/\s+/),
);

/** null, false, 0 and what is empty: such a field asks for nothing. */
function isOff(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return !value;
}

/** What a refused field asks for, with its name; null where there is none. */
export function refusedField(config: Readonly<Record<string, unknown>>, table: FieldTable): string | null {
  for (const [field, use] of Object.entries(table)) {
    const value = config[field];
    if (value === undefined || use === 'used' || 'inert' in use) continue;
    if (!use.only.includes(value)) return `${use.otherwise} (${field})`;
  }
  return null;
}

/** Fields that nobody knows and that ask for something, those of the rotary embedding with its name in front. */
export function unknownFields(config: Readonly<Record<string, unknown>>, table: FieldTable): string[] {
  const known = (field: string) => Object.hasOwn(table, field) || NOISE.has(field);
  const unknown = Object.keys(config).filter((field) => !known(field) && !isOff(config[field]));
  if (!Object.hasOwn(table, 'rope_parameters')) return unknown;
  for (const name of ['rope_parameters', 'rope_scaling']) {
    const given = (config[name] ?? {}) as Record<string, unknown>;
    const parts = [given, given.full_attention ?? {}, given.sliding_attention ?? {}] as (typeof given)[];
    for (const part of parts)
      for (const field of Object.keys(part))
        if (!Object.hasOwn(WITHIN_ROPE, field) && !isOff(part[field])) unknown.push(`${name}.${field}`);
  }
  return [...new Set(unknown)];
}
