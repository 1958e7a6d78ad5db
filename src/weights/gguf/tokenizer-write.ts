import { UserError } from '../../errors.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { TokenizerFiles } from '../source.ts';
import { postProcessorFrame } from '../tokenizer-frame.ts';
import { byteLevelForm } from './byte-level-write.ts';
import { sentencePieceForm } from './sentence-piece-write.ts';
import { type BpeTokenizer, type TokenizerForm, TokenizerJson } from './tokenizer-form.ts';
import type { GgufField } from './write.ts';

/**
 * `tokenizer.json` → GGUF's `tokenizer.ggml.*` keys: byte-level BPE whose splitting llama.cpp knows by a name, and
 * SentencePiece's BPE. What llama.cpp would tokenise otherwise is refused, or told where it is rare (`differs`).
 * Source: llama.cpp, `src/llama-vocab.cpp` and `conversion/base.py`.
 */

/** `tokenizer.ggml.token_type` */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;
const BYTE = 6;

/** Why this tokenizer has no place in a GGUF file, in a sentence; null where it has one. */
export function tokenizerRefusal(tokenizer: TokenizerFiles, config: DecoderConfig): string | null {
  const { refused } = readForm(tokenizer, config);
  return refused === undefined
    ? null
    : `A merged GGUF file cannot be written here, since the model’s tokenizer ${refused}. Export the merged model as safetensors and convert it with llama.cpp’s convert_hf_to_gguf.py.`;
}

/** What llama.cpp tokenises otherwise than the model was trained with, in sentences; of a tokenizer that is written. */
export function tokenizerDifferences(tokenizer: TokenizerFiles, config: DecoderConfig): string[] {
  const found = readForm(tokenizer, config);
  return found.refused === undefined ? found.form.differs : [];
}

interface Read {
  refused?: undefined;
  data: BpeTokenizer;
  form: TokenizerForm;
  tokens: string[];
  frame: { bos: string | null; eos: string | null };
}

/** Of the last tokenizer: a vocabulary of 262,144 takes half a second, and is asked for by each choice of an export. */
let last: {
  key: Record<string, unknown>;
  vocab: number;
  chat: boolean;
  read: Read | { refused: string };
} | null = null;

function readForm(tokenizer: TokenizerFiles, { vocab }: DecoderConfig): Read | { refused: string } {
  const { tokenizerJson: key } = tokenizer;
  const chat = tokenizer.chatTemplate !== null;
  if (last?.key !== key || last.vocab !== vocab || last.chat !== chat)
    last = { key, vocab, chat, read: formOf(key, vocab, chat) };
  return last.read;
}

function formOf(json: unknown, vocab: number, chat: boolean): Read | { refused: string } {
  const { success, data: parsed } = TokenizerJson.safeParse(json);
  if (!success) {
    const type = (json as { model?: { type?: unknown } } | null)?.model?.type;
    return { refused: `is of the kind ${String(type).slice(0, 40)}, and only BPE is written` };
  }
  const { model, added_tokens: added } = parsed;
  if (model.continuing_subword_prefix || model.end_of_word_suffix)
    return { refused: 'marks the parts of words with a prefix or suffix, which llama.cpp does not' };
  const data: BpeTokenizer = {
    added,
    normalizer: parsed.normalizer ?? null,
    preTokenizer: parsed.pre_tokenizer ?? null,
    vocab: model.vocab,
    merges: model.merges.map((merge) => {
      if (typeof merge !== 'string') return merge;
      // The space that parts the two halves is the first one behind the first character.
      const at = merge.indexOf(' ', 1);
      return [merge.slice(0, at), merge.slice(at + 1)];
    }),
    ignoreMerges: model.ignore_merges ?? false,
    unknown: model.unk_token ?? null,
  };
  const form = model.byte_fallback ? sentencePieceForm(data, chat) : byteLevelForm(data);
  if (form.refused !== undefined) return form;
  const stripping = added.find(({ lstrip, rstrip, single_word: word }) => lstrip || rstrip || word);
  if (stripping)
    form.differs.push(
      `llama.cpp leaves the blanks around ${stripping.content} in the text; the model was trained with them taken along.`,
    );
  const tokens = Array.from({ length: vocab }, (_, id) => `[PAD${id}]`);
  for (const [token, id] of Object.entries(model.vocab)) if (id < vocab) tokens[id] = token;
  for (const { id, content } of added) if (id < vocab) tokens[id] = content;
  const seen = new Set<string>();
  const twice = tokens.find((token) => seen.size === seen.add(token).size);
  if (twice !== undefined) return { refused: `has the token ${twice.slice(0, 40)} twice` };
  const { before, after } = postProcessorFrame(parsed.post_processor);
  if (before.length > 1 || after.length > 1)
    return {
      refused: `puts more than one token before a text or after it (${[...before, ...after].join(' ')})`,
    };
  return { data, form, tokens, frame: { bos: before[0] ?? null, eos: after[0] ?? null } };
}

/** @throws UserError `unsupported-export` where `tokenizerRefusal` has something against it */
export function tokenizerFields(tokenizer: TokenizerFiles, config: DecoderConfig): Record<string, GgufField> {
  const { tokenizerConfig, chatTemplate } = tokenizer;
  const found = readForm(tokenizer, config);
  if (found.refused !== undefined)
    throw new UserError('unsupported-export', tokenizerRefusal(tokenizer, config)!);
  const { data, form, tokens, frame } = found;
  const { added, vocab, merges, unknown } = data;

  const kinds: number[] = tokens.map(() => UNUSED);
  for (const [token, id] of Object.entries(vocab))
    if (id < tokens.length) kinds[id] = form.isByte(token) ? BYTE : NORMAL;
  for (const { id, content, special } of added)
    if (id < tokens.length) kinds[id] = content === unknown ? UNKNOWN : special ? CONTROL : USER_DEFINED;
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
  const { scores } = form;
  return {
    'tokenizer.ggml.model': text(scores ? 'llama' : 'gpt2'),
    ...form.keys,
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    ...(scores
      ? {
          'tokenizer.ggml.scores': {
            type: 'f32s',
            value: tokens.map((token, i) => (kinds[i] === NORMAL ? (scores.get(token) ?? NO_SCORE) : 0)),
          },
        }
      : {}),
    'tokenizer.ggml.token_type': { type: 'i32s', value: kinds },
    ...(scores
      ? {}
      : {
          'tokenizer.ggml.merges': { type: 'strings', value: merges.map((merge) => merge.join(' ')) },
        }),
    ...id('bos', idOfText(frame.bos) ?? idOfText(tokenizerConfig.bos_token) ?? config.bosTokenId),
    ...id('eos', idOfText(frame.eos) ?? idOfText(tokenizerConfig.eos_token) ?? config.eosTokenIds[0]),
    ...id('padding', idOfText(tokenizerConfig.pad_token) ?? config.padTokenId),
    ...id('unknown', idOfText(tokenizerConfig.unk_token) ?? idOfText(unknown)),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: frame.bos !== null },
    ...(frame.eos !== null || scores
      ? { 'tokenizer.ggml.add_eos_token': { type: 'bool', value: frame.eos !== null } }
      : {}),
    ...(chatTemplate ? { 'tokenizer.chat_template': text(chatTemplate) } : {}),
  };
}

/** Of a token that no merge makes: never asked for. */
const NO_SCORE = -1e9;
