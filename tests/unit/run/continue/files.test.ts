import { expect, test } from 'vitest';
import { epochOrder } from '../../../../src/data/batches.ts';
import type { DataOptions } from '../../../../src/data/types.ts';
import { initialAdapter } from '../../../../src/methods/parameters.ts';
import { readPeft } from '../../../../src/methods/peft.ts';
import type { LoraSettings } from '../../../../src/methods/types.ts';
import { adapterModules } from '../../../../src/model/families/names.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';
import { readCheckpoint, writeCheckpoint } from '../../../../src/run/checkpoint.ts';
import { continueFiles } from '../../../../src/run/continue/files.ts';
import { defaultSettings, savedSettings } from '../../../../src/run/settings/list.ts';
import { bytesReader } from '../../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../../src/weights/safetensors.ts';
import type { ModelSource } from '../../../../src/weights/source.ts';

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

async function exported(
  done: number,
  rsLora = false,
  mapping?: DataOptions['mapping'],
  changed: Record<string, unknown> = {},
  date?: string,
) {
  const modules = adapterModules(config, lora.targets);
  const adapter = initialAdapter(modules, lora, 1);
  const count = 2 * 2 * (8 + 8);
  const settings = defaultSettings({ ...lora, batch: 2, accumulate: 2, epochs: 2, seed: 4 });
  const bytes = writeCheckpoint(
    {
      version: 1,
      model: 'org/base@main',
      settings: { ...savedSettings(settings), ...changed },
      fingerprint: null,
      initAdapter: rsLora ? { sha256: 'cd', rsLora } : null,
      dataset: { sha256: 'ab', rows: ROWS, mapping: mapping ?? null },
      heldOut: null,
      kernels: {},
      device: 'wasm',
      ...(date !== undefined && { date }),
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

test('the date of the run goes along where its chat template asks for one', async () => {
  const dated = await exported(4, false, undefined, {}, '2026-03-04T15:06:07');
  expect(dated.json('run.json').date).toBe('2026-03-04T15:06:07');
  expect((await exported(4)).json('run.json')).not.toHaveProperty('date');
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
  expect(read.values).toEqual(adapter.values);
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
  const own = await exported(4, false, undefined, { rslora: true });
  expect(own.json('adapter/adapter_config.json').use_rslora).toBe(true);
  expect(own.json('run.json').settings.rslora).toBe(true);
});

test('settings that were added later are not written at their defaults', async () => {
  const { settings } = (await exported(4)).json('run.json');
  expect(settings).not.toHaveProperty('rslora');
  expect(settings).not.toHaveProperty('loraPlusRatio');
  expect(Object.keys(settings).slice(0, 4)).toEqual(['method', 'rank', 'alpha', 'dropout']);
});

test('a checkpoint of another method is refused by its name', async () => {
  const refused = exported(4, false, undefined, { method: 'vera' });
  await expect(refused).rejects.toMatchObject({
    code: 'bad-setting',
    message: expect.stringContaining('Method takes lora, dora, ia3, prompt or prefix, not “vera”'),
  });
});

test('a chat template that was chosen for the run goes along', async () => {
  expect((await exported(4)).files.map(({ path }) => path)).not.toContain('chat_template.jinja');
  const { file, json } = await exported(4, false, undefined, { 'chat template': '{{ é }}' });
  expect(new TextDecoder().decode(file('chat_template.jinja'))).toBe('{{ é }}');
  expect(json('run.json').settings).not.toHaveProperty('chat template');
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
  await expect(exported(6)).rejects.toThrow(/nothing left to continue/);
});

test('a run that is not supervised is refused: train.py would go on with another', async () => {
  for (const objective of ['dft', 'dpo', 'kto'])
    await expect(exported(3, false, undefined, { objective })).rejects.toMatchObject({
      code: 'unsupported-export',
      message: expect.stringContaining(`the objective ${objective} cannot be continued`),
    });
  await expect(exported(3, false, undefined, { objective: 'sft' })).resolves.toBeDefined();
});

test('a run on a base that its start moved, or that is rounded for it, is refused; ranks that a start gave out go along', async () => {
  for (const [init, label] of [
    ['pissa', 'PiSSA'],
    ['olora', 'OLoRA'],
    ['loftq', 'LoftQ'],
  ])
    await expect(exported(3, false, undefined, { init })).rejects.toMatchObject({
      code: 'unsupported-export',
      message: expect.stringContaining(`the start ${label} cannot be continued`),
    });
  await expect(exported(3, false, undefined, { init: 'eva' })).resolves.toBeDefined();
});

test('a run through the rounding of a merged file is refused: train.py trains beside the base', async () => {
  await expect(exported(3, false, undefined, { mergeTarget: 'q4' })).rejects.toMatchObject({
    code: 'unsupported-export',
    message: expect.stringContaining('(--merge-target) cannot be continued'),
  });
});
