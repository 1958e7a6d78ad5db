import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mergedGguf } from '../../../../src/export/formats/merged-gguf.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';
import { ggufConfig, ggufFamily } from '../../../../src/weights/gguf/config.ts';
import { GGUF_KEYS } from '../../../../src/weights/gguf/keys.ts';
import { openGgufReader } from '../../../../src/weights/gguf/source.ts';
import { readFloats } from '../../../../src/weights/load.ts';
import { bytesReader } from '../../../../src/weights/range-reader.ts';
import { exportedFile } from '../../export/exported.ts';
import { randomAdapter, randomModel } from '../../export/random-model.ts';

/** GGUF's metadata key by key; the names are gguf-py's (`Keys.LLM`, `Attention` and `Rope`). */

const recorded = JSON.parse(readFileSync(new URL('../fixtures/gguf-keys.json', import.meta.url), 'utf8')) as {
  keys: string[];
};

test('every key of gguf-py is in the table', () => {
  expect(recorded.keys.filter((key) => !Object.hasOwn(GGUF_KEYS, key))).toEqual([]);
});

const plain: Record<string, unknown> = {
  block_count: 2,
  context_length: 64,
  embedding_length: 32,
  feed_forward_length: 64,
  'attention.head_count': 4,
  'attention.head_count_kv': 2,
  'attention.layer_norm_rms_epsilon': 1e-5,
};

/** What a file of these keys is opened as. */
function config(
  change: Record<string, unknown> = {},
  architecture = 'llama',
  biases: string[] = [],
  factors: number[] | null = null,
) {
  const keys = Object.entries({ ...plain, ...change }).map(([key, value]): [string, never] => [
    `${architecture}.${key}`,
    value as never,
  ]);
  const metadata = new Map<string, never>([['general.architecture', architecture as never], ...keys]);
  const names = ['token_embd.weight', ...biases.map((name) => `${name}.bias`)];
  const tensors = new Map(
    names.map((name) => [name, { name, stored: 'F32' as const, shape: [12, 32], begin: 0, bytes: 0 }]),
  );
  return parseConfig(ggufConfig({ metadata, tensors }, ggufFamily(metadata), factors));
}

describe('keys that change numbers', () => {
  test('a key that is refused is refused by name, and not where it is off', () => {
    for (const [key, use] of Object.entries(GGUF_KEYS)) {
      if (use === 'used' || 'inert' in use) continue;
      expect(() => config({ [key]: 7 }), key).toThrow(key);
      for (const value of use.only) expect(() => config({ [key]: value }), key).not.toThrow();
    }
  });
  test.each(['attention.value_length', 'attention.key_length_swa', 'rope.dimension_count_swa'])(
    '%s must be the heads’ size',
    (key) => {
      expect(config({ [key]: 8 }).headDim).toBe(8);
      expect(() => config({ [key]: 16 })).toThrow(key);
    },
  );
  test('a rotary embedding over a part of each head', () => {
    expect(() => config({ 'rope.dimension_count': 4 })).toThrow('a part of each head');
  });
  test('one number a layer is read where all are equal, and refused where they differ', () => {
    const equal = {
      'attention.head_count': [4, 4],
      'attention.head_count_kv': [2, 2],
      feed_forward_length: [64, 64],
    };
    expect(config(equal)).toEqual(config());
    for (const key of Object.keys(equal)) expect(() => config({ [key]: [4, 2] })).toThrow(key);
  });
  test('an attention factor: times what YaRN scales by, refused without it', () => {
    const yarn = { 'rope.scaling.type': 'yarn', 'rope.scaling.factor': 4 };
    const usual = config(yarn).rope!.global.scale;
    expect(usual).toBeCloseTo(1 + 0.1 * Math.log(4), 12);
    expect(config({ ...yarn, 'rope.scaling.attn_factor': 0.5 }).rope!.global.scale).toBeCloseTo(
      usual / 2,
      12,
    );
    expect(() => config({ 'rope.scaling.attn_factor': 0.5 })).toThrow('attn_factor');
  });
  test('Gemma 3: which layers see a window', () => {
    const kinds = (pattern: unknown) =>
      config({ block_count: 3, 'attention.sliding_window_pattern': pattern }, 'gemma3').layerAttention;
    expect(kinds(undefined)).toEqual(['local', 'local', 'local']);
    expect(kinds(2)).toEqual(['local', 'global', 'local']);
    expect(kinds([false, true, false])).toEqual(['global', 'local', 'global']);
  });
  test.each(['attn_q', 'attn_k', 'attn_v', 'attn_output'])(
    'a bias of %s alone, in the last layer',
    (name) => {
      expect(config({}, 'llama', [`blk.1.${name}`])).toMatchObject({ qkvBias: true, outputBias: true });
      expect(config({}, 'llama', [`blk.1.ffn_up`])).toMatchObject({ qkvBias: false, mlpBias: true });
    },
  );
});

test('a file with some biases: the others are zero', async () => {
  const { source, config: own } = randomModel({ attention_bias: true });
  const kept = 'model.layers.1.self_attn.k_proj.bias';
  const some = {
    ...source,
    tensors: new Map([...source.tensors].filter(([name]) => !name.endsWith('.bias') || name === kept)),
  };
  const weights = randomAdapter(own, ['q_proj']);
  const file = await exportedFile('merged-gguf', { source: some, config: own }, weights, 'f32');
  const opened = await openGgufReader(bytesReader('m.gguf', file));
  const biases = [...opened.tensors.keys()].filter((name) => name.endsWith('.bias'));
  expect(biases).toHaveLength(8);
  for (const name of biases) {
    const values = await readFloats(opened, name);
    expect(values, name).toEqual(
      name === kept ? await readFloats(source, name) : new Float32Array(values.length),
    );
  }
  expect(parseConfig(opened.config, opened.tensors).qkvBias).toBe(true);
});

test('a key that nobody knows is told', async () => {
  const { source, config: own } = randomModel();
  const weights = randomAdapter(own, ['q_proj']);
  const file = await exportedFile('merged-gguf', { source, config: own }, weights, 'f32');
  const notes = async () => (await openGgufReader(bytesReader('m.gguf', file))).notes;
  expect(await notes()).toEqual([]);
  file.set(new TextEncoder().encode('llama.logit_size'), Buffer.from(file).indexOf('llama.vocab_size'));
  expect(await notes()).toEqual([expect.stringContaining('llama.logit_size')]);
});

describe('a tensor without a place is refused, as in llama.cpp', () => {
  const { source, config: own } = randomModel();
  // In place of a name as long: a scale that every product is multiplied by, a layer more, a bias that nobody adds.
  test.each(['blk.10.attn_q.scale', 'blk.9.attn_q.weight', 'blk.1.ffn_norm.bias'])('%s', async (name) => {
    const file = await exportedFile(
      'merged-gguf',
      { source, config: own },
      randomAdapter(own, ['q_proj']),
      'f32',
    );
    const at = Buffer.from(file).indexOf('blk.1.attn_q.weight');
    expect(at).toBeGreaterThan(0);
    file.set(new TextEncoder().encode(name), at);
    await expect(openGgufReader(bytesReader('m.gguf', file))).rejects.toMatchObject({
      code: 'unsupported-trait',
      message: expect.stringContaining(name),
    });
  });
  test('rotary factors beside a scaling', () => {
    const scaled = (change: Record<string, unknown>) => config(change, 'llama', [], Array(4).fill(2));
    expect(scaled({ 'rope.scaling.type': 'linear' }).rope).not.toBeNull();
    for (const change of [
      { 'rope.scaling.factor': 2 },
      { 'rope.scaling.type': 'yarn', 'rope.scaling.factor': 1 },
      { 'rope.scaling.attn_factor': 0.5 },
    ])
      expect(() => scaled(change)).toThrow('rope.scaling');
  });
});

describe('a merged GGUF is refused where llama.cpp would compute something else', () => {
  const check = (change: Record<string, unknown>) => mergedGguf.check(randomModel(change), null);
  const yarn = (more: object) => ({
    rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 16, ...more },
  });
  const qwen3 = { model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'] };
  const window = { use_sliding_window: true, sliding_window: 8, max_window_layers: 0 };
  test.each<[Record<string, unknown>, string]>([
    [{ hidden_act: 'gelu' }, 'SiLU'],
    [{ ...qwen3, attention_bias: true }, 'biases'],
    [{ ...qwen3, ...window }, 'window'],
    [{ model_type: 'mistral', sliding_window: 8 }, 'window'],
    [yarn({ beta_fast: 16 }), 'YaRN'],
    [yarn({ beta_slow: 2 }), 'YaRN'],
    [yarn({ attention_factor: 0.9 }), 'YaRN'],
    [yarn({ mscale: 0.7, mscale_all_dim: 0.4 }), 'YaRN'],
    [yarn({ truncate: false }), 'YaRN'],
  ])('%j', (change, text) => {
    expect(check(change)).toContain(text);
  });
  test.each<[Record<string, unknown>]>([
    [{}],
    [{ attention_bias: true, mlp_bias: true }],
    [qwen3],
    [{ model_type: 'mistral', sliding_window: null }],
    [{ model_type: 'mistral', sliding_window: 64 }],
    [yarn({})],
    [yarn({ beta_fast: 32, beta_slow: 1, attention_factor: 1 + 0.1 * Math.log(4) })],
  ])('%j is written', (change) => {
    expect(check(change)).toBeNull();
  });
});

test('a file that does not name its architecture is told so', () => {
  expect(() => ggufFamily(new Map())).toThrow(/does not say of which architecture it is/);
});
