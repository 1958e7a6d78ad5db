import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { refusedExports } from '../../../src/export/export.ts';
import { gguf } from '../../../src/export/formats/gguf.ts';
import { writeMerged } from '../../../src/export/formats/merged.ts';
import { mergedFloats } from '../../../src/export/merging.ts';
import { loraScale } from '../../../src/methods/lora/scale.ts';
import { type AdapterWeights, asLora } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { openFolder } from '../../../src/weights/folder.ts';
import { readGguf } from '../../../src/weights/gguf/read.ts';
import { openGgufReader } from '../../../src/weights/gguf/source.ts';
import { readFloats } from '../../../src/weights/load.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../src/weights/safetensors.ts';
import { injected } from '../../faults/injected.ts';
import { exported, exportedFile } from './exported.ts';
import { randomAdapter, randomModel } from './random-model.ts';

/** (W + s·BA)[row, column], from its definition. */
function expected(
  weights: AdapterWeights,
  path: string,
  base: Float32Array,
  row: number,
  column: number,
): number {
  const module = weights.modules.find((m) => m.path === path)!;
  const settings = asLora(weights.settings);
  const { rank } = settings;
  let sum = 0;
  for (let r = 0; r < rank; r++)
    sum +=
      weights.values.get(`${path}.lora_B`)![row * rank + r] *
      weights.values.get(`${path}.lora_A`)![r * module.in + column];
  return base[row * module.in + column] + loraScale(settings, module) * sum;
}

describe('merged GGUF', () => {
  test.each([
    ['LlamaForCausalLM', 'llama'],
    ['Qwen2ForCausalLM', 'qwen2'],
  ])('%s: read again, it is the merged model', async (architecture, model_type) => {
    const { source, config } = randomModel({ architectures: [architecture], model_type, rope_theta: 5000 });
    const weights = randomAdapter(config, ['all']);
    const file = await exportedFile('merged-gguf', { source, config }, weights, 'f32');
    const again = await openGgufReader(bytesReader('merged.gguf', file));
    expect(parseConfig(again.config, again.tensors, again.generationConfig)).toEqual(config);
    for (const name of source.tensors.keys())
      expect(await readFloats(again, name)).toEqual(await mergedFloats({ source, config }, weights, name));
    expect([...again.tensors.values()].some(({ permutedHeads }) => permutedHeads)).toBe(
      architecture === 'LlamaForCausalLM',
    );
    expect(again.tokenizer.chatTemplate).toBe('{{ messages }}');
    expect(again.licence).toBe('mit');
    expect(again.name).toBe('Model, merged');
    const json = again.tokenizer.tokenizerJson as {
      model: { vocab: Record<string, number>; merges: unknown };
      added_tokens: { content: string }[];
      pre_tokenizer: unknown;
    };
    expect(json.model.vocab).toMatchObject({ a: 3, abc: 8, Ġa: 9 });
    expect(json.model.merges).toEqual([
      ['a', 'b'],
      ['ab', 'c'],
      ['Ġ', 'a'],
    ]);
    expect(json.added_tokens.map(({ content }) => content)).toEqual(['<|end|>', '<|start|>', '<|stop|>']);
    expect(JSON.stringify(json.pre_tokenizer)).toContain('Digits');
  });
  test('Llama 3’s rope scaling survives', async () => {
    const rope = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    };
    const { source, config } = randomModel({
      rope_theta: 500000,
      rope_scaling: rope,
      hidden_size: 256,
      max_position_embeddings: 131072,
    });
    const file = await exportedFile(
      'merged-gguf',
      { source, config },
      { ...randomAdapter(config, ['q_proj']), modules: [] },
      'q8',
    );
    const again = await openGgufReader(bytesReader('x.gguf', file));
    expect(again.config.rope_parameters).toMatchObject({ ...rope, factor: expect.closeTo(8, 4) });
    expect(again.tensors.get('model.layers.0.self_attn.q_proj.weight')!.stored).toBe('Q8_0');
    expect(again.tensors.get('model.norm.weight')!.stored).toBe('F32');
  });
  test('what does not fit is refused', async () => {
    const { source, config } = randomModel();
    const weights = randomAdapter(config, ['q_proj']);
    const big = new Map(weights.values);
    for (const [key, b] of big)
      if (key.endsWith('lora_B'))
        big.set(
          key,
          b.map((x) => x * 1e6),
        );
    await expect(
      exported('merged-gguf', { source, config }, { ...weights, values: big }, 'f16'),
    ).rejects.toMatchObject({
      code: 'does-not-fit',
    });
    const other = {
      ...source,
      tokenizer: {
        ...source.tokenizer,
        tokenizerJson: { ...source.tokenizer.tokenizerJson, pre_tokenizer: { type: 'Whitespace' } },
      },
    };
    expect(refusedExports({ source, config })).toEqual({});
    expect(refusedExports({ source: other, config })['merged-gguf']).toMatch(/tokenizer/i);
    await expect(exported('merged-gguf', { source: other, config }, weights)).rejects.toMatchObject({
      code: 'unsupported-export',
    });
  });
});

describe('merged safetensors', () => {
  test.each(['f32', 'f16'] as const)('%s, in shards, read again', async (dtype) => {
    const { source, config } = randomModel();
    const weights = randomAdapter(config, ['q_proj', 'down_proj']);
    const files = await writeMerged({ source, config, weights, dtype }, 12_000);
    const pad = (number: number) => String(number).padStart(5, '0');
    const shards = files.filter(({ path }) => path.endsWith('.safetensors'));
    expect(shards.length).toBeGreaterThan(2);
    expect(shards.map(({ path }) => path)).toEqual(
      shards.map((_, i) => `model-${pad(i + 1)}-of-${pad(shards.length)}.safetensors`),
    );
    const again = await openFolder(files);
    expect(parseConfig(again.config, again.tensors)).toEqual(config);
    const name = 'model.layers.1.self_attn.q_proj';
    const base = await readFloats(source, `${name}.weight`);
    const merged = await readFloats(again, `${name}.weight`);
    for (const [row, column] of [
      [0, 0],
      [5, 7],
      [31, 31],
    ]) {
      expect(merged[row * 32 + column]).toBeCloseTo(
        expected(weights, name, base, row, column),
        dtype === 'f32' ? 5 : 2,
      );
    }
    // Both generations of programs find the rotary settings.
    expect(again.config).toMatchObject({ rope_theta: 10000, rope_parameters: { rope_theta: 10000 } });
  });
  test('GPT-2’s Conv1D is stored the other way', async () => {
    const { source, config } = randomModel({
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      n_embd: 8,
      n_layer: 1,
      n_head: 2,
      n_positions: 16,
      tie_word_embeddings: true,
    });
    const weights = randomAdapter(config, ['c_attn']);
    const name = 'transformer.h.0.attn.c_attn';
    const base = await readFloats(source, `${name}.weight`);
    const turned = Float32Array.from({ length: 24 * 8 }, (_, i) => base[(i % 8) * 24 + Math.floor(i / 8)]);
    const merged = await mergedFloats({ source, config }, weights, `${name}.weight`);
    expect(merged[3 * 24 + 17]).toBeCloseTo(expected(weights, name, turned, 17, 3), 5);
  });
});

describe('adapters for other programs', () => {
  const model = randomModel();
  const { config } = model;
  test('GGUF: alpha for rank-stabilised LoRA, q and k interleaved, v not', async () => {
    const weights = randomAdapter(config, ['q_proj', 'k_proj', 'v_proj'], true);
    const bytes = await exportedFile('gguf', model, weights);
    const { metadata, tensors } = await readGguf(bytesReader('adapter.gguf', bytes));
    expect(Object.fromEntries(metadata)).toEqual({
      'general.architecture': 'llama',
      'general.type': 'adapter',
      'adapter.type': 'lora',
      'adapter.lora.alpha': 16,
    });
    const read = (name: string) => {
      const { begin, bytes: size } = tensors.get(name)!;
      return [...new Float32Array(bytes.slice(begin, begin + size).buffer)];
    };
    expect(tensors.get('blk.1.attn_q.weight.lora_a')!.shape).toEqual([4, 32]);
    expect(read('blk.1.attn_v.weight.lora_b')).toEqual([
      ...weights.values.get('model.layers.1.self_attn.v_proj.lora_B')!,
    ]);
    // Head of 8 rows: stored row 1 is row 4.
    const q = weights.values.get('model.layers.0.self_attn.q_proj.lora_B')!;
    expect(read('blk.0.attn_q.weight.lora_b').slice(4, 8)).toEqual([...q.subarray(16, 20)]);
  });
  test.each([
    ['folder', 'org/base', './base.gguf'],
    ['gguf', 'base-q4.gguf', './base-q4.gguf'],
  ] as const)('GGUF: Ollama’s Modelfile names the base of a %s', async (kind, id, from) => {
    const { beside = [] } = await gguf.write({
      source: { ...model.source, kind, id },
      config,
      weights: randomAdapter(config, ['q_proj']),
      dtype: 'f32',
      file: 'sea.gguf',
    });
    expect(beside.map(({ path }) => path)).toEqual(['Modelfile']);
    expect(await beside[0].blob.text()).toBe(`FROM ${from}\nADAPTER ./sea.gguf\n`);
  });
  test('MLX: transposed, scale instead of alpha', async () => {
    const weights = randomAdapter(config, ['q_proj', 'down_proj']);
    const files = await exported('mlx', model, weights);
    expect(JSON.parse(await files[1].blob.text())).toEqual({
      fine_tune_type: 'lora',
      num_layers: 2,
      lora_parameters: { rank: 4, scale: 2, dropout: 0, keys: ['self_attn.q_proj', 'mlp.down_proj'] },
    });
    const { tensors } = await readSafetensorsHeader(bytesReader('a', await files[0].bytes()));
    const entry = tensors.get('model.layers.1.mlp.down_proj.lora_a')!;
    expect(entry.shape).toEqual([64, 4]);
    const a = new Float32Array(await files[0].blob.slice(entry.begin, entry.end).arrayBuffer());
    expect(a[10 * 4 + 3]).toBe(weights.values.get('model.layers.1.mlp.down_proj.lora_A')![3 * 64 + 10]);
  });
});

describe('an MLX adapter of some layers', () => {
  const model = randomModel({ num_hidden_layers: 3 });
  const { config } = model;
  const layer = (n: number, module = 'self_attn.q_proj') => `model.layers.${n}.${module}`;
  test.each([
    ['the last two', [layer(1), layer(2)], 2],
    ['the last', [layer(2), layer(2, 'mlp.up_proj')], 1],
  ])('%s', async (_, targets, layers) => {
    const files = await exported('mlx', model, randomAdapter(config, targets));
    const fields = JSON.parse(await files[1].blob.text());
    expect(fields.num_layers).toBe(layers);
    expect(fields.lora_parameters.keys).toEqual(
      targets.filter((path) => path.startsWith(layer(2, ''))).map((path) => path.slice(layer(2, '').length)),
    );
  });
  test.each([
    ['not the last', [layer(1)]],
    ['a gap', [layer(0), layer(2)]],
    ['another module', [layer(1), layer(2, 'self_attn.v_proj')]],
    ['one more module', [layer(1), layer(1, 'mlp.up_proj'), layer(2)]],
  ])('%s: refused', async (_, targets) => {
    await expect(exported('mlx', model, randomAdapter(config, targets))).rejects.toMatchObject({
      code: 'unsupported-export',
    });
  });
});

describe('a base whose frequencies have factors of their own', () => {
  const base = randomModel();
  const factors = [1, 1.5, 2, 30];
  const raw = {
    ...base.source.config,
    rope_scaling: undefined,
    rope_parameters: { rope_type: 'factors', rope_theta: 10000, frequency_factors: factors },
  };
  const source = { ...base.source, config: raw };
  const config = parseConfig(raw);
  const weights = randomAdapter(config, ['q_proj']);
  test('not as safetensors, whose config cannot say it', async () => {
    await expect(exported('merged', { source, config }, weights)).rejects.toMatchObject({
      code: 'unsupported-export',
      message: expect.stringContaining('merged GGUF'),
    });
    expect(Object.keys(refusedExports({ source, config }))).toEqual(['merged']);
  });
  test('as GGUF', async () => {
    const file = await exportedFile('merged-gguf', { source, config }, weights, 'f32');
    const again = await openGgufReader(bytesReader('m.gguf', file));
    expect(again.config.rope_parameters).toMatchObject({ rope_type: 'factors' });
    const found = parseConfig(again.config).rope!.global.inverseFrequencies;
    for (const [i, f] of config.rope!.global.inverseFrequencies.entries()) expect(found[i]).toBeCloseTo(f, 6);
  });
});

describe('F3: damaged GGUF files', () => {
  test('10,000 mutations give a file or a named error, and never a read beyond the file', async (context) => {
    const { source, config } = randomModel();
    const weights = randomAdapter(config, ['q_proj']);
    const whole = await exportedFile('merged-gguf', { source, config }, weights, 'q8');
    const head = 2600;
    let refused = 0;
    const mutation = fc.record({
      at: fc.nat(head),
      kind: fc.constantFrom('set', 'flip', 'cut', 'huge'),
      value: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        injected(context);
        let bytes = whole.slice();
        for (const { at, kind, value } of mutations) {
          if (at >= bytes.length) continue;
          if (kind === 'set') bytes[at] = value;
          if (kind === 'flip') bytes[at] ^= 1 << (value & 7);
          if (kind === 'huge') bytes.fill(255, at, at + 8);
          if (kind === 'cut') bytes = bytes.slice(0, at);
        }
        const reader = {
          name: 'm.gguf',
          size: bytes.length,
          read: async (begin: number, end: number) => {
            expect(begin >= 0 && begin <= end && end <= bytes.length).toBe(true);
            return bytes.subarray(begin, end);
          },
        };
        const error = await openGgufReader(reader)
          .then((opened) => parseConfig(opened.config, opened.tensors, opened.generationConfig))
          .then(
            () => null,
            (reason: unknown) => reason,
          );
        if (error !== null) {
          refused++;
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 10_000, seed: 1 },
    );
    expect(refused).toBeGreaterThan(3000);
  });
});
