import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { NamedFile } from '../../../src/files/named-file.ts';
import { unzipFiles, zipFiles } from '../../../src/files/zip.ts';
import { loraScale } from '../../../src/methods/lora/scale.ts';
import { initialA } from '../../../src/methods/lora/start.ts';
import { initialAdapter, sitesOf } from '../../../src/methods/parameters.ts';
import { readPeft, writePeft } from '../../../src/methods/peft.ts';
import { adapterModules } from '../../../src/model/families/names.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../src/weights/safetensors.ts';

function fixture(name: string) {
  const folder = new URL(`fixtures/${name}/`, import.meta.url);
  const files = readdirSync(folder).map(
    (path): NamedFile => ({ path, bytes: readFileSync(new URL(path, folder)) }),
  );
  const json = (path: string) => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
  return {
    files,
    config: parseConfig(json('base_config.json')),
    sums: json('sums.json') as Record<string, number>,
  };
}
const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
const json = (files: NamedFile[], path: string) =>
  JSON.parse(new TextDecoder().decode(files.find((f) => f.path === path)!.bytes));
const withConfig = (files: NamedFile[], change: object) =>
  files.map((file) =>
    file.path === 'adapter_config.json'
      ? { ...file, bytes: new TextEncoder().encode(JSON.stringify({ ...json(files, file.path), ...change })) }
      : file,
  );

describe.each(['llama', 'gpt2'])('an adapter saved by PEFT: %s', (name) => {
  const { files, config, sums } = fixture(name);

  test('O1: reads every tensor', async () => {
    const weights = await readPeft(files, config);
    expect(weights.settings).toMatchObject({ rank: 3, alpha: 6, dropout: 0 });
    expect(weights.modules.length * 2).toBe(Object.keys(sums).length);
    for (const { path } of weights.modules) {
      expect(sum(weights.values.get(`${path}.lora_A`)!)).toBeCloseTo(
        sums[`base_model.model.${path}.lora_A.weight`],
        5,
      );
      expect(sum(weights.values.get(`${path}.lora_B`)!)).toBeCloseTo(
        sums[`base_model.model.${path}.lora_B.weight`],
        5,
      );
    }
  });

  test('O1: what we write again has PEFT’s keys, shapes and bytes', async () => {
    const written = writePeft(await readPeft(files, config), config, { id: 'x/y', revision: 'abc' });
    const header = (from: NamedFile[]) =>
      readSafetensorsHeader(
        bytesReader('a', from.find((f) => f.path === 'adapter_model.safetensors')!.bytes),
      );
    const [ours, theirs] = [await header(written), await header(files)];
    expect([...ours.tensors.keys()].sort()).toEqual([...theirs.tensors.keys()].sort());
    expect(ours.metadata).toEqual({ format: 'pt' });
    for (const [key, entry] of theirs.tensors) expect(ours.tensors.get(key)!.shape).toEqual(entry.shape);
    const again = await readPeft(written, config);
    const first = await readPeft(files, config);
    expect(again.values).toEqual(first.values);
    const fields = json(written, 'adapter_config.json');
    expect(Object.keys(fields)).toEqual(Object.keys(fields).sort());
    const theirFields = json(files, 'adapter_config.json');
    for (const key of Object.keys(fields)) expect(Object.keys(theirFields)).toContain(key);
    expect(fields).toMatchObject({
      base_model_name_or_path: 'x/y',
      revision: 'abc',
      r: 3,
      lora_alpha: 6,
      fan_in_fan_out: name === 'gpt2',
    });
    expect(fields.use_rslora).toBe(name === 'llama' ? true : undefined);
  });

  test('a zip, with a folder inside, reads the same', async () => {
    const zip = await zipped(files.map(({ path, bytes }) => ({ path: `my adapter/${path}`, bytes })));
    const weights = await readPeft([{ path: 'adapter.zip', bytes: zip }], config);
    expect(weights.values).toEqual((await readPeft(files, config)).values);
  });
});

async function zipped(files: readonly NamedFile[]): Promise<Uint8Array<ArrayBuffer>> {
  const blobs = files.map(({ path, bytes }) => ({
    path,
    blob: new Blob([bytes as Uint8Array<ArrayBuffer>]),
  }));
  return new Uint8Array(await (await zipFiles(blobs)).arrayBuffer());
}

describe('an adapter that does not fit', () => {
  const llama = fixture('llama');
  const gpt2 = fixture('gpt2');
  test('another family: the tensor is named', async () => {
    await expect(readPeft(llama.files, gpt2.config)).rejects.toMatchObject({
      code: 'adapter-mismatch',
      message: expect.stringContaining('self_attn.'),
    });
  });
  test('another width: tensor and both shapes', async () => {
    const wider = { ...llama.config, hidden: 16 };
    await expect(readPeft(llama.files, wider)).rejects.toMatchObject({
      message: expect.stringMatching(
        /q_proj\.lora_A\.weight has the shape \[3, 8\] and this base needs \[3, 16\]/,
      ),
    });
  });
  test('more layers in the base: the hole is named', async () => {
    await expect(readPeft(llama.files, { ...llama.config, layers: 3 })).rejects.toMatchObject({
      message: expect.stringContaining('model.layers.2.self_attn.q_proj'),
    });
  });
  test.each([
    [{ use_dora: true }, 'adapter-mismatch', 'lora_magnitude_vector is missing'],
    [{ peft_type: 'LOHA', r: undefined }, 'unsupported-adapter', 'PEFT’s method LoHa (peft_type LOHA)'],
    [{ peft_type: 'BRANDNEW', r: undefined }, 'unsupported-adapter', 'BRANDNEW'],
    [{ rank_pattern: { q_proj: 8 } }, 'adapter-mismatch', 'where it says 8'],
    [{ rank_pattern: { '(q_proj': 8 } }, 'unsupported-adapter', '“(q_proj”'],
    [{ modules_to_save: ['lm_head'] }, 'unsupported-adapter', 'lm_head'],
    [{ init_lora_weights: 'pissa' }, 'unsupported-adapter', '“pissa”'],
    [
      { init_lora_weights: 'pissa_niter_4' },
      'unsupported-adapter',
      'path_initial_model_for_weight_conversion',
    ],
    [{ init_lora_weights: 'OLoRA' }, 'unsupported-adapter', 'init_lora_weights'],
    [{ init_lora_weights: 'loftq' }, 'unsupported-adapter', 'Train it again'],
    [{ init_lora_weights: 'corda' }, 'unsupported-adapter', '“corda”'],
    [{ alora_invocation_tokens: [1, 2] }, 'unsupported-adapter', 'alora_invocation_tokens'],
    [{ use_qalora: true }, 'unsupported-adapter', 'use_qalora'],
    [{ layer_replication: [[0, 2]] }, 'unsupported-adapter', 'layer_replication'],
    [{ r: 0 }, 'bad-adapter-config', 'r'],
    [{ r: 4 }, 'adapter-mismatch', 'lora_A'],
  ])('%j', async (change, code, text) => {
    await expect(readPeft(withConfig(llama.files, change), llama.config)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });
  test.each([true, false, null, 'gaussian', 'Gaussian', 'eva', 'orthogonal'])(
    'one that was begun with init_lora_weights %s is plain LoRA',
    async (init_lora_weights) => {
      const change = { init_lora_weights, alora_invocation_tokens: null, use_qalora: false };
      expect(await readPeft(withConfig(llama.files, change), llama.config)).toEqual(
        await readPeft(llama.files, llama.config),
      );
    },
  );
  test('no adapter, a broken zip', async () => {
    await expect(
      readPeft([{ path: 'notes.txt', bytes: new Uint8Array(3) }], llama.config),
    ).rejects.toMatchObject({ code: 'no-peft-adapter' });
    await expect(
      readPeft([{ path: 'a.zip', bytes: new Uint8Array(50) }], llama.config),
    ).rejects.toMatchObject({ code: 'bad-zip' });
  });
});

describe('targets by path', () => {
  const gpt2 = parseConfig({
    model_type: 'gpt2',
    vocab_size: 10,
    n_embd: 8,
    n_layer: 12,
    n_head: 2,
    n_positions: 16,
  });
  const { config: llama } = fixture('llama');
  const written = (config: typeof llama, targets: string[]) => {
    const weights = initialAdapter(
      adapterModules(config, targets),
      { rank: 2, alpha: 4, dropout: 0, targets },
      1,
    );
    return { weights, files: writePeft(weights, config, { id: 'x/y', revision: null }) };
  };
  const first = 'transformer.h.1.attn.c_attn';
  test.each([
    ['gpt2', gpt2, ['c_proj'], ['c_proj']],
    ['gpt2', gpt2, ['attn.c_proj'], ['attn.c_proj']],
    ['gpt2', gpt2, ['attn.c_proj', 'mlp.c_proj', 'c_attn'], ['c_attn', 'c_proj']],
    ['gpt2', gpt2, [first], [first]],
    ['gpt2', gpt2, [first, 'mlp.c_proj'], ['mlp.c_proj', first]],
    ['llama', llama, ['all'], ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']],
  ])('%s: %3$j is written as exactly those modules', async (_, config, targets, expected) => {
    const { weights, files } = written(config, targets);
    const { target_modules } = json(files, 'adapter_config.json');
    expect(target_modules).toEqual(expected);
    expect(adapterModules(config, target_modules)).toEqual(weights.modules);
    const read = await readPeft(files, config);
    expect(read.modules).toEqual(weights.modules);
    // What goes on from here has the same modules.
    expect(sitesOf(config, read.settings)).toEqual(weights.modules);
    expect(read.values).toEqual(weights.values);
  });
  test('a module among the targets without tensors is a hole', async () => {
    const { files } = written(gpt2, ['attn.c_proj']);
    await expect(readPeft(withConfig(files, { target_modules: ['c_proj'] }), gpt2)).rejects.toMatchObject({
      code: 'adapter-mismatch',
      message: expect.stringContaining('transformer.h.0.mlp.c_proj'),
    });
  });
});

describe('initialisation', () => {
  const { config } = fixture('llama');
  const modules = adapterModules(config, ['all']);
  const settings = { rank: 16, alpha: 32, dropout: 0, targets: ['all'] };
  test('B is zero; A fills ±1/√in evenly', () => {
    const { values } = initialAdapter(modules, settings, 0);
    for (const module of modules) {
      expect(values.get(`${module.path}.lora_B`)!.every((value) => value === 0)).toBe(true);
      const bound = 1 / Math.sqrt(module.in);
      expect(values.get(`${module.path}.lora_A`)!.every((value) => Math.abs(value) <= bound)).toBe(true);
    }
    const wide = initialA({ layer: 0, target: 'q_proj', path: 'x', in: 4096, out: 4 }, 16, 1).map(
      (value) => value * 64,
    );
    expect(sum(wide) / wide.length).toBeCloseTo(0, 1);
    // Variance of U(−1, 1) is 1/3.
    expect(sum(wide.map((value) => value * value)) / wide.length).toBeCloseTo(1 / 3, 2);
  });
  test('a module’s draw depends on seed and path alone', () => {
    const alone = initialAdapter([modules[3]], settings, 7).values.get(`${modules[3].path}.lora_A`);
    expect(initialAdapter(modules, settings, 7).values.get(`${modules[3].path}.lora_A`)).toEqual(alone);
    expect(initialAdapter(modules, settings, 8).values.get(`${modules[3].path}.lora_A`)).not.toEqual(alone);
    expect(initialA(modules[0], 4, 7)).not.toEqual(initialA({ ...modules[0], path: modules[7].path }, 4, 7));
  });
  test('scale', () => {
    expect(loraScale(settings, modules[0])).toBe(2);
    expect(loraScale({ ...settings, rsLora: true }, modules[0])).toBe(8);
  });
});

test('equal files give an equal zip, and it unpacks to them', async () => {
  const files = [
    { path: 'ä/b.txt', bytes: new TextEncoder().encode('hello') },
    { path: 'c.bin', bytes: new Uint8Array([0, 255]) },
    { path: 'empty', bytes: new Uint8Array() },
  ];
  const zip = await zipped(files);
  expect(await zipped(files)).toEqual(zip);
  // CRC-32 of “hello”, as everyone else computes it.
  expect(new DataView(zip.buffer).getUint32(14, true)).toBe(0x3610a686);
  expect(unzipFiles(zip).map(({ path, bytes }) => [path, [...bytes]])).toEqual(
    files.map(({ path, bytes }) => [path, [...bytes]]),
  );
});
