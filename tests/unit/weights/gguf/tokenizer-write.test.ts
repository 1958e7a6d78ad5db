import { describe, expect, test } from 'vitest';
import { mergedGguf } from '../../../../src/export/formats/merged-gguf.ts';
import { readGguf } from '../../../../src/weights/gguf/read.ts';
import { openGgufReader } from '../../../../src/weights/gguf/source.ts';
import { tokenizerDifferences } from '../../../../src/weights/gguf/tokenizer-write.ts';
import { bytesReader } from '../../../../src/weights/range-reader.ts';
import type { TokenizerFiles } from '../../../../src/weights/source.ts';
import { exportedFile } from '../../export/exported.ts';
import { randomAdapter, randomModel } from '../../export/random-model.ts';

/** That llama.cpp gives the same ids of texts with such files is for `npm run parity`, `exports-fields`. */

type Json = Record<string, unknown>;

function modelWith(tokenizerJson: Json, more: Partial<TokenizerFiles> = {}, vocab = 12) {
  const { source, config } = randomModel({ vocab_size: vocab });
  const tokenizer = {
    ...source.tokenizer,
    tokenizerJson: { ...source.tokenizer.tokenizerJson, ...tokenizerJson },
    ...more,
  };
  return { source: { ...source, tokenizer }, config };
}

async function written(model: ReturnType<typeof modelWith>) {
  const file = await exportedFile('merged-gguf', model, randomAdapter(model.config, ['q_proj']), 'f32');
  const { metadata } = await readGguf(bytesReader('m.gguf', file));
  const again = await openGgufReader(bytesReader('m.gguf', file));
  return { key: (name: string) => metadata.get(`tokenizer.ggml.${name}`), again };
}

const refusal = (model: ReturnType<typeof modelWith>) => mergedGguf.check(model, null);

const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
const TOKENS = ['<unk>', '<s>', '</s>', ...BYTES, '▁', 'a', 'b', 'ab', '▁a', '▁ab'];
const SPACES = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
const MERGES = [
  ['a', 'b'],
  ['▁', 'a'],
  ['▁', 'ab'],
  ['▁a', 'b'],
];
/** SentencePiece's, as Gemma's is written down. */
function sentencePiece(change: { json?: Json; model?: Json; more?: Partial<TokenizerFiles> } = {}) {
  const vocab = Object.fromEntries(TOKENS.map((token, id) => [token, id]));
  return modelWith(
    {
      added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true })),
      normalizer: SPACES,
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      },
      model: { type: 'BPE', byte_fallback: true, unk_token: '<unk>', vocab, merges: MERGES, ...change.model },
      ...change.json,
    },
    { chatTemplate: null, tokenizerConfig: {}, ...change.more },
    TOKENS.length + 2,
  );
}

describe('SentencePiece', () => {
  test('scores are the places of merges, and bytes, controls and spare rows are told apart', async () => {
    const { key, again } = await written(sentencePiece());
    expect(key('model')).toBe('llama');
    expect(key('add_space_prefix')).toBe(false);
    expect([key('add_bos_token'), key('add_eos_token'), key('bos_token_id')]).toEqual([true, false, 1]);
    const at = (token: string) => TOKENS.indexOf(token);
    const scores = key('scores') as number[];
    expect(['ab', '▁a', '▁ab'].map((token) => scores[at(token)])).toEqual([0, -1, -2]);
    const types = key('token_type') as number[];
    expect(['<unk>', '<s>', '<0x0A>', 'ab'].map((token) => types[at(token)])).toEqual([2, 3, 6, 1]);
    expect(types.slice(-2)).toEqual([5, 5]);
    const json = again.tokenizer.tokenizerJson as { model: { merges: unknown }; normalizer: unknown };
    expect(json.model.merges).toEqual(MERGES);
    expect(json.normalizer).toEqual(SPACES);
  });
  test.each<[string, Json, TokenizerFiles['chatTemplate'], boolean, number]>([
    [
      'Llama 2',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, SPACES] } },
      null,
      true,
      0,
    ],
    [
      'Gemma',
      { pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious' } },
      null,
      false,
      0,
    ],
    [
      'Metaspace, never',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'never', split: false } },
      null,
      false,
      0,
    ],
    [
      'Metaspace, always',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'always', split: false } },
      null,
      true,
      1,
    ],
    [
      'Metaspace, first, asked through a template',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'first', split: false } },
      '{{ messages }}',
      false,
      1,
    ],
    [
      'Metaspace, first, without one',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'first', split: false } },
      null,
      true,
      2,
    ],
    [
      'words cut at their spaces',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'never' } },
      null,
      false,
      0,
    ],
  ])('spaces: %s', async (_, json, chatTemplate, prefix, differences) => {
    const model = sentencePiece({ json, more: { chatTemplate } });
    const { key } = await written(model);
    expect(key('add_space_prefix')).toBe(prefix);
    expect(tokenizerDifferences(model.source.tokenizer, model.config)).toHaveLength(differences);
  });
  test.each<[string, Parameters<typeof sentencePiece>[0], string]>([
    ['a way to make a token is missing', { model: { merges: MERGES.slice(0, 3) } }, 'merges that are not'],
    [
      'ways of a token stand apart',
      { model: { merges: [MERGES[2], MERGES[0], MERGES[1], MERGES[3]] } },
      'merges that are not',
    ],
    ['whole words first', { model: { ignore_merges: true } }, 'looks words up'],
    ['no token for a byte', { model: { vocab: { a: 0, b: 1 }, merges: [] } }, 'every byte'],
    ['another normaliser', { json: { normalizer: { type: 'NFKC' } } }, 'changes text'],
    ['spaces stay', { json: { normalizer: null } }, 'leaves spaces'],
    ['another splitting', { json: { pre_tokenizer: { type: 'Digits' } } }, 'splits text'],
    ['parts of words are marked', { model: { end_of_word_suffix: '</w>' } }, 'prefix or suffix'],
    [
      'more than one token in front',
      {
        json: {
          post_processor: {
            type: 'TemplateProcessing',
            single: [
              { SpecialToken: { id: '<s>' } },
              { SpecialToken: { id: '</s>' } },
              { Sequence: { id: 'A' } },
            ],
          },
        },
      },
      'more than one token',
    ],
    ['a token twice', { json: { added_tokens: [{ id: 264, content: 'a', special: true }] } }, 'twice'],
  ])('refused: %s', (_, change, text) => {
    expect(refusal(sentencePiece(change))).toContain(text);
  });
  test('Unigram is refused by its name', () => {
    expect(refusal(modelWith({ model: { type: 'Unigram', vocab: [['a', -1]] } }))).toContain('Unigram');
  });
});

describe('byte-level BPE', () => {
  const given = (change: Json, model: Json = {}) => {
    const own = modelWith(change);
    const json = own.source.tokenizer.tokenizerJson as { model: Json };
    return modelWith({ ...change, model: { ...json.model, ...model } });
  };
  const LEVEL = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
  test.each<[string, Json, Json, string]>([
    ['a normaliser', { normalizer: { type: 'Lowercase' } }, {}, 'changes text'],
    ['whole words first', {}, { ignore_merges: true }, 'looks words up'],
    ['a space in front', { pre_tokenizer: { ...LEVEL, add_prefix_space: true } }, {}, 'no name'],
    [
      'digits removed',
      { pre_tokenizer: { type: 'Split', pattern: { Regex: '\\d' }, behavior: 'Removed', invert: false } },
      {},
      'no name',
    ],
  ])('refused: %s', (_, change, model, text) => {
    expect(refusal(given(change, model))).toContain(text);
  });
  test('what llama.cpp does otherwise is told', () => {
    const told = (change: Json) => {
      const { source, config } = given(change);
      return tokenizerDifferences(source.tokenizer, config);
    };
    expect(told({})).toEqual([]);
    expect(told({ normalizer: { type: 'NFC' } })).toEqual([expect.stringContaining('NFC')]);
    expect(told({ added_tokens: [{ id: 0, content: '<|end|>', special: true, rstrip: true }] })).toEqual([
      expect.stringContaining('<|end|>'),
    ]);
  });
  test('the end token that is put behind a text', async () => {
    const { key } = await written(
      given({
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ Sequence: { id: 'A' } }, { SpecialToken: { id: '<|stop|>' } }],
        },
      }),
    );
    expect([key('add_bos_token'), key('add_eos_token'), key('eos_token_id')]).toEqual([false, true, 2]);
  });
});
