import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../../src/data/dataset.ts';
import { encodeRow } from '../../../../src/data/encode.ts';
import { knownIds } from '../../../../src/data/text/known-tokens.ts';
import { openTokenizer, type RowTokenizer } from '../../../../src/data/text/tokenizer.ts';
import { readJson } from '../../read-fixture.ts';

/** What is asked reaches the model as the same ids that rows are trained on. */

const tokenizerJson = await readJson(
  new URL('../../../../public/models/tiny/tokenizer.json', import.meta.url),
);
const tokenizerConfig = await readJson(
  new URL('../../../../public/models/tiny/tokenizer_config.json', import.meta.url),
);
const chatml = tokenizerConfig.chat_template as string;
const END_OF_TEXT = 0;
const BOS = 1;
const END_OF_TURN = 2;

interface Changes {
  json?: Record<string, unknown>;
  config?: Record<string, unknown>;
  template?: string | null;
  vocab?: number;
}
const open = ({ json, config, template = chatml, vocab }: Changes = {}): Promise<RowTokenizer> =>
  openTokenizer(
    {
      tokenizerJson: { ...tokenizerJson, ...json },
      tokenizerConfig: { ...tokenizerConfig, ...config },
      chatTemplate: template,
    },
    vocab,
  );

/** `<|im_start|>` before each text and `<|im_end|>` behind it. */
const FRAMED = {
  type: 'TemplateProcessing',
  single: [
    { SpecialToken: { id: '<|im_start|>', type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '<|im_end|>', type_id: 0 } },
  ],
};

describe('a raw prompt', () => {
  test.each([
    ['as it stands', {}, []],
    [
      'behind what the tokenizer puts in front, and without what it puts behind',
      { post_processor: FRAMED },
      [BOS],
    ],
  ])('is trained and asked alike, %s', async (_, json, front) => {
    const tokenizer = await open({ json });
    const prompt = 'say <|im_end|>';
    const asked = tokenizer.encode(prompt, { addSpecial: 'front' });
    const trained = encodeRow({ kind: 'pair', prompt, completion: 'x' }, tokenizer, true);
    expect(trained.ids.slice(0, trained.targets[0].begin)).toEqual(asked);
    expect(asked.slice(0, front.length)).toEqual(front);
    // Spelled out, a control token is one, in what is trained as in what is asked.
    expect(asked.at(-1)).toBe(END_OF_TURN);
    expect(tokenizer.decode(asked.slice(front.length))).toBe(prompt);
  });

  test('gets no BOS or EOS from the flags of a config, as in transformers 5', async () => {
    const flags = { add_bos_token: true, add_eos_token: true };
    const without = await open({ config: flags });
    expect(without.frame).toEqual({ before: [], after: [] });
    const off = { add_bos_token: false, add_eos_token: false };
    const within = await open({ json: { post_processor: FRAMED }, config: off });
    expect(within.frame).toEqual({ before: [BOS], after: [END_OF_TURN] });
  });
});

describe('the end of a turn', () => {
  test('is what rows are trained to end with, whatever EOS the tokenizer has', async () => {
    const tokenizer = await open({ config: { eos_token: '<|endoftext|>' } });
    expect(tokenizer.eosTokenId).toBe(END_OF_TEXT);
    expect(tokenizer.endOfTurnId()).toBe(END_OF_TURN);
    const { ids, targets } = encodeRow({ kind: 'pair', prompt: 'a', completion: 'b' }, tokenizer, false);
    expect(ids[targets[0].end - 1]).toBe(END_OF_TURN);
  });

  test.each([
    ['without a control token', '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}'],
    ['that refuses', "{{ raise_exception('A system turn is needed') }}"],
    ['that is missing', null],
  ])('is none for a template %s', async (_, template) => {
    expect((await open({ template })).endOfTurnId()).toBeNull();
  });
});

describe('a token that the model has no embedding for', async () => {
  const added = [
    ...(tokenizerJson.added_tokens as object[]),
    { id: 4100, content: '<tool>', special: false, normalized: false },
  ];
  const tokenizer = await open({ json: { added_tokens: added }, vocab: 4096 });
  const reason = "The token <tool> (id 4100) is not in the model's vocabulary of 4096.";

  test.each([
    ['prompts', { raw: false }, '{"prompt":"<tool> x","completion":"y"}', '{"prompt":"a","completion":"b"}'],
    [
      'raw prompts',
      { raw: true },
      '{"prompt":"<tool> x","completion":"y"}',
      '{"prompt":"a","completion":"b"}',
    ],
    ['texts', { raw: false }, '{"text":"x <tool>"}', '{"text":"x"}'],
    [
      'chats',
      { raw: false },
      '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"<tool>"}]}',
      '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}',
    ],
  ])('makes a bad row of %s', async (_, { raw }, bad, good) => {
    const file = new Blob([`${good}\n${bad}\n${good}`]);
    const { report } = await openDataset(file, tokenizer, { maxLength: 64, raw });
    expect(report.bad).toEqual([{ line: 2, reason }]);
    expect([report.used, report.badCount]).toEqual([2, 1]);
  });

  test('is refused in a question', () => {
    const ask = (text: string) =>
      knownIds(tokenizer.chat([{ role: 'user', content: text }], { addGenerationPrompt: true }), tokenizer);
    expect(() => ask('<tool>')).toThrow(
      expect.objectContaining({ code: 'unknown-token', message: expect.stringContaining(reason) }),
    );
    expect(tokenizer.decode([...ask('hello')])).toContain('hello');
  });

  test('is none where the vocabulary is as long as the embedding', async () => {
    const whole = await open({ json: { added_tokens: added }, vocab: 4101 });
    expect(knownIds(whole.encode('<tool>'), whole)).toEqual([4100]);
  });
});
