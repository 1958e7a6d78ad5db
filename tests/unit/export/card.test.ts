import { expect, test } from 'vitest';
import { modelCard } from '../../../src/export/card.ts';
import { peft } from '../../../src/export/formats/peft.ts';
import { type RunRecordInput, runFile, runRecord } from '../../../src/run/record.ts';
import { defaultSettings } from '../../../src/run/settings.ts';

const input: RunRecordInput = {
  created: '2026-11-24T00:00:00.000Z',
  base: { id: './base', revision: null, architecture: 'LlamaForCausalLM', precision: 'f16' },
  lora: { rank: 8, alpha: 16, dropout: 0, targets: ['q_proj', 'v_proj'] },
  settings: defaultSettings({ seed: 5 }),
  dataset: { sha256: 'abc123', bytes: 10, rows_used: 200, rows_dropped: 1, rows_bad: 2, rows_held_out: 20 },
  engine: {
    device: 'webgpu',
    gpu: { vendor: 'v', architecture: 'a', description: 'Some GPU', features: ['shader-f16'] },
    kernels: { lora: 'tile' },
    dispatchesPerStep: 1,
    submitsPerStep: 1,
  },
  packages: { lowrank: '0.1.0' },
  metrics: {
    steps: 30,
    epochs: 2,
    tokens: 100,
    supervised_tokens: 50,
    seconds: 3,
    tokens_per_second: 33,
    loss_first: 3.00001,
    loss_last: 1.25,
    eval: { rows: 20, loss_before: 3, loss_after: 1.5, best_step: 30 },
    trainable_parameters: 100,
  },
};

test('run.json has what the run needs to be done again', () => {
  const file = runFile(runRecord(input));
  const record = JSON.parse(new TextDecoder().decode(file.bytes));
  expect(file.path).toBe('run.json');
  expect(record).toMatchObject({
    seed: 5,
    device: 'webgpu',
    packages: { lowrank: '0.1.0' },
    kernels: { lora: 'tile' },
    dataset: { sha256: 'abc123', rows_used: 200 },
    gpu: { features: ['shader-f16'] },
    metrics: { loss_last: 1.25 },
  });
});

test('nothing that a caller holds besides gets into run.json', () => {
  const canary = 'my secret row';
  const loose = {
    ...input,
    extra: canary,
    dataset: { ...input.dataset, name: canary, bad: [{ line: 1, reason: canary }] },
    metrics: { ...input.metrics, rows: { bad: [canary] } },
    base: { ...input.base, prompt: canary },
  };
  expect(new TextDecoder().decode(runFile(runRecord(loose)).bytes)).not.toContain(canary);
});

test('the card of the bundled model loads it from ./base', () => {
  const record = runRecord(input);
  const text = new TextDecoder().decode(
    modelCard({
      baseName: 'Tiny',
      baseId: './base',
      baseRevision: null,
      baseLicence: 'apache-2.0',
      chat: true,
      format: peft,
      file: '',
      lora: input.lora,
      record,
    }).bytes,
  );
  expect(text).toMatch(/^---\nlicense: apache-2\.0\nlibrary_name: peft\n/);
  expect(text).not.toContain('base_model:');
  expect(text).toContain('AutoTokenizer.from_pretrained("./base")');
  expect(text).toContain('PeftModel.from_pretrained(base, ".")');
  expect(text).toContain('| Training loss | 3 → 1.25 |');
  expect(text).toContain('`abc123`');
});

test('a hub model is named with its revision; without a template the prompt goes in as it stands', () => {
  const { lines: all } = peft.lines({ baseId: 'org/model', baseRevision: 'f00', chat: false }, '.');
  const lines = all.join('\n');
  expect(lines).toContain(
    'AutoModelForCausalLM.from_pretrained("org/model", revision="f00", dtype="float32")',
  );
  expect(lines).not.toContain('apply_chat_template');
});
