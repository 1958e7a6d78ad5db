import { expect, test } from 'vitest';
import { templateHash } from '../../../src/export/chat-template.ts';
import { exportAdapter } from '../../../src/export/export.ts';
import { adapterFormats, type FormatId } from '../../../src/export/formats/list.ts';
import { type RunRecord, runRecord } from '../../../src/run/record.ts';
import { randomAdapter, randomModel } from './random-model.ts';
import { recordInput } from './record-input.ts';

const CHOSEN = '{{ messages[0].content }}é';
const RECORD = runRecord(recordInput);
const ONE_FILE = new Set<FormatId>(['gguf', 'merged-gguf']);

async function exported(
  id: FormatId,
  { chosen = true, chat = true, record = null as Partial<RunRecord> | null } = {},
) {
  const { source, config } = randomModel({ architectures: ['LlamaForCausalLM'], model_type: 'llama' });
  if (chosen) source.tokenizer = { ...source.tokenizer, chatTemplate: CHOSEN, chosen: true };
  const format = adapterFormats().find((one) => one.id === id)!;
  const { files, beside, note } = await exportAdapter(format, {
    ...{ source, config, weights: randomAdapter(config, ['all']), dtype: null },
    ...{ target: 'out', chat, record: record as RunRecord | null },
  });
  const all = [...files, ...beside];
  const text = async (path: string) => (await all.find((one) => one.path === path)?.blob.text()) ?? null;
  return { note, card: (await text('README.md'))!, template: await text('chat_template.jinja') };
}

test.each(['peft', 'mlx', 'gguf'] as const)('%s carries a chosen chat template and says so', async (id) => {
  const { note, card, template } = await exported(id);
  expect(template).toBe(CHOSEN);
  expect(card).toContain('Trained through the chat template in `chat_template.jinja`');
  expect(note).toMatch(
    ONE_FILE.has(id) ? / {2}# trained through .*--chat-template/ : / {2}# asked through chat_template/,
  );
  if (id === 'peft') expect(card).toContain('tokenizer.chat_template = open("chat_template.jinja"');
  if (id === 'gguf') expect(card).toContain('--jinja --chat-template-file chat_template.jinja');
});

test.each(['peft', 'mlx', 'gguf'] as const)(
  '%s says nothing where the template is the base’s own, or none was used',
  async (id) => {
    for (const given of [{ chosen: false }, { chat: false }]) {
      const { note, card, template } = await exported(id, given);
      expect(template).toBe(null);
      expect(note + card).not.toMatch(/chat_template\.jinja|rained through/);
    }
  },
);

test.each(['merged', 'merged-gguf'] as const)('%s has it in the model itself', async (id) => {
  const { note, card } = await exported(id);
  expect(note + card).not.toContain('Trained through');
});

test.each(['peft', 'mlx', 'gguf', 'merged'] as const)(
  '%s of a run whose template is not chosen now says what is missing',
  async (id) => {
    const record = { ...RECORD, chat_template: { sha256: templateHash(`${CHOSEN} `) } };
    for (const chosen of [true, false]) {
      const { note, card } = await exported(id, { chosen, record });
      expect(card).toMatch(/not in this export.*--chat-template/);
      expect(note).toMatch(/ {2}# trained through .*--chat-template/);
    }
    const same = await exported(id, {
      record: { ...RECORD, chat_template: { sha256: templateHash(CHOSEN) } },
    });
    expect(same.card).not.toContain('not in this export');
  },
);
