import type { FieldTable } from '../../model/families/shared/field-table.ts';
import { used } from '../../model/families/shared/field-table.ts';

/**
 * What becomes of each key of GGUF's metadata, without the architecture in front. A key is refused where llama.cpp
 * computes with it for the architectures that are opened here, or another program may.
 * Source: gguf-py 0.19, `constants.py`; llama.cpp, `load_hparams` in `src/llama-model.cpp`, which every architecture goes
 * through, and what `src/models/` reads beside it for llama, qwen2, qwen3 and gemma3.
 */
const all = (use: FieldTable[string], keys: string): FieldTable =>
  Object.fromEntries(
    keys
      .trim()
      .split(/\s+/)
      .map((key) => [key, use]),
  );

const off = [0, -1];

export const GGUF_KEYS: FieldTable = {
  ...used(
    'context_length',
    'embedding_length',
    'block_count',
    'feed_forward_length',
    'attention.head_count',
    'attention.head_count_kv',
    'attention.key_length',
    'attention.layer_norm_rms_epsilon',
    'attention.sliding_window',
    'attention.sliding_window_pattern',
    'rope.dimension_count',
    'rope.freq_base',
    'rope.freq_base_swa',
    'rope.scaling.type',
    'rope.scaling.factor',
    'rope.scale_linear',
    'rope.scaling.attn_factor',
    'rope.scaling.original_context_length',
    'rope.scaling.yarn_beta_fast',
    'rope.scaling.yarn_beta_slow',
  ),
  vocab_size: { inert: 'the embedding has as many rows' },
  expert_count: { only: off, otherwise: 'a mixture of experts' },
  expert_shared_count: { only: off, otherwise: 'shared experts' },
  nextn_predict_layers: { only: off, otherwise: 'layers that predict further tokens' },
  'attention.causal': { only: [true], otherwise: 'attention to later tokens' },
  'attention.max_alibi_bias': { only: off, otherwise: 'ALiBi' },
  'attention.clamp_kqv': { only: off, otherwise: 'clamped queries, keys and values' },
  'attention.scale': { only: off, otherwise: 'a scale of its own for attention scores' },
  'attention.output_scale': { only: [...off, 1], otherwise: 'scaled attention outputs' },
  'attention.temperature_length': { only: off, otherwise: 'a temperature by position' },
  'attention.temperature_scale': { only: off, otherwise: 'a temperature by position' },
  'attention.shared_kv_layers': { only: off, otherwise: 'layers that share keys and values' },
  use_parallel_residual: { only: [false], otherwise: 'parallel residual branches' },
  swin_norm: { only: [false], otherwise: 'norms after the branches' },
  rescale_every_n_layers: { only: off, otherwise: 'layers that are scaled' },
  logit_scale: { only: [...off, 1], otherwise: 'scaled logits' },
  residual_scale: { only: [...off, 1], otherwise: 'scaled residuals' },
  embedding_scale: { only: [...off, 1], otherwise: 'scaled embeddings' },
  attn_logit_softcapping: { only: off, otherwise: 'soft-capped attention scores' },
  final_logit_softcapping: { only: off, otherwise: 'soft-capped logits' },
  'rope.dimension_sections': { only: [], otherwise: 'a rotary embedding in sections' },
  'rope.scaling.alpha': { only: [...off, 1], otherwise: 'a rotary base that grows with the length' },
  'rope.scaling.yarn_log_multiplier': { only: off, otherwise: 'YaRN with a multiplier' },
  'rope.scaling.yarn_ext_factor': { only: [-1, 1], otherwise: 'YaRN with an extrapolation factor' },
  'rope.scaling.yarn_attn_factor': { only: [1], otherwise: 'YaRN with an attention factor' },
  'rope.scaling.finetuned': { inert: 'how the scaling came to be' },
  tensor_data_layout: { inert: 'who converted it' },
  ...all(
    { inert: 'equal to key_length, which is checked' },
    `attention.value_length attention.key_length_swa attention.value_length_swa rope.dimension_count_swa`,
  ),
  ...all(
    { inert: 'only with experts, which are refused' },
    `expert_used_count expert_feed_forward_length expert_shared_feed_forward_length expert_chunk_feed_forward_length
     expert_group_count expert_group_used_count expert_weights_scale expert_weights_norm expert_gating_func
     expert_group_scale experts_per_group moe_every_n_layers moe_latent_size interleave_moe_layer_step
     leading_dense_block_count router_logit_softcapping`,
  ),
  ...all(
    { inert: 'how llama.cpp makes an embedding of a text; its logits do not depend on it' },
    'pooling_type embedding_length_out',
  ),
  ...all(
    { inert: 'llama.cpp reads it for other architectures alone' },
    `features_length n_deepstack_layers decoder_start_token_id decoder_block_count
     time_mix_extra_dim time_decay_extra_dim token_shift_count full_attention_interval activation_sparsity_scale
     altup.active_idx altup.num_inputs embedding_length_per_layer_input swiglu_clamp_exp swiglu_clamp_shexp
     {dense}_feat_in {dense}_feat_out attention.layer_norm_epsilon attention.group_norm_epsilon
     attention.group_norm_groups attention.q_lora_rank attention.kv_lora_rank attention.decay_lora_rank
     attention.iclr_lora_rank attention.value_residual_mix_lora_rank attention.gate_lora_rank
     attention.relative_buckets_count attention.key_length_mla attention.value_length_mla
     attention.indexer.head_count attention.indexer.key_length attention.indexer.top_k`,
  ),
};

/** Keys that must say what `attention.key_length` says. */
export const SAME_AS_KEY_LENGTH = [
  'attention.value_length',
  'attention.key_length_swa',
  'attention.value_length_swa',
  'rope.dimension_count_swa',
] as const;
