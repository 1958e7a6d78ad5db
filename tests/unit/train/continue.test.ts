import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { initialAdapter } from '../../../src/adapters/init.ts';
import { readPeft } from '../../../src/adapters/peft.ts';
import type { LoraSettings } from '../../../src/adapters/types.ts';
import { epochOrder } from '../../../src/data/batches.ts';
import { readRowOf } from '../../../src/data/formats.ts';
import { scanRows } from '../../../src/data/scan.ts';
import type { DataOptions } from '../../../src/data/types.ts';
import { parseConfig } from '../../../src/model/config-parse.ts';
import { adapterModules } from '../../../src/model/names.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/train/checkpoint.ts';
import { continueFiles } from '../../../src/train/continue/files.ts';
import { defaultSettings } from '../../../src/train/settings.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../src/weights/safetensors.ts';
import type { ModelSource } from '../../../src/weights/source.ts';

const config = parseConfig({
  model_type: 'llama',
  vocab_size: 10,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
});
const lora: LoraSettings = { rank: 2, alpha: 4, dropout: 0, targets: ['q_proj', 'v_proj'] };
const source = { kind: 'hub', id: 'org/base', name: 'base', revision: 'main' } as ModelSource;
const ROWS = 11;

async function exported(done: number, rsLora = false, mapping?: DataOptions['mapping']) {
  const modules = adapterModules(config, lora.targets);
  const adapter = initialAdapter(modules, lora, 1);
  const count = 2 * 2 * (8 + 8);
  const settings = defaultSettings({ ...lora, batch: 2, accumulate: 2, epochs: 2, seed: 4 });
  const bytes = writeCheckpoint(
    {
      version: 1,
      model: 'org/base@main',
      settings: { ...settings },
      fingerprint: null,
      initAdapter: rsLora ? { sha256: 'cd', rsLora } : null,
      dataset: { sha256: 'ab', rows: ROWS, mapping: mapping ?? null },
      heldOut: null,
      kernels: {},
      device: 'wasm',
    },
    {
      progress: {
        step: done,
        epoch: 1,
        tokens: 1,
        supervised: 1,
        seconds: 1,
        lossFirst: 2,
        lossLast: 1,
        skipped: 0,
        evals: [],
        best: null,
      },
      adapter,
      optimizer: {
        m: Float32Array.from({ length: count }, (_, i) => i),
        v: Float32Array.from({ length: count }, (_, i) => i / 2),
      },
      best: null,
    },
  );
  const files = continueFiles(source, config, await readCheckpoint(bytes, 'step'), null);
  const file = (path: string) => files.find((one) => one.path === path)!.bytes;
  return { adapter, files, file, json: (path: string) => JSON.parse(new TextDecoder().decode(file(path))) };
}

test('the rows of every step that is left, in the order of the run', async () => {
  const { json } = await exported(4);
  // 3 steps an epoch: the second epoch's second and third.
  const order = [
    ...epochOrder(
      Uint32Array.from({ length: ROWS }, (_, i) => i),
      4,
      1,
    ),
  ];
  expect(json('order.json')).toEqual([order.slice(4, 8), order.slice(8)]);
  expect(json('run.json')).toMatchObject({
    base_model: { id: 'org/base', revision: 'main' },
    dataset: { sha256: 'ab', rows: ROWS },
    step: 4,
    steps: 6,
  });
});

test('the adapter is PEFT’s, and the moments lie under its names', async () => {
  const { adapter, file } = await exported(4);
  const read = await readPeft(
    ['adapter_config.json', 'adapter_model.safetensors'].map((path) => ({
      path,
      bytes: file(`adapter/${path}`),
    })),
    config,
  );
  expect(read.a).toEqual(adapter.a);
  const { tensors } = await readSafetensorsHeader(bytesReader('optimizer', file('optimizer.safetensors')));
  const name = 'base_model.model.model.layers.0.self_attn.v_proj.lora_B.weight';
  const { shape, begin, end } = tensors.get(`exp_avg_sq.${name}`)!;
  expect(shape).toEqual([8, 2]);
  const values = new Float32Array(file('optimizer.safetensors').slice(begin, end).buffer);
  // The last sixteen of both: A and B of q, then A of v, stand before them.
  expect([...values]).toEqual(Array.from({ length: 16 }, (_, i) => (48 + i) / 2));
});

test('a rank-stabilised scale goes along', async () => {
  expect((await exported(4)).json('adapter/adapter_config.json').use_rslora).toBeUndefined();
  expect((await exported(4, true)).json('adapter/adapter_config.json').use_rslora).toBe(true);
});

test('columns that the person chose go along', async () => {
  expect((await exported(4)).json('run.json').dataset).toEqual({ sha256: 'ab', rows: ROWS });
  const mapping = { prompt: 'Frage', completion: 'Antwort' };
  expect((await exported(4, false, mapping)).json('run.json').dataset.mapping).toEqual(mapping);
});

test('the dataset is not in it, and a run without steps left is refused', async () => {
  const { files } = await exported(4);
  expect(files.map(({ path }) => path)).toEqual([
    'train.py',
    'rows.py',
    'requirements.txt',
    'run.json',
    'order.json',
    'README.md',
    'adapter/adapter_model.safetensors',
    'adapter/adapter_config.json',
    'optimizer.safetensors',
  ]);
  await expect(exported(6)).rejects.toThrow(/nothing to go on with/);
});

/** Any Python will do: rows.py needs no package. */
const python = ['python3', 'python'].find(
  (name) => spawnSync(name, ['-c', 'import sys; assert sys.version_info >= (3, 9)']).status === 0,
);

function pythonRows(data: Uint8Array, mapping?: DataOptions['mapping']) {
  const code =
    'import json, rows, sys; print(json.dumps(list(rows.read_rows(sys.stdin.buffer.read(), json.loads(sys.argv[1])))))';
  return spawnSync(python!, ['-c', code, JSON.stringify(mapping ?? null)], {
    cwd: fileURLToPath(new URL('../../../src/train/continue/', import.meta.url)),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    input: data,
    encoding: 'utf8',
  });
}

const NUMBERS = [
  ...['0', '1', '1.0', '-0.0', '-12.50', '0.1', '0.00012', '1e-6', '1.5e-7', '2e-10', '5e-324'],
  ...['9007199254740991', '1e15', '123456789012345.6'],
];

/** The rows that a run uses, as rows.py gives them. */
async function ourRows(data: Uint8Array, mapping?: DataOptions['mapping']) {
  const { index, format } = await scanRows(
    new Blob([data as Uint8Array<ArrayBuffer>]),
    { mapping },
    () => null,
    () => {},
  );
  return Array.from({ length: index.rows }, (_, i) => {
    const { offset, length } = index.at(i);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(data.subarray(offset, offset + length));
    const row = readRowOf(JSON.parse(text), format, mapping);
    if (typeof row === 'string') throw new Error(row);
    if (row.kind === 'pair') return ['pair', row.prompt, row.completion];
    if (row.kind === 'text') return ['text', row.text];
    return ['turns', row.messages.map(({ train, ...message }) => [message, train])];
  });
}

// Where there is no Python nobody runs rows.py either; all tests together need one.
if (python || process.env.LOWRANK_TEST_ALL)
  describe('rows.py uses the rows that the run used', () => {
    const chat = (...answers: unknown[]) =>
      answers.map((answer) => ({ messages: [{ role: 'user', content: 'a' }, answer] }));
    const said = (more: object) => ({ role: 'assistant', content: 'b', ...more });
    const text = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
    const cases: [name: string, used: number, data: string, mapping?: DataOptions['mapping']][] = [
      [
        'line breaks of Unicode inside a text',
        4,
        text(['\u2028', '\u2029', '\u0085', '\v'].map((mark) => ({ text: `one${mark}two` }))),
      ],
      [
        'CRLF, a byte order mark, blank lines, no line break at the end',
        2,
        '\uFEFF{"text":"a"}\r\n\r\n \n{"text":"b"}',
      ],
      ['a byte order mark inside', 1, '{"text":"a"}\n\uFEFF{"text":"b"}'],
      [
        'lone surrogates',
        3,
        '{"text":"a\\ud83d"}\n{"text":"\\ude00b\\ud83d\\ude00"}\n{"text":"\\ude00\\ud83d😀"}',
      ],
      [
        'what only Python calls JSON',
        1,
        '{"text":"a","n":NaN}\n{"text":"b","n":-Infinity}\n{"text":"c","n":1e5}',
      ],
      [
        'weights',
        5,
        text([
          ...chat(...[0, 1, null, true, false, '1', 2].map((weight) => said({ weight }))),
          ...chat({ role: 'user', content: 'b', weight: 1 }),
          ...chat(said({})),
          ...chat(said({ weight: 1 })),
        ]),
      ],
      [
        'names and unknown keys',
        3,
        text(
          chat(
            said({ name: 'x' }),
            said({ name: 3 }),
            said({ tool_calls: [] }),
            said({ tool_calls: {} }),
            said({ other: null }),
            said({ content: '' }),
            { content: 'b' },
          ),
        ),
      ],
      ['tools', 2, text([[], [{}], {}].map((tools) => ({ ...chat(said({}))[0], tools })))],
      [
        'several formats in a file',
        5,
        text([
          { text: 'a' },
          { prompt: 'a', completion: 'b' },
          { text: 'b', messages: [] },
          { text: 'c', output: 1 },
          { chosen: 'a', rejected: 'b' },
          { chosen: 'a', rejected: 'b', text: 'c' },
          { other: 'a' },
        ]),
      ],
      [
        'ShareGPT',
        3,
        text([
          {
            conversations: [
              { from: 'human', value: 'a' },
              { from: 'gpt', value: 'b' },
            ],
            system: 's',
          },
          {
            conversations: [
              { from: 'system', value: 't' },
              { from: 'gpt', value: 'b' },
            ],
            system: 's',
          },
          { conversations: [{ from: ['gpt'], value: 'b' }] },
          { conversations: [{ from: 'observation', value: 'b' }] },
          { conversations: [{ from: 'function_call', value: 'b', weight: 0 }] },
        ]),
      ],
      [
        'pairs, of strings or of messages',
        3,
        text([
          { prompt: '', completion: 'b' },
          { prompt: 'a', completion: '' },
          { prompt: 'a', completion: [said({})] },
          { prompt: [said({})], completion: [said({}), said({ weight: 0 })] },
          { prompt: [said({})], completion: [{ role: 'user', content: 'b' }] },
          { prompt: 'a\n', completion: 'b', instruction: 'c', output: 'd' },
        ]),
      ],
      [
        'Alpaca',
        2,
        text([
          { instruction: 'a', input: 'b', output: 'c' },
          { instruction: 'a', input: '', output: 'c' },
          { instruction: 'a', input: 3, output: 'c' },
          { instruction: '', output: 'c' },
        ]),
      ],
      [
        'chosen columns, with numbers as JavaScript spells them',
        NUMBERS.length + 3,
        [...NUMBERS, 'true', 'false', '"\\ud800"', 'null', '""', '[1]', '{}', '1e21', '9007199254740993']
          .map((value) => `{"a":"x","b":${value},"text":"no"}`)
          .join('\n'),
        { prompt: 'a', completion: 'b' },
      ],
      [
        'a chosen column with instructions',
        2,
        text([
          { q: 'a', c: 'b', s: 'c' },
          { q: 'a', c: 'b', s: '' },
          { q: 'a', c: 'b' },
        ]),
        { prompt: 'q', completion: 'c', system: 's' },
      ],
      ['a chosen column of text', 1, text([{ a: 'x', text: 'y' }, { text: 'z' }, { a: 1 }]), { text: 'a' }],
    ];
    test.each(cases)('%s', async (_, used, data, mapping) => {
      const bytes = new TextEncoder().encode(data);
      const ours = await ourRows(bytes, mapping);
      expect(ours).toHaveLength(used);
      const { stdout, stderr } = pythonRows(bytes, mapping);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(ours);
    });
    test('bytes that are no UTF-8, and a line that is too long', async () => {
      const long = `{"text":"${'x'.repeat(4 << 20)}"}\n`;
      const bytes = Buffer.concat([
        Buffer.from('{"text":"a\xff"}\n', 'latin1'),
        Buffer.from(`${long}{"text":"b"}`),
      ]);
      expect(await ourRows(bytes)).toEqual([['text', 'b']]);
      expect(JSON.parse(pythonRows(bytes).stdout)).toEqual([['text', 'b']]);
    });
    test('columns that it is not told of are asked for', () => {
      const { status, stderr } = pythonRows(new TextEncoder().encode('{"Frage":"a","Antwort":"b"}'));
      expect(status).toBe(1);
      expect(stderr).toMatch(/columns were chosen by hand.*"mapping": \{"prompt"/);
    });
  });
