import { z } from 'zod';
import { UserError } from '../../errors.ts';

/** What `config.json` of each kind of family may say, as transformers names it. */

const count = z
  .int()
  .min(1)
  .max(1 << 24);
const optionalCount = count.nullish();
const positive = z.number().positive();
const tokenId = z
  .int()
  .min(0)
  .max(1 << 24);

const RopeSchema = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: positive.nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
  partial_rotary_factor: positive.nullish(),
  attention_factor: positive.nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
  frequency_factors: z.array(positive).nullish(),
});

/** Gemma 3 (transformers 5) has one by kind of layer. */
export const LayeredRopeSchema = z.looseObject({ full_attention: RopeSchema, sliding_attention: RopeSchema });

/** What every family's config may say about tokens, rotary embedding and storage. */
const Common = z.looseObject({
  vocab_size: count,
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: z.int().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  rope_theta: positive.nullish(),
  rope_scaling: RopeSchema.nullish(),
  rope_parameters: z.union([LayeredRopeSchema, RopeSchema]).nullish(),
});

export const LlamaLike = Common.extend({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(1000),
  num_attention_heads: count,
  num_key_value_heads: optionalCount,
  head_dim: optionalCount,
  max_position_embeddings: optionalCount,
  rms_norm_eps: positive.nullish(),
  hidden_act: z.string().nullish(),
  hidden_activation: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  partial_rotary_factor: positive.nullish(),
  sliding_window: z.int().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().nullish(),
  layer_types: z.array(z.string()).nullish(),
  sliding_window_pattern: optionalCount,
  _sliding_window_pattern: optionalCount,
  query_pre_attn_scalar: positive.nullish(),
  rope_local_base_freq: positive.nullish(),
  final_logit_softcapping: z.number().nullish(),
  attn_logit_softcapping: z.number().nullish(),
  use_bidirectional_attention: z.boolean().nullish(),
});

export const Gpt2 = Common.extend({
  n_embd: count,
  n_layer: count.max(1000),
  n_head: count,
  n_positions: count,
  n_inner: optionalCount,
  activation_function: z.string().nullish(),
  layer_norm_epsilon: positive.nullish(),
  scale_attn_weights: z.boolean().nullish(),
  scale_attn_by_inverse_layer_idx: z.boolean().nullish(),
  add_cross_attention: z.boolean().nullish(),
});

export const Neox = Common.extend({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(1000),
  num_attention_heads: count,
  max_position_embeddings: optionalCount,
  layer_norm_eps: positive.nullish(),
  hidden_act: z.string().nullish(),
  rotary_pct: positive.nullish(),
  rotary_emb_base: positive.nullish(),
  use_parallel_residual: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
});

export type LlamaLikeConfig = z.infer<typeof LlamaLike>;

/** @throws UserError `bad-config` naming the field. */
export function parse<T extends z.ZodType>(schema: T, raw: Record<string, unknown>): z.infer<T> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError(
    'bad-config',
    `config.json is not usable: ${issue.path.join('.') || 'its content'} (${issue.message}). Get the file again from where the model came from.`,
  );
}

/** What a config that a quantiser wrote says of itself. */
export const Quantised = z.looseObject({ quant_method: z.string() });

/** What `generation_config.json` adds. */
export const Generation = z.looseObject({ eos_token_id: Common.shape.eos_token_id });
