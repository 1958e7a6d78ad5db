import { describe, expect, test } from 'vitest';
import { cardOf } from '../../../src/export/export.ts';
import { mlx } from '../../../src/export/formats/mlx.ts';
import { loadCommand } from '../../../src/export/how-to-load.ts';
import { randomAdapter, randomModel } from './random-model.ts';

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

describe('rotary settings that only stand where mlx-lm does not look are told', () => {
  const newer = (rope_parameters: object, more: object = {}) => ({
    ...{ rope_theta: undefined, rope_scaling: undefined, rope_parameters, ...more },
  });
  const qwen2 = { model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] };
  const linear = { rope_type: 'linear', factor: 2, rope_theta: 1e4 };
  const layered = (full: number, sliding: number) => ({
    full_attention: { rope_type: 'default', rope_theta: full },
    sliding_attention: { rope_type: 'default', rope_theta: sliding },
  });
  test.each<[object, string]>([
    [newer({ rope_type: 'default', rope_theta: 5e5 }), '`"rope_theta":500000`'],
    [newer({ rope_type: 'default', rope_theta: 5e5 }, { rope_theta: 1e4 }), '`"rope_theta":500000`'],
    [newer(linear), '`"rope_scaling":{"rope_type":"linear","factor":2}`'],
    [newer(linear, qwen2), '`"rope_theta":10000,"rope_scaling":{'],
    [newer(layered(1e6, 2e4), gemma(7, [5])), '`"rope_local_base_freq":20000`'],
  ])('%j', (change, text) => {
    const model = randomModel({ ...change });
    expect(mlx.differs!(model)).toEqual([expect.stringContaining(text)]);
    const weights = randomAdapter(model.config, ['q_proj']);
    const card = cardOf(mlx, { ...model, weights, target: '.', chat: false, record: null });
    expect(new TextDecoder().decode(card.bytes)).toContain(text);
  });
  test.each<[object]>([
    [newer({ rope_type: 'default', rope_theta: 1e4 })],
    [{ rope_theta: 5e5, rope_parameters: { rope_type: 'default', rope_theta: 5e5 } }],
    [{ rope_scaling: { type: 'linear', factor: 2 } }],
    [newer({ rope_type: 'default', rope_theta: 1e6 }, qwen2)],
    [newer({ ...linear, rope_theta: 5e5 }, qwen3)],
    [newer(layered(1e6, 1e4), gemma(7, [5]))],
  ])('%j is read as it stands', (change) => {
    expect(mlx.differs!(randomModel({ ...change }))).toEqual([]);
  });
});

test('mlx-lm is not told to load a GGUF file', () => {
  const base = { baseId: 'sea.bin', baseRevision: null, gguf: true, chat: true };
  const all = [loadCommand(mlx, base, 'out'), ...mlx.lines(base, '.').lines, ...mlx.use(base, '.')];
  expect(all.filter((line) => /--model \S*bin/.test(line))).toEqual([]);
  expect(all[0]).toMatch(/--model \.\/base --adapter-path out .*# .*sea\.bin was made from/);
  expect(mlx.use(base, '.').at(-1)).toContain('mlx-lm reads no GGUF files');
});
