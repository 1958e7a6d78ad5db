import { describe, expect, test } from 'vitest';
import type { NamedFile } from '../../../src/files/named-file.ts';
import type { StartBase } from '../../../src/methods/method.ts';
import { initialAdapter, sitesOf, startedAdapter } from '../../../src/methods/parameters.ts';
import { readPeft, writePeft } from '../../../src/methods/peft.ts';
import { PREFIX_CONFIG } from '../../../src/methods/prefix/read.ts';
import type { PrefixSettings } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { float32Bytes, writeSafetensors } from '../../../src/weights/safetensors.ts';

const config = parseConfig({
  model_type: 'llama',
  vocab_size: 50,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
});
const settings = (more: Partial<PrefixSettings> = {}): PrefixSettings => ({
  method: 'prefix',
  virtualTokens: 3,
  ...more,
});
/** As PEFT 0.21.2 writes it for this model, but for what is null or its default. */
const PEFT = {
  ...{ peft_type: 'PREFIX_TUNING', task_type: 'CAUSAL_LM', num_virtual_tokens: 3, token_dim: 12 },
  ...{ num_transformer_submodules: 1, num_attention_heads: 2, num_layers: 2, inference_mode: true },
};

function folder(change: Record<string, unknown>, shape = [3, 48]): NamedFile[] {
  const data = float32Bytes(new Float32Array(shape[0] * shape[1]).fill(0.5));
  return [
    {
      path: 'adapter_config.json',
      bytes: new TextEncoder().encode(JSON.stringify({ ...PEFT, ...change })),
    },
    {
      path: 'adapter_model.safetensors',
      bytes: writeSafetensors([{ name: 'prompt_embeddings', dtype: 'F32', shape, data }]),
    },
  ];
}

test('a folder is read as it was written', async () => {
  const weights = initialAdapter(sitesOf(config, settings()), settings(), 1);
  const files = writePeft(weights, config, { id: 'org/base', revision: 'main' });
  const text = new TextDecoder().decode(files.find(({ path }) => path === 'adapter_config.json')!.bytes);
  expect(JSON.parse(text)).toEqual({ ...PEFT, base_model_name_or_path: 'org/base', revision: 'main' });
  expect(await readPeft(files, config)).toEqual({ ...weights, settings: settings() });
  const theirs = { encoder_hidden_size: 12, init_weights: null, prefix_projection: false };
  expect((await readPeft(folder(theirs), config)).settings).toEqual(settings());
});

test.each<[Record<string, unknown>, number[] | undefined, string, string]>([
  [{ prefix_projection: true }, undefined, 'unsupported-adapter', 'two layers of its own'],
  [{ modules_to_save: ['lm_head'] }, undefined, 'unsupported-adapter', 'whole modules'],
  [{ num_transformer_submodules: 2 }, undefined, 'unsupported-adapter', 'encoder and a decoder'],
  [{ new_field: 3 }, undefined, 'unsupported-adapter', 'new_field'],
  [{ num_virtual_tokens: 4 }, undefined, 'adapter-mismatch', '[3, 48] and this base needs [4, 48]'],
  [{}, [3, 32], 'adapter-mismatch', '[3, 32] and this base needs [3, 48]'],
])('%j %j is refused by name', async (change, shape, code, words) => {
  await expect(readPeft(folder(change, shape), config)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words),
  });
});

test('what PEFT’s config says of a prefix is all known', () => {
  // dataclasses.fields(PrefixTuningConfig) of PEFT 0.21.2
  const fields = [
    ...['task_type', 'peft_type', 'auto_mapping', 'peft_version', 'base_model_name_or_path', 'revision'],
    ...['inference_mode', 'num_virtual_tokens', 'token_dim', 'num_transformer_submodules'],
    ...['num_attention_heads', 'num_layers', 'modules_to_save', 'init_weights', 'encoder_hidden_size'],
    'prefix_projection',
  ];
  expect(Object.keys(PREFIX_CONFIG).sort()).toEqual(fields.sort());
});

describe('a prefix begins', () => {
  /** Every key is its token’s number, with the part’s hundreds. */
  const asked: number[][] = [];
  const base = {
    config,
    tokens: async (text: string) => Array.from(text, (letter) => letter.charCodeAt(0) - 96),
    keysAndValues: async (ids: readonly number[]) => {
      asked.push([...ids]);
      return [0, 100, 200, 300].map((more) =>
        Float32Array.from(ids.flatMap((id) => Array(12).fill(id + more))),
      );
    },
  } as Partial<StartBase> as StartBase;
  const begun = async (how: Partial<PrefixSettings>, seed = 1) => {
    const given = settings(how);
    const { values } = await startedAdapter(base, sitesOf(config, given), given, seed);
    return values.get('prefix.prompt_embeddings')!;
  };

  test('with keys and values of a text, layer by layer', async () => {
    const values = await begun({ init: 'text', text: 'ab' });
    const of = (row: number) => [0, 12, 24, 36].map((column) => values[48 * row + column]);
    expect([0, 1, 2].map(of)).toEqual([
      [1, 101, 201, 301],
      [2, 102, 202, 302],
      [1, 101, 201, 301],
    ]);
  });

  test('with those of words that the seed draws, where there is no text', async () => {
    asked.length = 0;
    for (const seed of [1, 1, 2]) await begun({ init: 'text' }, seed);
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]).not.toEqual(asked[2]);
    expect(asked.flat().every((id) => id >= 0 && id < 50)).toBe(true);
  });

  test('with zeros, or at random', async () => {
    expect(await begun({ init: 'zero' })).toEqual(new Float32Array(3 * 48));
    expect((await begun({ init: 'random' })).every((value) => value !== 0)).toBe(true);
  });
});
