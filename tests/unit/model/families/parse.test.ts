import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../src/errors.ts';
import { adapterModules, expectedTensors } from '../../../../src/model/families/names.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';

interface Case {
  name: string;
  config: Record<string, unknown>;
  older: Record<string, unknown>;
  tensors: Record<string, number[]>;
  rope: { global?: number[]; local?: number[] };
  scale: number | null;
  targets: string[];
  adapter: Record<string, number[]>;
}
const cases = JSON.parse(
  readFileSync(new URL('../fixtures/families.json', import.meta.url), 'utf8'),
) as Case[];
const caseNamed = (name: string) => cases.find((c) => c.name === name)!;
const shapes = (tensors: Record<string, number[]>) =>
  new Map(Object.entries(tensors).map(([name, shape]) => [name, { shape }]));

function thrown(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('nothing was thrown');
}

describe.each(cases)('$name', (c) => {
  test.each(['config', 'older'] as const)('%s: transformers’ rotary frequencies', (generation) => {
    const parsed = parseConfig(c[generation], shapes(c.tensors));
    for (const kind of ['global', 'local'] as const) {
      const theirs = c.rope[kind];
      if (!theirs) continue;
      const ours = parsed.rope![kind].inverseFrequencies;
      expect(ours).toHaveLength(theirs.length);
      for (const [j, value] of theirs.entries()) expect(Math.abs(ours[j] / value - 1)).toBeLessThan(2e-6);
      expect(parsed.rope![kind].dims).toBe(theirs.length * 2);
    }
    if (c.scale !== null) expect(parsed.rope!.global.scale).toBeCloseTo(c.scale, 6);
  });

  test('both generations of config give the same decoder', () => {
    expect(parseConfig(c.older)).toEqual(parseConfig(c.config));
  });

  test('the tensors are those that transformers stores', () => {
    const expected = Object.fromEntries(
      expectedTensors(parseConfig(c.config)).map(({ name, shape }) => [name, shape]),
    );
    expect(expected).toEqual(c.tensors);
  });

  test('adapted modules are those of PEFT', () => {
    const config = parseConfig(c.config);
    const ours: Record<string, number[]> = {};
    for (const module of adapterModules(config, c.targets)) {
      ours[`base_model.model.${module.path}.lora_A.weight`] = [4, module.in];
      ours[`base_model.model.${module.path}.lora_B.weight`] = [module.out, 4];
    }
    expect(ours).toEqual(c.adapter);
  });
});

describe('traits', () => {
  const of = (name: string) => parseConfig(caseNamed(name).config);
  test('Gemma 3', () => {
    const gemma = of('gemma3');
    expect(gemma).toMatchObject({
      normAddsOne: true,
      sandwichNorms: true,
      qkNorm: true,
      window: 16,
      activation: 'gelu_tanh',
    });
    expect(gemma.layerAttention).toEqual(['local', 'local', 'local', 'local', 'local', 'global', 'local']);
    expect(gemma.attentionScale).toBeCloseTo(12 ** -0.5, 12);
    expect(gemma.embeddingScale).toBeCloseTo(24 ** 0.5, 12);
    expect(gemma.eosTokenIds).toEqual([1]);
  });
  test('Mistral sees a window on every layer, Qwen2 from max_window_layers on', () => {
    expect(of('mistral')).toMatchObject({ window: 16, layerAttention: ['local', 'local'] });
    expect(of('qwen2-window')).toMatchObject({
      window: 8,
      layerAttention: ['global', 'local'],
      qkvBias: true,
      outputBias: false,
    });
    expect(of('qwen2')).toMatchObject({ window: null, tiedHead: true });
  });
  test('GPT-2 and NeoX', () => {
    expect(of('gpt2')).toMatchObject({
      rope: null,
      learnedPositions: true,
      intermediate: 96,
      gated: false,
      activation: 'gelu_tanh',
    });
    expect(of('gpt_neox')).toMatchObject({ parallelResidual: true, activation: 'gelu', normEps: 1e-5 });
    expect(of('gpt_neox-sequential')).toMatchObject({
      parallelResidual: false,
      qkvBias: false,
      mlpBias: true,
    });
  });
  test('the stop tokens of generation_config.json stand in place of those of config.json', () => {
    const { config } = caseNamed('llama');
    expect(parseConfig(config, undefined, { eos_token_id: [7, 2] }).eosTokenIds).toEqual([7, 2]);
    for (const none of [{}, { eos_token_id: null }])
      expect(parseConfig(config, undefined, none).eosTokenIds).toEqual([2]);
    const minus = { ...config, eos_token_id: [-1, 5], bos_token_id: -1, pad_token_id: -1 };
    expect(parseConfig(minus)).toMatchObject({ eosTokenIds: [5], bosTokenId: null, padTokenId: null });
  });
  test('the hub’s oldest gpt2 config', () => {
    const hub = {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      vocab_size: 50257,
      n_ctx: 1024,
      n_embd: 768,
      n_head: 12,
      n_layer: 12,
      n_positions: 1024,
      activation_function: 'gelu_new',
    };
    expect(parseConfig(hub)).toMatchObject({
      headDim: 64,
      intermediate: 3072,
      tiedHead: true,
      eosTokenIds: [50256],
    });
  });
});

describe('both generations at once, where they differ: as transformers 5.23 reads them', () => {
  const linear = (factor: number, more = {}) => ({ rope_type: 'linear', factor, ...more });
  const frequency = (name: string, change: Record<string, unknown>, kind: 'global' | 'local' = 'global') =>
    parseConfig({ ...caseNamed(name).config, ...change }).rope![kind].inverseFrequencies[1];
  test.each(['llama', 'qwen2', 'qwen3', 'mistral'])('%s: rope_scaling wins, whole', (name) => {
    const given = { rope_parameters: linear(2, { rope_theta: 500 }), rope_scaling: linear(8) };
    const alone = { rope_parameters: linear(8, { rope_theta: 10000 }) };
    expect(frequency(name, given)).toBe(frequency(name, alone));
    expect(frequency(name, { ...given, rope_theta: 7000 })).toBe(
      frequency(name, { rope_parameters: linear(8, { rope_theta: 7000 }) }),
    );
    for (const nothing of [null, {}])
      expect(frequency(name, { ...given, rope_scaling: nothing })).toBe(
        frequency(name, { rope_parameters: linear(2, { rope_theta: 500 }) }),
      );
  });
  test('Gemma 3: rope_scaling is laid over the full layers', () => {
    const rope_parameters = {
      full_attention: linear(2, { rope_theta: 500 }),
      sliding_attention: { rope_type: 'default', rope_theta: 300 },
    };
    const given = { rope_parameters, rope_scaling: linear(8) };
    const layered = (full: object) => ({ rope_parameters: { ...rope_parameters, full_attention: full } });
    expect(frequency('gemma3', given)).toBe(frequency('gemma3', layered(linear(8, { rope_theta: 500 }))));
    expect(frequency('gemma3', given, 'local')).toBe(frequency('gemma3', { rope_parameters }, 'local'));
  });
  test('Gemma 3: settings for one kind of layer leave the other its default', () => {
    const given = { rope_parameters: { full_attention: linear(2, { rope_theta: 500 }) } };
    expect(frequency('gemma3', given, 'local')).toBeCloseTo(10000 ** (-2 / 16), 12);
  });
  test('GPT-NeoX: rope_scaling wins, with its own base and share', () => {
    const given = {
      rope_parameters: linear(2, { rope_theta: 500, partial_rotary_factor: 1 }),
      rope_scaling: linear(8),
      rotary_pct: 0.5,
      rotary_emb_base: 7000,
    };
    const alone = { rope_parameters: linear(8, { rope_theta: 7000, partial_rotary_factor: 0.5 }) };
    expect(frequency('gpt_neox', given)).toBe(frequency('gpt_neox', alone));
  });
});

describe('targets', () => {
  const config = parseConfig(caseNamed('llama').config);
  test('layer order, then q, k, v, o, gate, up, down, whatever the order asked for', () => {
    const order = adapterModules(config, ['down_proj', 'v_proj', 'q_proj']).map(
      ({ layer, target }) => `${layer}.${target}`,
    );
    expect(order).toEqual(['0.q_proj', '0.v_proj', '0.down_proj', '1.q_proj', '1.v_proj', '1.down_proj']);
  });
  test('a suffix is behind a dot: proj alone matches nothing', () => {
    expect(thrown(() => adapterModules(config, ['proj']))).toMatchObject({ code: 'unknown-target' });
    expect(
      adapterModules(config, ['mlp.down_proj', 'model.layers.1.self_attn.q_proj']).map(({ path }) => path),
    ).toEqual([
      'model.layers.0.mlp.down_proj',
      'model.layers.1.self_attn.q_proj',
      'model.layers.1.mlp.down_proj',
    ]);
  });
  test('an unknown target is named with the known ones', () => {
    const { message } = thrown(() => adapterModules(config, ['q_proj', 'c_attn']));
    expect(message).toContain('"c_attn"');
    expect(message).toContain('q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj');
  });
});

describe('F4: config and tensors disagree', () => {
  const { config, tensors } = caseNamed('llama');
  test.each([
    ['unknown-architecture', { architectures: ['FalconForCausalLM'] }, 'FalconForCausalLM'],
    ['bad-config', { num_key_value_heads: 4 }, 'num_key_value_heads 4'],
    ['bad-config', { head_dim: null, hidden_size: 25 }, 'hidden_size 25'],
    ['bad-config', { head_dim: 15 }, '15'],
    ['bad-config', { num_hidden_layers: 2.5 }, 'num_hidden_layers'],
    ['bad-config', { vocab_size: '96' }, 'vocab_size'],
    ['bad-config', { hidden_size: 1e300 }, 'hidden_size'],
    ['unsupported-trait', { hidden_act: 'relu2' }, 'relu2'],
    ['unknown-rope', { rope_parameters: { rope_type: 'longrope', rope_theta: 1e4 } }, 'longrope'],
    ['bad-config', { rope_parameters: { rope_type: 'linear', rope_theta: 1e4 } }, 'factor'],
    ['quantised-checkpoint', { quantization_config: { quant_method: 'gptq' } }, 'gptq'],
    ['missing-tensor', { num_hidden_layers: 3 }, 'model.layers.2.'],
    ['shape-mismatch', { vocab_size: 97 }, 'vocabulary of 97'],
    ['shape-mismatch', { intermediate_size: 41 }, 'gate_proj'],
  ])('%s %j', (code, change, text) => {
    const error = thrown(() => parseConfig({ ...config, ...change }, shapes(tensors)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });
  test('model_type decides, and one that is unknown is refused with those that are known', () => {
    const { architectures, ...rest } = config;
    expect(parseConfig(rest).family.modelType).toBe('llama');
    expect(parseConfig({ ...config, architectures: ['LlamaModel'] }).family.modelType).toBe('llama');
    const { model_type, ...untyped } = config;
    expect(parseConfig(untyped).family.modelType).toBe('llama');
    const unknown = thrown(() => parseConfig({ ...config, model_type: 'falcon' }));
    expect(unknown.code).toBe('unknown-architecture');
    expect(unknown.message).toContain('falcon');
    expect(unknown.message).toContain('llama, mistral, qwen2, qwen3, gemma3_text, gpt2, gpt_neox');
    expect(thrown(() => parseConfig({ ...config, model_type: 'granite' })).message).toContain('granite');
    const other = 'LlamaForSequenceClassification';
    expect(thrown(() => parseConfig({ ...config, architectures: [other] })).message).toContain(other);
  });
  test.each(['mistral', 'qwen2', 'gemma3_text'])('model_type %s beside LlamaForCausalLM decides', (type) => {
    expect(parseConfig({ ...config, model_type: type }).family.modelType).toBe(type);
  });
  test('an empty list of architectures says nothing', () => {
    expect(parseConfig({ ...config, architectures: [] }).family.modelType).toBe('llama');
    expect(thrown(() => parseConfig({ architectures: [] })).message).not.toContain('undefined');
  });
  test.each([
    ['gemma3', 'final_logit_softcapping', 30],
    ['gemma3', 'attn_logit_softcapping', 50],
    ['gemma3', 'use_bidirectional_attention', true],
    ['gpt2', 'scale_attn_by_inverse_layer_idx', true],
    ['gpt2', 'add_cross_attention', true],
  ])('%s: %s is refused by name', (name, field, value) => {
    const of = (given: unknown) => parseConfig({ ...caseNamed(name).config, [field]: given });
    expect(thrown(() => of(value))).toMatchObject({ code: 'unsupported-trait' });
    expect(thrown(() => of(value)).message).toContain(field);
    for (const off of field.endsWith('softcapping') ? [null] : [null, false])
      expect(of(off)).toEqual(parseConfig(caseNamed(name).config));
  });
  test('the list of known architectures', () => {
    const { message } = thrown(() => parseConfig({ architectures: ['X'] }));
    expect(message).toContain(
      'LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, Gemma3ForCausalLM, GPT2LMHeadModel, GPTNeoXForCausalLM',
    );
  });
});
