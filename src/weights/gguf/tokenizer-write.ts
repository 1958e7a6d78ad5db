import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { TokenizerFiles } from '../source.ts';
import { SPLITTINGS } from './tokenizer.ts';
import type { GgufField } from './write.ts';

/** `tokenizer.json` → GGUF's `tokenizer.ggml.*` keys, for byte-level BPE tokenizers whose splitting llama.cpp knows. */

const TokenizerJson = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int(), content: z.string(), special: z.boolean() }))
    .default([]),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  model: z.looseObject({
    type: z.literal('BPE'),
    byte_fallback: z.boolean().nullish(),
    vocab: z.record(z.string(), z.int()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/** Why this tokenizer has no place in a GGUF file, in a sentence; null where it has one. */
export function tokenizerRefusal(tokenizer: TokenizerFiles): string | null {
  const { refused } = named(tokenizer);
  return refused === undefined
    ? null
    : `A merged GGUF file cannot be written here, since the model’s tokenizer ${refused}. Export the merged model as safetensors and convert it with llama.cpp’s convert_hf_to_gguf.py.`;
}

/** The tokenizer and llama.cpp's name for the way that it splits text. */
function named({
  tokenizerJson,
}: TokenizerFiles):
  | { data: z.infer<typeof TokenizerJson>; pre: string; refused?: undefined }
  | { refused: string } {
  const { success, data } = TokenizerJson.safeParse(tokenizerJson);
  if (!success || data.model.byte_fallback) return { refused: 'is not byte-level BPE' };
  const pre = preName(data.pre_tokenizer);
  return pre === null ? { refused: 'splits text in a way that llama.cpp has no name for' } : { data, pre };
}

/** @throws UserError `unsupported-export` where `tokenizerRefusal` has something against it */
export function tokenizerFields(tokenizer: TokenizerFiles, config: DecoderConfig): Record<string, GgufField> {
  const { tokenizerConfig, chatTemplate } = tokenizer;
  const found = named(tokenizer);
  if (found.refused !== undefined) throw new UserError('unsupported-export', tokenizerRefusal(tokenizer)!);
  const { pre } = found;
  const { model, added_tokens: added, post_processor: after } = found.data;

  const tokens = Array.from({ length: config.vocab }, (_, id) => `[PAD${id}]`);
  const kinds: number[] = tokens.map(() => UNUSED);
  for (const [token, id] of Object.entries(model.vocab)) {
    if (id >= tokens.length) continue;
    tokens[id] = token;
    kinds[id] = NORMAL;
  }
  for (const { id, content, special } of added) {
    if (id >= tokens.length) continue;
    tokens[id] = content;
    kinds[id] = special ? CONTROL : USER_DEFINED;
  }
  const text = (value: string): GgufField => ({ type: 'string', value });
  const id = (name: string, value: number | null | undefined): Record<string, GgufField> =>
    value === null || value === undefined
      ? {}
      : { [`tokenizer.ggml.${name}_token_id`]: { type: 'u32', value } };
  const idOfText = (value: unknown): number | null => {
    const content = typeof value === 'string' ? value : (value as { content?: unknown } | null)?.content;
    const at = typeof content === 'string' ? tokens.indexOf(content) : -1;
    return at < 0 ? null : at;
  };
  const addBos =
    JSON.stringify(after ?? null).includes('TemplateProcessing') && tokenizerConfig.add_bos_token !== false;
  return {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text(pre),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'i32s', value: kinds },
    'tokenizer.ggml.merges': {
      type: 'strings',
      value: model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    },
    ...id('bos', idOfText(tokenizerConfig.bos_token) ?? config.bosTokenId),
    ...id('eos', idOfText(tokenizerConfig.eos_token) ?? config.eosTokenIds[0]),
    ...id('padding', idOfText(tokenizerConfig.pad_token) ?? config.padTokenId),
    ...id('unknown', idOfText(tokenizerConfig.unk_token)),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: addBos },
    ...(chatTemplate ? { 'tokenizer.chat_template': text(chatTemplate) } : {}),
  };
}

/** llama.cpp's name for a pre-tokenizer: the known one with the same patterns and digits. */
function preName(given: unknown): string | null {
  const wanted = signature(given);
  return (
    Object.entries(SPLITTINGS).find(([, { preTokenizer }]) => signature(preTokenizer) === wanted)?.[0] ?? null
  );
}

/** What matters of a pre-tokenizer: the kinds of its steps, their patterns, whether digits stand alone. */
function signature(step: unknown): string {
  if (typeof step !== 'object' || step === null) return '';
  const {
    type,
    pretokenizers,
    pattern,
    individual_digits: digits,
    use_regex: regex,
  } = step as Record<string, unknown>;
  if (Array.isArray(pretokenizers)) return pretokenizers.map(signature).join('|');
  return JSON.stringify([
    type,
    (pattern as { Regex?: string } | undefined)?.Regex ?? null,
    digits ?? null,
    type === 'ByteLevel' ? (regex ?? true) : null,
  ]);
}
