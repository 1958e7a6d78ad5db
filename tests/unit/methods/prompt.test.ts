import { describe, expect, test } from 'vitest';
import type { NamedFile } from '../../../src/files/named-file.ts';
import { adapterDigest } from '../../../src/methods/digest.ts';
import type { StartBase } from '../../../src/methods/method.ts';
import { initialAdapter, sitesOf, startedAdapter } from '../../../src/methods/parameters.ts';
import { readPeft, writePeft } from '../../../src/methods/peft.ts';
import { PROMPT_CONFIG } from '../../../src/methods/prompt/read.ts';
import type { PromptSettings } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { float32Bytes, writeSafetensors } from '../../../src/weights/safetensors.ts';

const config = parseConfig({
  model_type: 'llama',
  vocab_size: 50,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
});
const BASE = { id: 'org/base', revision: 'main' };
const settings = (more: Partial<PromptSettings> = {}): PromptSettings => ({
  method: 'prompt',
  virtualTokens: 5,
  ...more,
});
const made = (seed = 1) => initialAdapter(sitesOf(config, settings()), settings(), seed);
const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const PEFT = {
  ...{ peft_type: 'PROMPT_TUNING', task_type: 'CAUSAL_LM', num_virtual_tokens: 5, token_dim: 8 },
  ...{ num_transformer_submodules: 1, num_attention_heads: 2, num_layers: 1, inference_mode: true },
};

function folder(
  change: Record<string, unknown>,
  tensors: Record<string, number[]> = { prompt_embeddings: [5, 8] },
): NamedFile[] {
  const entries = Object.entries(tensors).map(([name, shape]) => ({
    name,
    dtype: 'F32' as const,
    shape,
    data: float32Bytes(new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5)),
  }));
  return [
    { path: 'adapter_config.json', bytes: encoded({ ...PEFT, ...change }) },
    { path: 'adapter_model.safetensors', bytes: writeSafetensors(entries) },
  ];
}

describe('a folder', () => {
  test('is read as it was written', async () => {
    const weights = made();
    const files = writePeft(weights, config, BASE);
    const text = new TextDecoder().decode(files.find(({ path }) => path === 'adapter_config.json')!.bytes);
    expect(JSON.parse(text)).toEqual({ ...PEFT, base_model_name_or_path: 'org/base', revision: 'main' });
    const read = await readPeft(files, config);
    expect(read).toEqual({ ...weights, settings: settings() });
    expect(adapterDigest(read)).toBe(adapterDigest(weights));
    expect(adapterDigest(made(2))).not.toBe(adapterDigest(weights));
  });

  test('of PEFT is read, whatever it began with', async () => {
    const start = {
      prompt_tuning_init: 'TEXT',
      prompt_tuning_init_text: 'Hi',
      tokenizer_name_or_path: 'x/y',
    };
    const { settings: read, values } = await readPeft(folder({ ...start, modules_to_save: null }), config);
    expect(read).toEqual(settings());
    expect(values.get('prompt.prompt_embeddings')).toEqual(new Float32Array(40).fill(0.5));
  });

  test.each<[Record<string, unknown>, Record<string, number[]> | undefined, string, string]>([
    [{ modules_to_save: ['lm_head'] }, undefined, 'unsupported-adapter', 'whole modules'],
    [{ num_transformer_submodules: 2 }, undefined, 'unsupported-adapter', 'encoder and a decoder'],
    [{ prompt_mixture: 3 }, undefined, 'unsupported-adapter', 'prompt_mixture'],
    [{ num_virtual_tokens: 0 }, undefined, 'bad-adapter-config', 'num_virtual_tokens'],
    [{ num_virtual_tokens: null }, undefined, 'bad-adapter-config', 'num_virtual_tokens'],
    [{ num_virtual_tokens: 6 }, undefined, 'adapter-mismatch', '[5, 8] and this base needs [6, 8]'],
    [{}, { prompt_embeddings: [5, 4] }, 'adapter-mismatch', '[5, 4]'],
    [{}, { other: [5, 8] }, 'adapter-mismatch', 'other'],
    [{}, { prompt_embeddings: [5, 8], 'lm_head.weight': [1, 8] }, 'adapter-mismatch', 'lm_head.weight'],
  ])('%j %j is refused by name', async (change, tensors, code, words) => {
    await expect(readPeft(folder(change, tensors), config)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  test('what PEFT’s config says of a prompt is all known', () => {
    // dataclasses.fields(PromptTuningConfig) of PEFT 0.21.2
    const fields = [
      ...['task_type', 'peft_type', 'auto_mapping', 'peft_version', 'base_model_name_or_path', 'revision'],
      ...['inference_mode', 'num_virtual_tokens', 'token_dim', 'num_transformer_submodules'],
      ...['num_attention_heads', 'num_layers', 'modules_to_save', 'prompt_tuning_init'],
      ...['prompt_tuning_init_text', 'tokenizer_name_or_path', 'tokenizer_kwargs'],
    ];
    expect(Object.keys(PROMPT_CONFIG).sort()).toEqual(fields.sort());
  });
});

describe('a prompt begins', () => {
  /** Every embedding is its token's number. */
  const base: StartBase = {
    config,
    tokens: async (text) => Array.from(text, (letter) => letter.charCodeAt(0) - 96),
    keysAndValues: async (ids) =>
      [0, 100].map((more) => Float32Array.from(ids.flatMap((id) => Array(8).fill(id + more)))),
    embeddings: async (ids) => Float32Array.from(ids.flatMap((id) => Array(8).fill(id))),
    stored: async () => Promise.reject(new Error('a prompt asks for no weight')),
    weight: async () => Promise.reject(new Error('a prompt asks for no weight')),
  };
  const begun = async (how: Partial<PromptSettings>, seed = 1) => {
    const given = settings(how);
    const { values } = await startedAdapter(base, sitesOf(config, given), given, seed);
    return values.get('prompt.prompt_embeddings')!;
  };
  const tokens = (values: Float32Array) => Array.from({ length: 5 }, (_, i) => values[8 * i]);

  test('as a text, cut or repeated', async () => {
    expect(tokens(await begun({ init: 'text', text: 'ab' }))).toEqual([1, 2, 1, 2, 1]);
    expect(tokens(await begun({ init: 'text', text: 'abcdefg' }))).toEqual([1, 2, 3, 4, 5]);
  });

  test.each(['', undefined])('M1: as no text (%j) is refused', async (text) => {
    await expect(begun({ init: 'text', text })).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringContaining('--prompt-text'),
    });
  });

  test('as words of the vocabulary, which the seed draws', async () => {
    const drawn = tokens(await begun({ init: 'vocab' }));
    expect(drawn.every((id) => Number.isInteger(id) && id >= 0 && id < 50)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(2);
    expect(tokens(await begun({ init: 'vocab' }))).toEqual(drawn);
    expect(tokens(await begun({ init: 'vocab' }, 2))).not.toEqual(drawn);
  });

  test('as numbers of a standard normal distribution', async () => {
    const given = settings({ init: 'random', virtualTokens: 1000 });
    const { values } = await startedAdapter(base, sitesOf(config, given), given, 3);
    const all = values.get('prompt.prompt_embeddings')!;
    const mean = all.reduce((a, b) => a + b) / all.length;
    const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});
