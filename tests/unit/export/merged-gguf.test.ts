import { describe, expect, test } from 'vitest';
import { cardOf, exportDtype } from '../../../src/export/export.ts';
import { mergedGguf } from '../../../src/export/formats/merged-gguf.ts';
import { peft } from '../../../src/export/formats/peft.ts';
import { mergedFloats } from '../../../src/export/merging.ts';
import { readPeft } from '../../../src/methods/peft.ts';
import { asLora } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { runRecord } from '../../../src/run/record.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';
import { openFolder } from '../../../src/weights/folder.ts';
import { readGguf } from '../../../src/weights/gguf/read.ts';
import { openGgufReader } from '../../../src/weights/gguf/source.ts';
import { ggufPrefix } from '../../../src/weights/gguf/write.ts';
import { readFloats } from '../../../src/weights/load.ts';
import { quantiseQ4_0 } from '../../../src/weights/quantise.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { layoutOf, repackBlocks, unpackToFloats } from '../../../src/weights/repack.ts';
import type { ModelSource } from '../../../src/weights/source.ts';
import { adapterNotes } from '../../../src/worker/compute/adapter-notes.ts';
import { exported, exportedFile } from './exported.ts';
import { randomAdapter, randomModel } from './random-model.ts';
import { recordInput } from './record-input.ts';

/** Names, keys and orders are those of llama.cpp's `conversion/`; `npm run parity` loads such files in llama.cpp. */

const gemma = (change: object = {}) =>
  randomModel({
    model_type: 'gemma3_text',
    architectures: ['Gemma3ForCausalLM'],
    head_dim: 8,
    query_pre_attn_scalar: 8,
    sliding_window: 16,
    num_hidden_layers: 7,
    rope_theta: undefined,
    rope_scaling: undefined,
    rope_parameters: {
      full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1e6 },
      sliding_attention: { rope_type: 'default', rope_theta: 20_000 },
    },
    tie_word_embeddings: true,
    ...change,
  });
const gpt2 = (change: object = {}) =>
  randomModel({
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    n_embd: 8,
    n_layer: 2,
    n_head: 2,
    n_inner: 12,
    n_positions: 16,
    tie_word_embeddings: true,
    ...change,
  });
const neox = (change: object = {}) =>
  randomModel({
    model_type: 'gpt_neox',
    architectures: ['GPTNeoXForCausalLM'],
    hidden_size: 16,
    intermediate_size: 24,
    num_attention_heads: 2,
    rotary_pct: 0.5,
    rotary_emb_base: 5000,
    rope_theta: undefined,
    ...change,
  });

async function written(model: ReturnType<typeof randomModel>) {
  const weights = randomAdapter(model.config, ['all']);
  const file = await exportedFile('merged-gguf', model, weights, 'f32');
  const gguf = await readGguf(bytesReader('m.gguf', file));
  const values = (name: string) => {
    const { begin, bytes } = gguf.tensors.get(name)!;
    return [...new Float32Array(file.slice(begin, begin + bytes).buffer)];
  };
  const merged = async (name: string) => [...(await mergedFloats(model, weights, name))];
  const keys = (architecture: string) =>
    Object.fromEntries(
      [...gguf.metadata]
        .filter(([key]) => key.startsWith(`${architecture}.`))
        .map(([key, value]) => [key.slice(architecture.length + 1), value]),
    );
  return { file, gguf, values, merged, keys, weights };
}

describe('Gemma 3', () => {
  test('read again, it is the merged model', async () => {
    const model = gemma();
    const { file, keys, weights, gguf } = await written(model);
    expect(keys('gemma3')).toMatchObject({
      'attention.sliding_window': 16,
      'rope.freq_base': 1e6,
      'rope.freq_base_swa': 20_000,
      'rope.scaling.type': 'linear',
      'rope.scaling.factor': 8,
      'attention.key_length': 8,
    });
    // Every sixth layer sees everything, which llama.cpp takes for granted.
    expect(keys('gemma3')).not.toHaveProperty(['attention.sliding_window_pattern']);
    expect(gguf.tensors.has('output.weight')).toBe(false);
    const again = await openGgufReader(bytesReader('m.gguf', file));
    const { eosTokenIds: _, ...config } = model.config;
    expect(parseConfig(again.config, again.tensors)).toMatchObject(config);
    for (const name of model.source.tensors.keys()) {
      const expected = await mergedFloats(model, weights, name);
      for (const [i, value] of (await readFloats(again, name)).entries())
        expect(value).toBeCloseTo(expected[i], 5);
    }
  });
  test.each([
    ['another pattern', { sliding_window_pattern: 2, num_hidden_layers: 3 }, [true, false, true]],
    ['none', { layer_types: ['full_attention', 'sliding_attention'], num_hidden_layers: 2 }, [false, true]],
  ])('which layers see a window: %s', async (_, change, pattern) => {
    const { keys, file } = await written(gemma(change));
    expect(keys('gemma3')['attention.sliding_window_pattern']).toEqual(pattern);
    const again = await openGgufReader(bytesReader('m.gguf', file));
    expect(parseConfig(again.config, again.tensors).layerAttention).toEqual(
      pattern.map((local) => (local ? 'local' : 'global')),
    );
  });
  test('no window at all', async () => {
    const model = gemma({ layer_types: ['full_attention', 'full_attention'], num_hidden_layers: 2 });
    const { keys } = await written(model);
    expect(keys('gemma3')).not.toHaveProperty(['attention.sliding_window']);
  });
  test('the 27B model, which llama.cpp knows by its 62 layers', () => {
    const large = { num_hidden_layers: 62, head_dim: 4 };
    expect(mergedGguf.check(gemma({ ...large, query_pre_attn_scalar: 8 }), null)).toBeNull();
    expect(mergedGguf.check(gemma({ ...large, query_pre_attn_scalar: 4 }), null)).toContain('query_pre_attn');
  });
  test.each<[object, string]>([
    [{ query_pre_attn_scalar: 20 }, 'query_pre_attn_scalar'],
    [{ hidden_activation: 'gelu' }, 'tanh form'],
    [{ attention_bias: true }, 'biases'],
    [
      {
        rope_parameters: {
          full_attention: { rope_type: 'default', rope_theta: 1e6 },
          sliding_attention: { rope_type: 'linear', factor: 2, rope_theta: 1e4 },
        },
      },
      'see a window',
    ],
    [
      {
        rope_parameters: {
          full_attention: { rope_type: 'yarn', factor: 2, rope_theta: 1e6 },
          sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
        },
      },
      'linearly',
    ],
  ])('%j is refused', (change, text) => {
    expect(mergedGguf.check(gemma(change), null)).toContain(text);
  });
});

describe('GPT-2', () => {
  test('matrices are turned, positions are float32, keys', async () => {
    const { keys, values, merged, gguf } = await written(gpt2());
    expect(keys('gpt2')).toMatchObject({
      block_count: 2,
      context_length: 16,
      embedding_length: 8,
      feed_forward_length: 12,
      'attention.head_count': 2,
      'attention.layer_norm_epsilon': Math.fround(1e-5),
    });
    expect(gguf.tensors.get('blk.1.attn_qkv.weight')!.shape).toEqual([24, 8]);
    const stored = await merged('transformer.h.1.attn.c_attn.weight');
    const turned = values('blk.1.attn_qkv.weight');
    for (const [row, column] of [
      [0, 1],
      [17, 3],
      [23, 7],
    ])
      expect(turned[row * 8 + column]).toBe(stored[column * 24 + row]);
    expect(values('position_embd.weight')).toEqual(await merged('transformer.wpe.weight'));
    expect(values('blk.0.ffn_norm.bias')).toEqual(await merged('transformer.h.0.ln_2.bias'));
    expect(values('blk.1.attn_qkv.bias')).toEqual(await merged('transformer.h.1.attn.c_attn.bias'));
    // Nothing is left out.
    expect(gguf.tensors.size).toBe(gpt2().source.tensors.size);
    expect(gguf.tensors.has('output.weight')).toBe(false);
  });
  test.each<[object, string]>([
    [{ activation_function: 'gelu' }, 'tanh form'],
    [{ scale_attn_weights: false }, 'scale_attn_weights'],
  ])('%j is refused', (change, text) => {
    expect(mergedGguf.check(gpt2(change), null)).toContain(text);
  });
});

describe('GPT-NeoX', () => {
  test('q, k and v apart, keys', async () => {
    const model = neox();
    const { keys, values, merged, gguf } = await written(model);
    expect(keys('gptneox')).toMatchObject({
      'rope.dimension_count': 4,
      'rope.freq_base': 5000,
      use_parallel_residual: true,
    });
    // Row 1·16 + 1·8 + 2 (k of head 1) is row (1·3 + 1)·8 + 2 there.
    const weight = await merged('gpt_neox.layers.1.attention.query_key_value.weight');
    expect(values('blk.1.attn_qkv.weight').slice(26 * 16, 27 * 16)).toEqual(weight.slice(34 * 16, 35 * 16));
    const bias = await merged('gpt_neox.layers.1.attention.query_key_value.bias');
    expect(values('blk.1.attn_qkv.bias')[26]).toBe(bias[34]);
    expect(gguf.tensors.size).toBe(model.source.tensors.size);
  });
  test('its card says that llama.cpp has another form of GELU', () => {
    const cardFor = (change: object) => {
      const model = neox(change);
      const weights = randomAdapter(model.config, ['query_key_value']);
      const { bytes } = cardOf(mergedGguf, {
        ...model,
        weights,
        target: 'm.gguf',
        record: null,
        chat: false,
      });
      return new TextDecoder().decode(bytes);
    };
    expect(cardFor({})).toContain('tanh form');
    expect(cardFor({ hidden_act: 'gelu_new' })).not.toContain('tanh form');
  });
  test('a tied head is written out, since llama.cpp asks for it', async () => {
    const { values, merged } = await written(neox({ tie_word_embeddings: true }));
    expect(values('output.weight')).toEqual(await merged('gpt_neox.embed_in.weight'));
  });
  test('an adapter’s rows follow the base’s', async () => {
    const model = neox();
    const weights = randomAdapter(model.config, ['query_key_value']);
    const file = await exportedFile('gguf', model, weights);
    const { tensors } = await readGguf(bytesReader('a.gguf', file));
    const { begin } = tensors.get('blk.1.attn_qkv.weight.lora_b')!;
    const row = (n: number) => [...new Float32Array(file.slice(begin + n * 16, begin + n * 16 + 16).buffer)];
    const b = weights.values.get('gpt_neox.layers.1.attention.query_key_value.lora_B')!;
    expect(row(26)).toEqual([...b.slice(34 * 4, 35 * 4)]);
  });
  test.each<[object, string]>([
    [{ hidden_act: 'silu' }, 'GELU'],
    [{ attention_bias: false }, 'biases'],
    [{ rope_scaling: { rope_type: 'yarn', factor: 2 } }, 'linearly'],
  ])('%j is refused', (change, text) => {
    expect(mergedGguf.check(neox(change), null)).toContain(text);
  });
});

describe('in 4 bits', () => {
  const values = async (file: Uint8Array<ArrayBuffer>, name: string) =>
    readFloats(await openGgufReader(bytesReader('m.gguf', file)), name);

  test('linear layers are Q4_0, embedding and head Q8_0, and our reader has the values that were rounded', async () => {
    const model = randomModel();
    const weights = randomAdapter(model.config, ['all']);
    const file = await exportedFile('merged-gguf', model, weights, 'q4');
    const again = await openGgufReader(bytesReader('m.gguf', file));
    expect(
      again.ggufMetadata && (await readGguf(bytesReader('m.gguf', file))).metadata.get('general.file_type'),
    ).toBe(2);
    for (const { name, shape } of model.source.tensors.values()) {
      const { stored } = again.tensors.get(name)!;
      const kind = shape.length < 2 ? 'F32' : /embed_tokens|lm_head/.test(name) ? 'Q8_0' : 'Q4_0';
      expect([name, stored]).toEqual([name, kind]);
      if (kind !== 'Q4_0') continue;
      const merged = await mergedFloats(model, weights, name);
      const rounded = unpackToFloats(repackBlocks(quantiseQ4_0(merged), 'Q4_0', name), layoutOf('Q4_0'));
      // llama.cpp keeps the rows of q and k in another order, and so in blocks of their own.
      expect([...(await values(file, name))].map((value) => value + 0)).toEqual(
        [...rounded].map((value) => value + 0),
      );
    }
  });

  test('rows that are no whole blocks stay in F16', async () => {
    const model = randomModel({ intermediate_size: 48 });
    const file = await exportedFile('merged-gguf', model, randomAdapter(model.config, ['q_proj']), 'q4');
    const { tensors } = await openGgufReader(bytesReader('m.gguf', file));
    const stored = (name: string) => tensors.get(`model.layers.1.mlp.${name}.weight`)!.stored;
    expect([stored('up_proj'), stored('down_proj')]).toEqual(['Q4_0', 'F16']);
  });

  test('an adapter that was trained for such a file is written so, unless another precision is asked for', () => {
    const { config } = randomModel();
    const weights = randomAdapter(config, ['q_proj']);
    const trained = { ...weights, settings: { ...asLora(weights.settings), mergeTarget: 'q4' as const } };
    const record = runRecord({ ...recordInput, settings: defaultSettings({ mergeTarget: 'q8' }) });
    const of = (change: Partial<Parameters<typeof exportDtype>[1]>) =>
      exportDtype(mergedGguf, { dtype: null, record: null, weights, ...change });
    expect([of({}), of({ weights: trained }), of({ record })]).toEqual(['f16', 'q4', 'q8']);
    expect(of({ weights: trained, dtype: 'f32' })).toBe('f32');
    expect(exportDtype(peft, { dtype: null, record, weights: trained })).toBe('f32');
  });
});

describe('a merged model names the adapters that are in it', () => {
  const TWICE = [expect.stringContaining('counts twice')];
  test('as GGUF and as safetensors, its own and its base’s; the same adapter on top is told', async () => {
    const model = randomModel();
    const weights = randomAdapter(model.config, ['q_proj']);
    const other = randomAdapter(model.config, ['v_proj']);
    const file = await exportedFile('merged-gguf', model, weights, 'f32');
    const folder = await openFolder(await exported('merged', model, weights));
    for (const merged of [await openGgufReader(bytesReader('m.gguf', file)), folder]) {
      // From its own file, as a person brings it.
      const adapter = await exported('peft', model, weights);
      const files = await Promise.all(
        adapter.map(async ({ path, bytes }) => ({ path, bytes: await bytes() })),
      );
      const config = parseConfig(merged.config, merged.tensors);
      expect(adapterNotes(await readPeft(files, config), merged)).toEqual(TWICE);
      expect(adapterNotes(weights, model.source)).toEqual([]);
      expect(adapterNotes(other, merged)).toEqual([]);
      for (const change of [{ alpha: 9 }, { alphaPattern: { q_proj: 9 } }, { rsLora: true }])
        expect(adapterNotes({ ...weights, settings: { ...weights.settings, ...change } }, merged)).toEqual(
          [],
        );
      const both = await exportedFile('merged-gguf', { source: merged, config }, other, 'f32');
      const again = await openGgufReader(bytesReader('m.gguf', both));
      expect(adapterNotes(weights, again)).toEqual(TWICE);
      expect(adapterNotes(other, again)).toEqual(TWICE);
    }
  });
});

describe('a base that is itself a GGUF file', () => {
  /** The file of a model with these keys beside its own. */
  async function base(more: Parameters<typeof ggufPrefix>[0]): Promise<ModelSource> {
    const model = gemma();
    const { file, gguf } = await written(model);
    const fields = Object.fromEntries(
      [...gguf.stored].map(([key, value]) => [key, { type: 'raw' as const, value }]),
    );
    const list = [...gguf.tensors.values()];
    const prefix = ggufPrefix({ ...fields, ...more }, list);
    const bytes = new Uint8Array([...prefix, ...file.subarray(list[0].begin)]);
    return openGgufReader(bytesReader('base.gguf', bytes));
  }
  test('its keys are carried over whole, but for what is no longer true', async () => {
    const source = await base({
      'tokenizer.ggml.pre': { type: 'string', value: 'llama-bpe' },
      'tokenizer.ggml.add_sep_token': { type: 'bool', value: false },
      'general.tags': { type: 'strings', value: ['a', 'b'] },
      'general.file_type': { type: 'u32', value: 15 },
      'quantize.imatrix.file': { type: 'string', value: 'x' },
      'gemma3.rope.scaling.finetuned': { type: 'bool', value: true },
    });
    const config = parseConfig(source.config, source.tensors);
    const weights = randomAdapter(config, ['q_proj']);
    expect(mergedGguf.check({ source, config }, weights)).toBeNull();
    const file = await exportedFile('merged-gguf', { source, config }, weights, 'f16');
    const { metadata, stored } = await readGguf(bytesReader('m.gguf', file));
    expect(metadata.get('general.file_type')).toBe(1);
    expect(metadata.get('general.name')).toBe('Model, merged, merged');
    expect(metadata.has('quantize.imatrix.file')).toBe(false);
    for (const [key, value] of source.ggufMetadata!)
      if (!/^(general\.(name|file_type)|quantize\.imatrix\.file|lowrank\.merged_adapters)$/.test(key))
        expect(stored.get(key), key).toEqual(value);
    expect(stored.size).toBe(source.ggufMetadata!.size - 1);
  });
  test('a chat template that was chosen stands in place of its own', async () => {
    const source = await base({});
    const config = parseConfig(source.config, source.tensors);
    const chosen = { ...source, tokenizer: { ...source.tokenizer, chatTemplate: 'mine', chosen: true } };
    const weights = randomAdapter(config, ['q_proj']);
    const file = await exportedFile('merged-gguf', { source: chosen, config }, weights, 'f16');
    const again = await openGgufReader(bytesReader('m.gguf', file));
    expect(again.tokenizer.chatTemplate).toBe('mine');
  });
});
