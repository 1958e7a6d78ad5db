import { expect, test } from 'vitest';
import { modelCard } from '../../../src/export/card.ts';
import { peft } from '../../../src/export/formats/peft.ts';
import { runFile, runRecord } from '../../../src/run/record.ts';
import type { RunSettings } from '../../../src/run/settings/list.ts';
import { recordInput as input } from './record-input.ts';

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
  expect(record).not.toHaveProperty('chat_template');
  const chosen = runRecord({ ...input, chosenTemplate: 'ff' });
  expect(chosen.chat_template).toEqual({ sha256: 'ff' });
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

test('the card says which file an adapter was trained for', () => {
  const textOf = (settings: Partial<RunSettings>) =>
    new TextDecoder().decode(
      modelCard({
        ...{
          baseName: 'Tiny',
          baseId: './base',
          baseRevision: null,
          gguf: false,
          baseLicence: null,
          chat: true,
        },
        ...{ format: peft, file: '', adapterSettings: input.adapterSettings },
        record: runRecord({ ...input, settings: { ...input.settings, ...settings } }),
      }).bytes,
    );
  expect(textOf({ mergeTarget: 'q4' })).toContain('| Trained for | a merged GGUF file in Q4_0');
  expect(textOf({})).not.toContain('Trained for');
});

test('the card of the bundled model loads it from ./base', () => {
  const record = runRecord(input);
  const text = new TextDecoder().decode(
    modelCard({
      baseName: 'Tiny',
      baseId: './base',
      baseRevision: null,
      gguf: false,
      baseLicence: 'apache-2.0',
      chat: true,
      format: peft,
      file: '',
      adapterSettings: input.adapterSettings,
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

test('the card counts the rows that were trained on, not those that were held out', () => {
  const card = (trained?: number) =>
    new TextDecoder().decode(
      modelCard({
        ...{
          baseName: 'Tiny',
          baseId: './base',
          baseRevision: null,
          baseLicence: null,
          gguf: false,
          chat: true,
        },
        ...{ format: peft, file: '', adapterSettings: input.adapterSettings },
        record: runRecord({ ...input, dataset: { ...input.dataset, rows_trained: trained } }),
      }).bytes,
    );
  expect(card(180)).toMatch(/passes over 180 rows\)/);
  // A record of before it was counted.
  expect(card()).toMatch(/passes over 200 rows\)/);
});

test('a hub model is named with its revision; without a template the prompt goes in as it stands', () => {
  const { lines: all } = peft.lines(
    { baseId: 'org/model', baseRevision: 'f00', gguf: false, chat: false },
    '.',
  );
  const lines = all.join('\n');
  expect(lines).toContain(
    'AutoModelForCausalLM.from_pretrained("org/model", revision="f00", dtype="float32")',
  );
  expect(lines).not.toContain('apply_chat_template');
});

test('the card names what was trained for, where it is not supervised', () => {
  const card = (settings: Partial<RunSettings>) =>
    new TextDecoder().decode(
      modelCard({
        ...{
          baseName: 'Tiny',
          baseId: './base',
          baseRevision: null,
          gguf: false,
          baseLicence: null,
          chat: true,
        },
        ...{ format: peft, file: '', adapterSettings: input.adapterSettings },
        record: runRecord({ ...input, settings: { ...input.settings, ...settings } }),
      }).bytes,
    );
  expect(card({})).not.toContain('Objective');
  expect(card({ objective: 'dft' })).toContain('| Objective | DFT |');
  expect(card({ objective: 'dpo' })).toContain('| Objective | DPO, β 0.1 |');
  expect(card({ objective: 'kto', beta: 0.3 })).toContain('| Objective | KTO, β 0.3 |');
});
