import { expect, test } from 'vitest';
import { ChatTemplate } from '../../../../src/data/text/template.ts';
import { UserError } from '../../../../src/errors.ts';
import { refusedExports } from '../../../../src/export/export.ts';
import { readPeft, writePeft } from '../../../../src/methods/peft.ts';
import { asLora } from '../../../../src/methods/types.ts';
import type { DecoderConfig } from '../../../../src/model/config.ts';
import type { Family } from '../../../../src/model/families/family.ts';
import { FAMILIES } from '../../../../src/model/families/list.ts';
import { adapterModules, targetSuffixes } from '../../../../src/model/families/names.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';
import { EVERY_CONFIG, unlessOn, used } from '../../../../src/model/families/shared/field-table.ts';
import {
  activationOf,
  Common,
  count,
  everyLayer,
  parse,
  tokenFields,
} from '../../../../src/model/families/shared/fields.ts';
import { filledRope, ropesOf } from '../../../../src/model/families/shared/rope-fields.ts';
import { adapterSettings } from '../../../../src/run/adapter-settings.ts';
import { defaultSettings } from '../../../../src/run/settings/list.ts';
import { openModelFiles } from '../../../../src/weights/folder.ts';
import { readGguf } from '../../../../src/weights/gguf/read.ts';
import { openGgufReader } from '../../../../src/weights/gguf/source.ts';
import { readFloats } from '../../../../src/weights/load.ts';
import { bytesReader } from '../../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../../src/weights/safetensors.ts';
import type { ModelSource } from '../../../../src/weights/source.ts';
import { processorEngineOver } from '../../engine/processor/processor-engine.ts';
import { exported, exportedFile } from '../../export/exported.ts';
import { randomAdapter, randomModel } from '../../export/random-model.ts';

/**
 * A family that does not exist, as one object: names of its own for every field, tensor and key, a feed-forward
 * without a gate, Gemma's norms and Llama's interleaved rows. All else must learn of it from the list alone.
 */

const Fields = Common.extend({ width: count, depth: count, heads: count, inner: count, context: count });

const inkling: Family = {
  modelType: 'inkling',
  architecture: 'InklingForCausalLM',
  tensors: {
    embedding: 'ink.words.weight',
    positions: null,
    finalNorm: 'ink.last_norm',
    head: 'to_words.weight',
    blocks: 'ink.stack',
    linears: [
      { path: 'look.query', roles: ['q'] },
      { path: 'look.key', roles: ['k'] },
      { path: 'look.value', roles: ['v'] },
      { path: 'look.back', roles: ['o'] },
      { path: 'mix.wide', roles: ['up'] },
      { path: 'mix.back', roles: ['down'] },
    ],
    conv1d: false,
    norm1: 'look_norm',
    norm2: 'mix_norm',
    qNorm: null,
    kNorm: null,
    postAttentionNorm: null,
    postFeedForwardNorm: null,
  },
  defaultTargets: ['query', 'value'],
  ia3Targets: ['key', 'value', 'back'],
  fields: {
    ...EVERY_CONFIG,
    ...used('width', 'depth', 'heads', 'inner', 'context', 'ink_base', 'rope_parameters'),
    invisible_ink: unlessOn('invisible ink'),
  },
  traits(raw) {
    const c = parse(Fields, raw);
    const headDim = c.width / c.heads;
    return {
      layers: c.depth,
      hidden: c.width,
      heads: c.heads,
      kvHeads: c.heads,
      headDim,
      intermediate: c.inner,
      vocab: c.vocab_size,
      maxPositions: c.context,
      norm: 'rms',
      normEps: 1e-5,
      normAddsOne: true,
      sandwichNorms: false,
      qkNorm: false,
      parallelResidual: false,
      activation: activationOf('gelu'),
      gated: false,
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
      attentionScale: 1 / Math.sqrt(headDim),
      layerAttention: everyLayer(c.depth),
      window: null,
      rope: ropesOf(inkling.rope!.read(raw), headDim, c.context),
      learnedPositions: false,
      embeddingScale: 1,
      tiedHead: c.tie_word_embeddings ?? false,
      ...tokenFields(c, { bos: null, eos: [], pad: null }),
    };
  },
  rope: {
    read(config) {
      const one = filledRope(config.rope_parameters ?? {}, Number(config.ink_base ?? 10000));
      return { global: one, local: one };
    },
    write: ({ global }) => ({ ink_base: global.rope_theta, rope_parameters: global }),
  },
  mlx: { refused: 'mlx-lm cannot read ink' },
  gguf: {
    architecture: 'ink',
    block: {
      'look.query': 'attn_q',
      'look.key': 'attn_k',
      'look.value': 'attn_v',
      'look.back': 'attn_output',
      'mix.wide': 'ffn_up',
      'mix.back': 'ffn_down',
      look_norm: 'attn_norm',
      mix_norm: 'ffn_norm',
    },
    interleaved: { 'look.query': 'heads', 'look.key': 'kvHeads' },
    normsAddOne: true,
    read: (file) => ({
      vocab_size: file.vocab,
      width: file.needed('embedding_length'),
      depth: file.needed('block_count'),
      heads: file.needed('attention.head_count'),
      inner: file.needed('feed_forward_length'),
      context: file.needed('context_length'),
      ink_base: file.needed('rope.freq_base'),
      bos_token_id: file.tokenIds.bos,
      eos_token_id: file.tokenIds.eos,
      pad_token_id: file.tokenIds.padding,
    }),
    write: (traits, config) => {
      const u32 = (value: number) => ({ type: 'u32' as const, value });
      return {
        keys: {
          embedding_length: u32(traits.hidden),
          block_count: u32(traits.layers),
          'attention.head_count': u32(traits.heads),
          feed_forward_length: u32(traits.intermediate),
          context_length: u32(traits.maxPositions),
          'rope.freq_base': { type: 'f32', value: Number(config.ink_base) },
        },
        ropeFactors: null,
      };
    },
  },
  trainingTemplate: (source) => source.replace('{{ blot }}', ''),
};

const families = [...FAMILIES, inkling];
const RAW = {
  architectures: ['InklingForCausalLM'],
  model_type: 'inkling',
  width: 32,
  depth: 2,
  heads: 4,
  inner: 48,
  context: 64,
  ink_base: 5000,
};
const { source, config } = randomModel(RAW, families);
const MODULES = [0, 1].flatMap((layer) =>
  ['query', 'value'].map((name) => `ink.stack.${layer}.look.${name}`),
);

function thrown(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Logits of a few tokens on the processor. */
async function logitsOf(of: ModelSource, decoder: DecoderConfig): Promise<Float32Array> {
  const settings = { rank: 2, alpha: 2, dropout: 0, targets: ['query'] };
  const shape = { maxRows: 1, maxLength: 8 };
  const engine = await processorEngineOver({ source: of, config: decoder }, settings, shape);
  try {
    return await engine.logits([3, 4, 5, 6], 0);
  } finally {
    await engine.dispose();
  }
}

test('config.json: known from the list, by model_type; refusals by name; unknown without it', () => {
  expect(config).toMatchObject({ family: inkling, layers: 2, headDim: 8, gated: false });
  expect(parseConfig({ ...source.config }, source.tensors, null, families)).toEqual(config);
  expect(
    thrown(() => parseConfig({ ...source.config, invisible_ink: true }, undefined, null, families)),
  ).toContain('invisible_ink');
  expect(thrown(() => parseConfig(source.config))).toContain('inkling');
  expect(thrown(() => parseConfig({ model_type: 'x' }, undefined, null, families))).toMatch(
    /gpt_neox, inkling;/,
  );
});

test('targets and their defaults', () => {
  expect(targetSuffixes(config.family)).toEqual(['query', 'key', 'value', 'back', 'wide']);
  const { targets } = asLora(adapterSettings(defaultSettings(), config.family));
  expect(adapterModules(config, targets).map(({ path }) => path)).toEqual(MODULES);
});

test('PEFT: paths, and read again', async () => {
  const weights = randomAdapter(config, ['query', 'value']);
  const files = writePeft(weights, config, { id: 'someone/inkling', revision: null });
  const { tensors } = await readSafetensorsHeader(bytesReader('a', files[0].bytes));
  expect([...tensors.keys()].sort()).toEqual(
    MODULES.flatMap((path) =>
      ['A', 'B'].map((part) => `base_model.model.${path}.lora_${part}.weight`),
    ).sort(),
  );
  const again = await readPeft(files, config);
  expect(again.modules).toEqual(weights.modules);
  expect(again.values).toEqual(weights.values);
});

test('a folder whose names lack the prefix opens, and computes as it did', async () => {
  const files = await exported(
    'merged',
    { source, config },
    { ...randomAdapter(config, ['query']), modules: [] },
    'f32',
  );
  const bare = new Map(
    await Promise.all(files.map(async ({ path, bytes }) => [path, await bytes()] as const)),
  );
  // Spaces keep the header's length.
  const weights = bare.get('model.safetensors')!;
  const length = Number(new DataView(weights.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(weights.subarray(8, 8 + length));
  weights.set(new TextEncoder().encode(header.replaceAll('"ink.', '"').padEnd(length)), 8);
  const reader = async (name: string) => (bare.has(name) ? bytesReader(name, bare.get(name)!) : null);
  const about = { kind: 'folder', id: 'm', name: 'm', revision: null } as const;
  const again = await openModelFiles({ names: [...bare.keys()], reader }, about, families);
  const decoder = parseConfig(again.config, again.tensors, again.generationConfig, families);
  expect(await logitsOf(again, decoder)).toEqual(await logitsOf(source, config));
  await expect(openModelFiles({ names: [...bare.keys()], reader }, about)).rejects.toMatchObject({
    code: 'unknown-architecture',
  });
});

test('GGUF: written with its names, keys, row order and norms, and read back the same', async () => {
  const nothing = { ...randomAdapter(config, ['query']), modules: [] };
  const bytes = await exportedFile('merged-gguf', { source, config }, nothing, 'f32');
  const file = bytesReader('ink.gguf', bytes);
  const { metadata, tensors } = await readGguf(file);
  expect(metadata.get('general.architecture')).toBe('ink');
  expect(metadata.get('ink.feed_forward_length')).toBe(48);
  expect([...tensors.keys()].filter((name) => name.startsWith('blk.1.'))).toEqual(
    ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_up', 'ffn_down', 'attn_norm', 'ffn_norm'].map(
      (name) => `blk.1.${name}.weight`,
    ),
  );
  const norm = tensors.get('blk.0.attn_norm.weight')!;
  const stored = new Float32Array(bytes.slice(norm.begin, norm.begin + norm.bytes).buffer);
  expect(stored).toEqual((await readFloats(source, 'ink.stack.0.look_norm.weight')).map((x) => x + 1));
  // Rows 0 and 4 of a head of 8 are neighbours in the file.
  const query = tensors.get('blk.0.attn_q.weight')!;
  const rows = new Float32Array(bytes.slice(query.begin, query.begin + query.bytes).buffer);
  const whole = await readFloats(source, 'ink.stack.0.look.query.weight');
  expect(rows.subarray(32, 64)).toEqual(whole.subarray(4 * 32, 5 * 32));

  const again = await openGgufReader(file, families);
  const decoder = parseConfig(again.config, again.tensors, again.generationConfig, families);
  expect(decoder).toEqual(config);
  expect(await readFloats(again, 'ink.stack.0.look.query.weight')).toEqual(whole);
  const [ours, theirs] = [await logitsOf(again, decoder), await logitsOf(source, config)];
  for (const [i, value] of ours.entries()) expect(value).toBeCloseTo(theirs[i], 4);
  await expect(openGgufReader(file)).rejects.toMatchObject({ code: 'unknown-architecture' });
});

test('a GGUF adapter has its names and its row order', async () => {
  const weights = randomAdapter(config, ['query', 'wide']);
  const bytes = await exportedFile('gguf', { source, config }, weights);
  const { metadata, tensors } = await readGguf(bytesReader('a', bytes));
  expect(metadata.get('general.architecture')).toBe('ink');
  expect([...tensors.keys()].slice(0, 4)).toEqual(
    ['attn_q', 'ffn_up'].flatMap((name) => ['a', 'b'].map((part) => `blk.0.${name}.weight.lora_${part}`)),
  );
  const { begin, bytes: size } = tensors.get('blk.0.attn_q.weight.lora_b')!;
  const b = new Float32Array(bytes.slice(begin, begin + size).buffer);
  expect(b.subarray(4, 8)).toEqual(
    weights.values.get(`${'ink.stack.0.look.query'}.lora_B`)!.subarray(16, 20),
  );
});

test('exports: only MLX is refused, and the sentence says why', () => {
  const refused = refusedExports({ source, config });
  expect(Object.keys(refused)).toEqual(['mlx']);
  expect(refused.mlx).toContain('mlx-lm cannot read ink');
});

test('a template of its kind is made fit for training', () => {
  const text = '{% for m in messages %}{{ m.role }}:{{ m.content }}<e>{{ blot }}{% endfor %}';
  const context = { controlTokens: ['<e>'], variables: { blot: '*' } };
  const turns = [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
  ];
  const of = (known?: readonly Family[]) =>
    new ChatTemplate(text, context, known).locate(turns, [false, true]).text;
  expect(of()).toContain('*');
  expect(of(families)).not.toContain('*');
});
