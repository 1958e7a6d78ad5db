import { describe, expect, test } from 'vitest';
import { mlx } from '../../../src/export/formats/mlx.ts';
import { randomModel } from './random-model.ts';

/** What mlx-lm would compute otherwise; `npm run parity`, `exports-fields`, computes there what is written. */

const check = (change: object) => mlx.check(randomModel({ ...change }), null);
const yarn = (more: object) => ({
  rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 16, ...more },
});
const qwen3 = { model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'] };
const window = { use_sliding_window: true, sliding_window: 8, max_window_layers: 0 };
const gemma = (layers: number, global: number[], more: object = {}) => ({
  model_type: 'gemma3_text',
  rope_theta: undefined,
  num_hidden_layers: layers,
  layer_types: Array.from({ length: layers }, (_, i) =>
    global.includes(i) ? 'full_attention' : 'sliding_attention',
  ),
  sliding_window: 8,
  ...more,
});

describe('an MLX adapter is refused where mlx-lm computes another base', () => {
  test.each<[object, string]>([
    [{ hidden_act: 'gelu' }, 'SiLU'],
    [{ ...qwen3, attention_bias: true }, 'biases'],
    [{ ...qwen3, ...window }, 'window'],
    [{ model_type: 'mistral', sliding_window: 8 }, 'window'],
    [yarn({ attention_factor: 0.9 }), 'attention_factor'],
    [yarn({ mscale: 0.7 }), 'attention_factor'],
    [yarn({ truncate: false }), 'attention_factor'],
    [gemma(2, [1]), 'layer_types'],
    [gemma(7, [4]), 'layer_types'],
    [gemma(7, [5], { hidden_activation: 'gelu' }), 'tanh form'],
    [gemma(7, [5], { attention_bias: true }), 'biases'],
  ])('%j', (change, text) => {
    expect(check(change)).toContain(text);
  });
  test.each<[object]>([
    [{}],
    [{ attention_bias: true, mlp_bias: true }],
    [qwen3],
    [{ model_type: 'mistral', sliding_window: 64 }],
    [{ model_type: 'mistral', sliding_window: 8, layer_types: ['sliding_attention', 'full_attention'] }],
    [yarn({})],
    [yarn({ beta_fast: 16, mscale: 0.7, mscale_all_dim: 0.4 })],
    [gemma(7, [5])],
    [gemma(3, [1], { sliding_window_pattern: 2 })],
  ])('%j is written', (change) => {
    expect(check(change)).toBeNull();
  });
});
