import { describe, expect, test } from 'vitest';
import { openFolder, openModelFiles } from '../../../src/weights/folder.ts';
import { readFloats, readRows } from '../../../src/weights/load.ts';
import { openModel } from '../../../src/weights/open.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { float32Bytes, writeSafetensors } from '../../../src/weights/safetensors.ts';
import type { ModelSource } from '../../../src/weights/source.ts';

type Files = Record<string, string | object | Uint8Array<ArrayBuffer>>;
const folder = (files: Files, root = '') =>
  Object.entries(files).map(([path, content]) => ({
    path: root + path,
    blob: new Blob([
      content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content),
    ]),
  }));
const weights = (tensors: Record<string, number[]>) =>
  writeSafetensors(
    Object.entries(tensors).map(([name, values]) => ({
      name,
      dtype: 'F32',
      shape: [values.length],
      data: float32Bytes(Float32Array.from(values)),
    })),
  ) as Uint8Array<ArrayBuffer>;

const plain: Files = {
  'config.json': { model_type: 'llama' },
  'tokenizer.json': { model: {} },
  'tokenizer_config.json': { chat_template: 'from config' },
  'model.safetensors': weights({ 'model.norm.weight': [1, 2, 3] }),
};
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(plain).filter(([name]) => !names.includes(name)));

describe('a folder', () => {
  test('opens, wherever its root is', async () => {
    for (const root of ['', 'my-model/', './a/b/my-model/']) {
      const source = await openFolder(folder(plain, root));
      expect([...source.tensors.keys()]).toEqual(['model.norm.weight']);
      expect([...(await readFloats(source, 'model.norm.weight'))]).toEqual([1, 2, 3]);
      expect(source.tokenizer.chatTemplate).toBe('from config');
      expect(source.name).toBe(root ? 'my-model' : 'Model folder');
    }
  });
  test('real Files, by openModel', async () => {
    const files = Object.entries(plain).map(
      ([name, content]) =>
        new File([content instanceof Uint8Array ? content : JSON.stringify(content)], name),
    );
    expect((await openModel({ kind: 'folder', files })).tensors.size).toBe(1);
  });
  test('chat_template.jinja wins; a list of templates gives its default; a card gives the licence', async () => {
    const named = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'usual' },
    ];
    const source = await openFolder(
      folder({
        ...plain,
        'chat_template.jinja': 'from file',
        'README.md': '---\ntags:\n- x\nlicense: apache-2.0\n---\n# Hi',
      }),
    );
    expect(source.tokenizer.chatTemplate).toBe('from file');
    expect(source.licence).toBe('apache-2.0');
    expect(
      (await openFolder(folder({ ...plain, 'tokenizer_config.json': { chat_template: named } }))).tokenizer
        .chatTemplate,
    ).toBe('usual');
    expect((await openFolder(folder(without('tokenizer_config.json')))).tokenizer.chatTemplate).toBeNull();
  });
  test('shards', async () => {
    const source = await openFolder(
      folder({
        ...without('model.safetensors'),
        'model.safetensors.index.json': {
          weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' },
        },
        'model-1.safetensors': weights({ a: [1] }),
        'model-2.safetensors': weights({ b: [2, 3] }),
      }),
    );
    expect([...(await readFloats(source, 'b'))]).toEqual([2, 3]);
  });
  test('names of a bare decoder get their prefix; masks are not weights', async () => {
    const tensors = writeSafetensors([
      { name: 'wte.weight', dtype: 'F32', shape: [1], data: new Uint8Array(4) },
      { name: 'h.0.attn.bias', dtype: 'U8', shape: [4], data: new Uint8Array(4) },
    ]) as Uint8Array<ArrayBuffer>;
    const source = await openFolder(
      folder({ ...plain, 'config.json': { model_type: 'gpt2' }, 'model.safetensors': tensors }),
    );
    expect([...source.tensors.keys()]).toEqual(['transformer.wte.weight']);
  });
});

describe('a folder is read as transformers reads it', () => {
  const norm = 'model.norm.weight';
  test('model.safetensors wins over an index and its shards, which may be of an earlier save or gone', async () => {
    const index = { 'model.safetensors.index.json': { weight_map: { [norm]: 'model-1.safetensors' } } };
    const stale: Files = { 'model-1.safetensors': weights({ [norm]: [7, 7, 7] }) };
    for (const shards of [{}, stale]) {
      const source = await openFolder(folder({ ...plain, ...index, ...shards }));
      expect([...(await readFloats(source, norm))]).toEqual([1, 2, 3]);
    }
  });
  test('JSON as Python writes it', async () => {
    const text =
      '{"model_type": "llama", "a": NaN, "b": [Infinity, -Infinity], "c": "NaN \\" Infinity", "d": 1}';
    const { config } = await openFolder(folder({ ...plain, 'config.json': text }));
    expect(config).toMatchObject({ a: Number.NaN, b: [Infinity, -Infinity], c: 'NaN " Infinity', d: 1 });
    for (const broken of ['{"a": NaNa}', '{"a": +Infinity}', '{"a": NaN'])
      await expect(openFolder(folder({ ...plain, 'config.json': broken }))).rejects.toMatchObject({
        code: 'bad-json',
      });
  });
  test('metadata of a weights file that is null', async () => {
    const header =
      '{"__metadata__":null,"model.norm.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const file = new Uint8Array(8 + header.length + 4);
    file[0] = header.length;
    file.set(new TextEncoder().encode(header), 8);
    const source = await openFolder(folder({ ...plain, 'model.safetensors': file }));
    expect([...(await readFloats(source, norm))]).toEqual([0]);
  });
  test('buffers of older saves are no weights, whatever they hold and in however many shards', async () => {
    const buffers = {
      'model.layers.0.self_attn.rotary_emb.inv_freq': [1],
      'gpt_neox.layers.0.attention.masked_bias': [-Infinity],
      'gpt_neox.layers.0.attention.bias': [1],
    };
    const source = await openFolder(
      folder({
        ...without('model.safetensors'),
        'model.safetensors.index.json': { weight_map: { a: '1.safetensors', b: '2.safetensors' } },
        '1.safetensors': weights({ ...buffers, extra: [1] }),
        '2.safetensors': weights({ ...buffers, extra: [1], [norm]: [4] }),
      }),
    );
    expect([...source.tensors.keys()].sort()).toEqual(['extra', norm]);
  });
  test('a tensor of a type that is not read is told, a buffer is not', async () => {
    const integers = ['model.ids', 'model.layers.0.attention.bias'].map((name) => ({
      name,
      dtype: 'I64' as never,
      shape: [1],
      data: new Uint8Array(8),
    }));
    const file = writeSafetensors([
      { name: 'model.norm.weight', dtype: 'F32', shape: [1], data: new Uint8Array(4) },
      ...integers,
    ]) as Uint8Array<ArrayBuffer>;
    const { notes } = await openFolder(folder({ ...plain, 'model.safetensors': file }));
    expect(notes).toEqual([expect.stringMatching(/ignored: model\.ids \(I64\)\.$/)]);
    expect((await openFolder(folder(plain))).notes).toEqual([]);
  });
  test('of a tied pair a file may hold the head alone', async () => {
    const { model_type, ...config } = { model_type: 'qwen2', vocab_size: 3, hidden_size: 1 };
    const tied = {
      ...config,
      model_type,
      intermediate_size: 1,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      num_key_value_heads: 1,
      head_dim: 2,
    };
    const open = (tie: boolean) =>
      openFolder(
        folder({
          ...plain,
          'config.json': { ...tied, tie_word_embeddings: tie },
          'model.safetensors': weights({ 'lm_head.weight': [5, 6, 7] }),
        }),
      );
    const source = await open(true);
    expect([...source.tensors.keys()]).toEqual(['model.embed_tokens.weight']);
    expect([...(await readFloats(source, 'model.embed_tokens.weight'))]).toEqual([5, 6, 7]);
    expect([...(await open(false)).tensors.keys()]).toEqual(['lm_head.weight']);
  });
});

test.each<[string, object]>([
  ['unknown-architecture', { model_type: 'falcon' }],
  ['unsupported-trait', { model_type: 'gpt2', add_cross_attention: true }],
  ['quantised-checkpoint', { model_type: 'llama', quantization_config: { quant_method: 'gptq' } }],
])('%s: refused by config.json, before any other file is asked for', async (code, config) => {
  const asked: string[] = [];
  const reader = async (name: string) => {
    asked.push(name);
    return name === 'config.json'
      ? bytesReader(name, new TextEncoder().encode(JSON.stringify(config)))
      : null;
  };
  const about = { kind: 'hub', id: 'a/b', name: 'b', revision: null } as const;
  await expect(
    openModelFiles({ names: ['config.json', 'model.safetensors'], reader }, about),
  ).rejects.toMatchObject({ name: 'UserError', code });
  expect(asked).toEqual(['config.json']);
});

describe('F2: what is wrong is named', () => {
  const index = (shard: string) => ({
    ...without('model.safetensors'),
    'model.safetensors.index.json': { weight_map: { a: shard } },
  });
  test.each<[string, Files, string]>([
    ['no-config', without('config.json'), 'config.json'],
    ['no-tokenizer', without('tokenizer.json'), 'tokenizer.json'],
    ['no-weights', without('model.safetensors'), 'model.safetensors'],
    ['no-weights', { ...without('model.safetensors'), 'pytorch_model.bin': 'x' }, 'pickles'],
    [
      'no-weights',
      { ...without('model.safetensors'), 'a.safetensors': 'x', 'b.safetensors': 'y' },
      'several',
    ],
    ['bad-json', { ...plain, 'config.json': '[1]' }, 'config.json'],
    ['bad-json', { ...plain, 'tokenizer.json': '{' }, 'tokenizer.json'],
    ['bad-shard-path', index('../secret.safetensors'), '../secret'],
    ['bad-shard-path', index('/etc/passwd'), 'passwd'],
    ['bad-shard-path', index('..\\x.safetensors'), 'x.safetensors'],
    ['bad-shard-path', index('model.bin'), 'model.bin'],
    ['missing-shard', index('model-1.safetensors'), 'model-1.safetensors'],
    [
      'bad-index',
      { ...without('model.safetensors'), 'model.safetensors.index.json': { weight_map: { a: 1 } } },
      'weight_map',
    ],
    ['safetensors-too-small', { ...plain, 'model.safetensors': 'x' }, 'model.safetensors'],
    [
      'unsupported-type',
      {
        ...plain,
        'model.safetensors': writeSafetensors([
          { name: 'a.weight', dtype: 'I32', shape: [1], data: new Uint8Array(4) },
        ]) as Uint8Array<ArrayBuffer>,
      },
      'a.weight',
    ],
    [
      'duplicate-tensor',
      {
        ...without('model.safetensors'),
        'model.safetensors.index.json': { weight_map: { a: '1.safetensors', b: '2.safetensors' } },
        '1.safetensors': weights({ 'model.norm.weight': [1] }),
        '2.safetensors': weights({ 'model.norm.weight': [1] }),
      },
      'The tensor model.norm.weight',
    ],
  ])('%s', async (code, files, text) => {
    await expect(openFolder(folder(files))).rejects.toMatchObject({
      name: 'UserError',
      code,
      message: expect.stringContaining(text),
    });
  });
});

describe('reading in pieces', () => {
  const rows = 24;
  const width = 3;
  const stored = Float32Array.from({ length: rows * width }, (_, i) => i);
  const source = (permutedHeads?: number): ModelSource => ({
    kind: 'folder',
    id: '',
    name: '',
    revision: null,
    licence: null,
    config: {},
    generationConfig: null,
    tokenizer: { tokenizerJson: {}, tokenizerConfig: {}, chatTemplate: null },
    tensors: new Map([
      ['q', { name: 'q', stored: 'F32', shape: [rows, width], bytes: stored.byteLength, permutedHeads }],
    ]),
    read: async (_name, begin, end) => float32Bytes(stored).subarray(begin, end),
    close() {},
  });

  test.each([12, 30, 100, 1e6])('pieces of at most %i bytes join to the whole', async (maxBytes) => {
    const joined: number[] = [];
    for await (const piece of readRows(source(), 'q', 5, 20, maxBytes)) {
      expect(piece.rowBegin).toBe(5 + joined.length / width);
      joined.push(...new Float32Array(piece.bytes.slice().buffer));
    }
    expect(joined).toEqual([...stored.subarray(5 * width, 20 * width)]);
  });

  test.each([1, 60, 200])(
    'rows of interleaved heads come in Hugging Face’s order (%i bytes)',
    async (maxBytes) => {
      // 3 heads of 8: stored row 2j + a of a head is row a·4 + j.
      const order: number[] = [];
      for await (const piece of readRows(source(3), 'q', 2, 23, maxBytes)) {
        const values = new Float32Array(piece.bytes.slice().buffer);
        for (let i = 0; i < values.length; i += width) order.push(values[i] / width);
      }
      const head = [0, 2, 4, 6, 1, 3, 5, 7];
      expect(order).toEqual([0, 8, 16].flatMap((first) => head.map((row) => first + row)).slice(2, 23));
    },
  );
});
