import { describe, expect, test } from 'vitest';
import type { NamedFile } from '../../../src/files/named-file.ts';
import { adapterDigest } from '../../../src/methods/digest.ts';
import { IA3_CONFIG } from '../../../src/methods/ia3/read.ts';
import { initialAdapter, sitesOf } from '../../../src/methods/parameters.ts';
import { readPeft, writePeft } from '../../../src/methods/peft.ts';
import type { Ia3Settings } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { adapterSettings } from '../../../src/run/adapter-settings.ts';
import { defaultSettings } from '../../../src/run/settings/list.ts';
import { float32Bytes, writeSafetensors } from '../../../src/weights/safetensors.ts';

const llama = parseConfig({
  model_type: 'llama',
  vocab_size: 50,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
});
const gpt2 = parseConfig({
  model_type: 'gpt2',
  vocab_size: 50,
  n_embd: 8,
  n_layer: 1,
  n_head: 2,
  n_positions: 16,
});
const BASE = { id: 'org/base', revision: 'main' };
const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const configOf = (files: readonly NamedFile[]) =>
  JSON.parse(new TextDecoder().decode(files.find(({ path }) => path === 'adapter_config.json')!.bytes));
const IN_BLOCK = 'base_model.model.model.layers.0';
const PEFT = {
  ...{ peft_type: 'IA3', task_type: 'CAUSAL_LM', target_modules: ['k_proj', 'v_proj', 'down_proj'] },
  ...{ feedforward_modules: ['down_proj'], fan_in_fan_out: false, init_ia3_weights: true },
};
const SHAPES = {
  [`${IN_BLOCK}.self_attn.k_proj.ia3_l`]: [4, 1],
  [`${IN_BLOCK}.self_attn.v_proj.ia3_l`]: [4, 1],
  [`${IN_BLOCK}.mlp.down_proj.ia3_l`]: [1, 12],
};

function folder(change: Record<string, unknown>, shapes: Record<string, number[]> = SHAPES): NamedFile[] {
  const tensors = Object.entries(shapes).map(([name, shape]) => ({
    name,
    dtype: 'F32' as const,
    shape,
    data: float32Bytes(new Float32Array(shape[0] * shape[1]).fill(0.5)),
  }));
  return [
    { path: 'adapter_config.json', bytes: encoded({ ...PEFT, ...change }) },
    { path: 'adapter_model.safetensors', bytes: writeSafetensors(tensors) },
  ];
}

describe('a folder', () => {
  test('of PEFT is read, and written as it was', async () => {
    const read = await readPeft(folder({}), llama);
    expect(read.settings).toEqual({
      method: 'ia3',
      targets: ['k_proj', 'v_proj', 'down_proj'],
      feedForward: ['down_proj'],
    });
    const written = writePeft(read, llama, BASE);
    expect(configOf(written)).toEqual({
      ...PEFT,
      ...{ base_model_name_or_path: 'org/base', revision: 'main' },
      ...{ inference_mode: true, modules_to_save: null },
    });
    const again = await readPeft(written, llama);
    expect(again).toEqual(read);
    expect(adapterDigest(again)).toBe(adapterDigest(read));
  });

  test('of GPT-2 tells both layers called c_proj apart, as PEFT’s subset of targets must', async () => {
    const settings = adapterSettings(defaultSettings({ method: 'ia3' }), gpt2.family) as Ia3Settings;
    const sites = sitesOf(gpt2, settings);
    const weights = initialAdapter(sites, settings, 0);
    expect([...weights.values].map(([key, l]) => [key, l.length, l.every((value) => value === 1)])).toEqual([
      ['transformer.h.0.attn.c_attn.ia3_l', 24, true],
      ['transformer.h.0.mlp.c_proj.ia3_l', 32, true],
    ]);
    const files = writePeft(weights, gpt2, BASE);
    expect(configOf(files)).toMatchObject({
      fan_in_fan_out: true,
      feedforward_modules: ['mlp.c_proj'],
      target_modules: ['c_attn', 'mlp.c_proj'],
    });
    expect((await readPeft(files, gpt2)).values).toEqual(weights.values);
  });

  test('has its family’s targets where it names none, and inputs by a pattern', async () => {
    const usual = await readPeft(folder({ target_modules: null, feedforward_modules: null }), llama);
    expect(usual.settings).toMatchObject({ feedForward: ['down_proj'] });
    const byPattern = await readPeft(folder({ feedforward_modules: '.*\\.mlp\\.down_proj' }), llama);
    expect(byPattern.settings).toEqual(usual.settings);
  });

  test.each<[Record<string, unknown>, Record<string, number[]> | undefined, string, string]>([
    [{ modules_to_save: ['lm_head'] }, undefined, 'unsupported-adapter', 'whole modules'],
    [{ use_dora: true }, undefined, 'unsupported-adapter', 'use_dora'],
    [{ target_modules: 3 }, undefined, 'bad-adapter-config', 'target_modules'],
    [
      { target_modules: ['k_proj', 'v_proj', 'down_proj', 'q_proj'] },
      undefined,
      'adapter-mismatch',
      'q_proj',
    ],
    [{ target_modules: ['k_proj', 'down_proj'] }, undefined, 'adapter-mismatch', 'v_proj'],
    [{ feedforward_modules: [] }, undefined, 'adapter-mismatch', '[1, 12] and this base needs [8, 1]'],
    [{}, { ...SHAPES, 'base_model.model.lm_head.weight': [1, 8] }, 'adapter-mismatch', 'lm_head.weight'],
    [{}, { [`${IN_BLOCK}.self_attn.k_proj.ia3_l`]: [4, 1] }, 'adapter-mismatch', 'v_proj'],
  ])('%j %j is refused by name', async (change, shapes, code, words) => {
    await expect(readPeft(folder(change, shapes), llama)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  test('what PEFT’s config says of factors is all known', () => {
    // dataclasses.fields(IA3Config) of PEFT 0.21.2
    const fields = [
      ...['task_type', 'peft_type', 'auto_mapping', 'peft_version', 'base_model_name_or_path', 'revision'],
      ...['inference_mode', 'target_modules', 'exclude_modules', 'feedforward_modules', 'fan_in_fan_out'],
      ...['modules_to_save', 'init_ia3_weights'],
    ];
    expect(Object.keys(IA3_CONFIG).sort()).toEqual(fields.sort());
  });
});
