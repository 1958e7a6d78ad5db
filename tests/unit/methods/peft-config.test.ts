import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { NamedFile } from '../../../src/files/named-file.ts';
import { loraDelta } from '../../../src/methods/lora/matrices.ts';
import { rankOf } from '../../../src/methods/lora/scale.ts';
import { initialAdapter, sitesOf } from '../../../src/methods/parameters.ts';
import { readPeft, writePeft } from '../../../src/methods/peft.ts';
import {
  declaredModules,
  LORA_CONFIG,
  OTHER_METHODS,
  readAdapterConfig,
} from '../../../src/methods/peft-config.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { float32Bytes, readSafetensorsHeader, writeSafetensors } from '../../../src/weights/safetensors.ts';

/** PEFT's LoraConfig, field by field; see scripts/fixtures/weights/make_lora_config.py. */
const recorded = JSON.parse(readFileSync(new URL('fixtures/lora-config.json', import.meta.url), 'utf8')) as {
  fields: string[];
  types: string[];
  matches: { base: 'llama' | 'gpt2'; config: Record<string, unknown>; modules: string[] }[];
};
const LLAMA = {
  model_type: 'llama',
  vocab_size: 32,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 4,
  num_attention_heads: 2,
  num_key_value_heads: 1,
};
const bases = {
  llama: parseConfig(LLAMA),
  gpt2: parseConfig({
    model_type: 'gpt2',
    vocab_size: 32,
    n_embd: 8,
    n_layer: 3,
    n_head: 2,
    n_positions: 16,
  }),
};
const plain = { peft_type: 'LORA', r: 2, lora_alpha: 4 };
const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test('every field of PEFT’s LoraConfig is in the table, and every other method has a name', () => {
  expect(recorded.fields.filter((field) => !Object.hasOwn(LORA_CONFIG, field))).toEqual([]);
  expect(Object.keys(LORA_CONFIG).filter((field) => !recorded.fields.includes(field))).toEqual([]);
  const named = [...Object.keys(OTHER_METHODS), 'LORA', 'IA3', 'PROMPT_TUNING', 'PREFIX_TUNING'];
  expect(recorded.types.filter((type) => !named.includes(type))).toEqual([]);
});

test('a field that is refused is refused by name, and not where it is off', () => {
  for (const [field, use] of Object.entries(LORA_CONFIG)) {
    if (use === 'read' || 'inert' in use) continue;
    for (const value of ['all', true, ['lm_head'], { x: 1 }])
      expect(() => readAdapterConfig({ ...plain, [field]: value }), field).toThrow(field);
    for (const value of [null, false, [], {}, use.off])
      expect(() => readAdapterConfig({ ...plain, [field]: value }), field).not.toThrow();
  }
  for (const [field, use] of Object.entries(LORA_CONFIG))
    if (use !== 'read' && 'inert' in use)
      expect(() => readAdapterConfig({ ...plain, [field]: { x: 1 } }), field).not.toThrow();
  expect(() => readAdapterConfig({ ...plain, use_newlora: true })).toThrow('use_newlora');
  expect(() => readAdapterConfig({ ...plain, use_newlora: false })).not.toThrow();
});

describe('modules are those that PEFT adapts', () => {
  test.each(recorded.matches)('$base $config', async ({ base, config: choice, modules }) => {
    const config = bases[base];
    const all = adapterModules(config, ['all']);
    const peft = readAdapterConfig({ ...plain, ...choice });
    const chosen = declaredModules(peft, all, [])!;
    expect(chosen.map(({ path }) => path).sort()).toEqual([...modules].sort());

    const settings = { rank: 2, alpha: 4, dropout: 0, targets: ['all'] };
    const weights = initialAdapter(chosen, settings, 1);
    const files = writePeft(weights, config, { id: 'x/y', revision: null });
    const saved = files.map((file) =>
      file.path === 'adapter_config.json' ? { ...file, bytes: encoded({ ...plain, ...choice }) } : file,
    );
    const read = await readPeft(saved, config);
    expect(read.modules).toEqual(chosen);
    expect(read.values).toEqual(weights.values);
    // What goes on from here has the same modules.
    expect(sitesOf(config, read.settings)).toEqual(chosen);
    if (chosen.length > 1) {
      const fewer = writePeft(initialAdapter(chosen.slice(1), settings, 1), config, {
        id: 'x/y',
        revision: null,
      });
      await expect(readPeft([fewer[0], saved[1]], config)).rejects.toMatchObject({
        code: 'adapter-mismatch',
        message: expect.stringContaining(chosen[0].path),
      });
    }
  });
});

describe('patterns of a file', () => {
  // Unsloth's target_modules, as it writes them.
  const unsloth =
    '(?:.*?(?:language|text).*?(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense).*?(?:k_proj|v_proj|q_proj).*?)|(?:\\bmodel\\.layers\\.[\\d]{1,}\\.(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense)\\.(?:(?:k_proj|v_proj|q_proj)))';
  test('those that programs write are used', () => {
    const all = adapterModules(bases.llama, ['all']);
    const chosen = declaredModules(readAdapterConfig({ ...plain, target_modules: unsloth }), all, [])!;
    expect(new Set(chosen.map(({ target }) => target))).toEqual(new Set(['q_proj', 'k_proj', 'v_proj']));
    expect(chosen).toHaveLength(12);
  });
  // Each of them would take hours on a path of forty letters.
  test.each([
    '(\\w+\\.?)+x',
    '(a|a)*b',
    '([a-z]+)*\\d',
    '(?:.+){9,}x',
    '(.+)\\1\\1x',
    '.*.*.*.*.*.*.*.*.*x',
    'x'.repeat(5000),
    '(',
  ])('%s is refused, at once', (key) => {
    expect(() => readAdapterConfig({ ...plain, rank_pattern: { [key]: 4 } })).toThrow(key.slice(0, 80));
    expect(() => readAdapterConfig({ ...plain, alpha_pattern: { [key]: 4 } })).toThrow(key.slice(0, 80));
    const peft = readAdapterConfig({ ...plain, target_modules: key });
    expect(declaredModules(peft, adapterModules(bases.llama, ['all']), [])).toBeNull();
    const settings = { rank: 2, alpha: 4, dropout: 0, targets: ['all'], rankPattern: { [key]: 4 } };
    expect(() => initialAdapter(adapterModules(bases.llama, ['q_proj']), settings, 1)).toThrow(
      key.slice(0, 80),
    );
  });
  test('a named group of Python’s, and a pattern that matches no module', () => {
    const [module] = adapterModules(bases.llama, ['q_proj']);
    const settings = { rank: 2, alpha: 4, dropout: 0, targets: ['q_proj'] };
    const rankOfPattern = (key: string) => rankOf({ ...settings, rankPattern: { [key]: 8 } }, module);
    expect(rankOfPattern('(?P<which>q|k)_proj')).toBe(8);
    expect(rankOfPattern('^model\\.layers\\.(0|1)\\..*')).toBe(8);
    expect(rankOfPattern('layers.7.self_attn.q_proj')).toBe(2);
  });
});

describe('tensors that are no LoRA of a linear layer say what they are', () => {
  const config = bases.llama;
  test.each([
    ['model.layers.0.self_attn.q_proj.lora_magnitude_vector', 'DoRA'],
    ['model.layers.0.self_attn.q_proj.lora_B.bias', 'a bias beside'],
    ['model.embed_tokens.lora_embedding_A', 'adapts the embedding'],
    ['model.embed_tokens.weight', 'also holds the embedding'],
    ['model.embed_tokens.token_adapter.trainable_tokens_delta', 'single tokens'],
    ['lm_head.lora_A.weight', 'adapts the output head'],
    ['lm_head.weight', 'also holds the output head'],
  ])('%s', async (name, text) => {
    const weights = writeSafetensors([
      { name: `base_model.model.${name}`, dtype: 'F32', shape: [1], data: new Uint8Array(4) },
    ]);
    const files: NamedFile[] = [
      { path: 'adapter_config.json', bytes: encoded(plain) },
      { path: 'adapter_model.safetensors', bytes: weights },
    ];
    await expect(readPeft(files, config)).rejects.toMatchObject({
      code: 'unsupported-adapter',
      message: expect.stringContaining(text),
    });
  });
});

test.each([
  ['adapter_model.bin', 'pickle'],
  ['adapters.npz', 'mlx-lm'],
])('%s is told for what it is', async (path, text) => {
  const files = [
    { path: 'adapter_config.json', bytes: encoded(plain) },
    { path, bytes: new Uint8Array(4) },
  ];
  await expect(readPeft(files, bases.llama)).rejects.toMatchObject({
    code: 'no-peft-adapter',
    message: expect.stringContaining(text),
  });
});

describe('an adapter of mlx-lm', () => {
  const config = bases.llama;
  const path = 'model.layers.3.self_attn.k_proj';
  const parameters = { rank: 2, scale: 10, dropout: 0.1 };
  // k_proj is 8 → 4; A [in, rank] and B [rank, out] there.
  const a = Float32Array.from({ length: 16 }, (_, i) => i);
  const b = Float32Array.from({ length: 8 }, (_, i) => 100 + i);
  const folder = (change: object = {}, shape = [8, 2]): NamedFile[] => [
    {
      path: 'x/adapter_config.json',
      bytes: encoded({
        fine_tune_type: 'lora',
        num_layers: 1,
        lora_parameters: parameters,
        ...change,
      }),
    },
    {
      path: 'x/adapters.safetensors',
      bytes: writeSafetensors([
        { name: `${path}.lora_a`, dtype: 'F32', shape, data: float32Bytes(a) },
        { name: `${path}.lora_b`, dtype: 'F32', shape: [2, 4], data: float32Bytes(b) },
      ]),
    },
  ];
  test('is read: matrices transposed, alpha = scale · rank', async () => {
    const { settings, modules, values } = await readPeft(folder(), config);
    expect(settings).toEqual({ rank: 2, alpha: 20, dropout: 0.1, targets: [path] });
    expect(modules.map((one) => one.path)).toEqual([path]);
    const [ours, theirs] = [values.get(`${path}.lora_A`)!, values.get(`${path}.lora_B`)!];
    for (let i = 0; i < 8; i++) for (let r = 0; r < 2; r++) expect(ours[r * 8 + i]).toBe(a[i * 2 + r]);
    for (let r = 0; r < 2; r++) for (let o = 0; o < 4; o++) expect(theirs[o * 2 + r]).toBe(b[r * 4 + o]);
    const again = writePeft({ settings, modules, values }, config, { id: 'x', revision: null });
    const { tensors } = await readSafetensorsHeader(bytesReader('a', again[0].bytes));
    expect(tensors.get(`base_model.model.${path}.lora_A.weight`)!.shape).toEqual([2, 8]);
  });
  test('num_layers counts from the last; mlx-lm refuses tensors that it or keys leave out', async () => {
    for (const chosen of [{ num_layers: -1 }, { num_layers: 0 }, { num_layers: 9 }, { num_layers: null }])
      expect((await readPeft(folder(chosen), config)).modules, JSON.stringify(chosen)).toHaveLength(1);
    for (const keys of [['self_attn.k_proj'], [path]])
      expect(
        (await readPeft(folder({ lora_parameters: { ...parameters, keys } }), config)).modules,
      ).toHaveLength(1);
    const earlier = parseConfig({ ...LLAMA, num_hidden_layers: 5 });
    await expect(readPeft(folder(), earlier)).rejects.toThrow('num_layers');
  });
  test('that mlx-lm trained and saved adds what it adds there', async () => {
    const file = (name: string) => readFileSync(new URL(`fixtures/mlx/${name}`, import.meta.url));
    // See scripts/fixtures/weights/make_mlx.py.
    const { base, added } = JSON.parse(file('added.json').toString()) as {
      base: Record<string, unknown>;
      added: Record<string, number[]>;
    };
    const files = ['adapter_config.json', 'adapters.safetensors'].map((name) => ({
      path: name,
      bytes: new Uint8Array(file(name)),
    }));
    const weights = await readPeft(files, parseConfig(base));
    expect(weights.settings).toMatchObject({ rank: 3, alpha: 21, dropout: 0 });
    expect(weights.modules.map(({ path }) => path).sort()).toEqual(Object.keys(added).sort());
    for (const module of weights.modules) {
      const theirs = added[module.path];
      const size = Math.max(...theirs.map(Math.abs));
      expect(size, module.path).toBeGreaterThan(1e-3);
      // Each row is valid until the next.
      const ours = Array.from(loraDelta(weights, module), (row) =>
        row.reduce((sum, w, i) => sum + w * ((2 * i) / (module.in - 1) - 1), 0),
      );
      for (const [o, y] of ours.entries())
        expect(Math.abs(y - theirs[o]), module.path).toBeLessThan(1e-5 * size + 1e-6);
    }
  });
  test.each<[object, number[], string, string]>([
    [{ fine_tune_type: 'dora' }, [8, 2], 'adapter-mismatch', `${path}.m is missing`],
    [{ fine_tune_type: 'ia3' }, [8, 2], 'unsupported-adapter', 'ia3'],
    [{ fine_tune_type: 'full' }, [8, 2], 'unsupported-adapter', 'full'],
    [{ lora_parameters: { rank: 2 } }, [8, 2], 'bad-adapter-config', 'scale'],
    [{ lora_parameters: { rank: 4, scale: 1 } }, [8, 2], 'adapter-mismatch', 'lora_a'],
    [{}, [2, 8], 'adapter-mismatch', '[2, 8]'],
    [{ lora_parameters: { ...parameters, keys: ['mlp.up_proj'] } }, [8, 2], 'adapter-mismatch', path],
    [{ lora_parameters: { ...parameters, scale: 0 } }, [8, 2], 'bad-adapter-config', 'scale'],
  ])('%j %j', async (change, shape, code, text) => {
    await expect(readPeft(folder(change, shape), config)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });
});
