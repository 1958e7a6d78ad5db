import { describe, expect, test } from 'vitest';
import { encodeRow } from '../../../../src/data/encode.ts';
import { proposedTemplate, withChatTemplate } from '../../../../src/data/text/chosen-template.ts';
import { TEMPLATE_NAMES } from '../../../../src/data/text/template-names.ts';
import { openTokenizer } from '../../../../src/data/text/tokenizer.ts';
import { readJson } from '../../read-fixture.ts';

const tokenizerJson = await readJson<{ added_tokens: { id: number; content: string }[] }>(
  new URL('../../../../public/models/tiny/tokenizer.json', import.meta.url),
);
const config = await readJson(
  new URL('../../../../public/models/tiny/tokenizer_config.json', import.meta.url),
);
/** A base model: no template, and an EOS that is no end of a turn. */
const base = {
  tokenizerJson: { ...tokenizerJson, added_tokens: tokenizerJson.added_tokens.slice(0, 1) },
  tokenizerConfig: { eos_token: '<|endoftext|>' },
  chatTemplate: null,
};
const messages = [
  { role: 'system', content: 'Be brief.', train: false },
  { role: 'user', content: 'Hi', train: false },
  { role: 'assistant', content: 'Hello', train: true },
  { role: 'user', content: 'More', train: false },
  { role: 'assistant', content: ' yes ', train: true },
];

describe.each(TEMPLATE_NAMES)('%s', (name) => {
  test.each([
    ['a base model', base, '<|endoftext|>'],
    [
      'a model with tokens of ChatML',
      { tokenizerJson, tokenizerConfig: { ...config, eos_token: '<|endoftext|>' }, chatTemplate: null },
      name === 'chatml' ? '<|im_end|>' : '<|endoftext|>',
    ],
  ])('trains the answers and their ends: %s', async (_name, files, end) => {
    const tokenizer = await openTokenizer(withChatTemplate(files, name));
    expect(tokenizer.hasTemplate).toBe(true);
    const { ids, targets, notes } = encodeRow({ kind: 'messages', messages }, tokenizer, false);
    const trained = targets.map(({ begin, end }) => tokenizer.decode(ids.slice(begin, end)).trim());
    expect(trained).toEqual([`Hello${end}`, `yes ${end}`]);
    expect(notes).toEqual([]);
    // An answer is asked with the very ids that stand before it in training.
    const asked = tokenizer.chat(messages.slice(0, 2), { addGenerationPrompt: true });
    expect(ids.slice(0, targets[0].begin)).toEqual(asked);
    expect(tokenizer.tokenText([tokenizer.endOfTurnId()!])).toBe(end);
  });
});

test('ChatML is proposed where the model has its tokens, and is spelled in those that it has', async () => {
  const tokens = (...contents: string[]) => ({
    ...base,
    tokenizerJson: {
      ...tokenizerJson,
      added_tokens: [
        ...tokenizerJson.added_tokens.slice(0, 1),
        ...contents.map((content, i) => ({ id: 4000 + i, content, special: true, normalized: false })),
      ],
    },
  });
  expect(proposedTemplate(base)).toBe('plain');
  expect(proposedTemplate(tokens('<|im_end|>'))).toBe('plain');
  expect(proposedTemplate(tokens('<|im_start|>', '<|im_end|>'))).toBe('chatml');
  const turns = tokens('<start_of_turn>', '<end_of_turn>');
  expect(proposedTemplate(turns)).toBe('plain');
  const tokenizer = await openTokenizer(withChatTemplate(turns, 'chatml'));
  const { ids, targets } = encodeRow({ kind: 'messages', messages: messages.slice(1, 3) }, tokenizer, false);
  expect(tokenizer.decode(ids)).toBe(
    '<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>assistant\nHello<end_of_turn>\n',
  );
  expect(tokenizer.tokenText([ids[targets[0].end - 1]])).toBe('<end_of_turn>');
});

test('a conversation begins with the BOS that the tokenizer puts in front of texts', async () => {
  const bos = { id: 4095, content: '<s>', special: true, normalized: false };
  const files = {
    tokenizerJson: {
      ...base.tokenizerJson,
      added_tokens: [...base.tokenizerJson.added_tokens, bos],
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        special_tokens: { '<s>': { id: '<s>', ids: [4095], tokens: ['<s>'] } },
      },
    },
    tokenizerConfig: { ...base.tokenizerConfig, bos_token: '<s>' },
    chatTemplate: null,
  };
  for (const name of TEMPLATE_NAMES) {
    const tokenizer = await openTokenizer(withChatTemplate(files, name));
    const { ids } = encodeRow({ kind: 'messages', messages }, tokenizer, false);
    expect(ids.filter((id) => id === 4095)).toEqual([4095]);
    expect(ids[0]).toBe(4095);
  }
});

test('a template of one’s own is used; one that cannot be read is refused', () => {
  const own = '{{ messages[0].content }}';
  expect(withChatTemplate(base, own).chatTemplate).toBe(own);
  expect(() => withChatTemplate(base, '{% for %}')).toThrow(/chat template is not Jinja/);
});
