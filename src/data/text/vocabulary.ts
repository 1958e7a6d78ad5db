import {
  ByteFallbackDecoder,
  type Decoder,
  MetaspaceDecoder,
  SequenceDecoder,
  Tokenizer,
  Unigram,
} from '@huggingface/tokenizers';
import { splitAsRust, withRustDigits } from './pre-tokenizers.ts';
import { unigramPieces } from './unigram.ts';

/**
 * The part of a tokenizer between two added tokens: normaliser, pre-tokeniser and model, from the pieces of
 * `@huggingface/tokenizers`. Where those differ from Rust's `tokenizers`, whose ids are the ones that models were
 * trained on, they are set right here; the tests compare with Rust on each kind.
 */
export class Vocabulary {
  private readonly library: Tokenizer;
  private readonly byteFallback: boolean;
  private readonly encoder = new TextEncoder();

  constructor(
    tokenizerJson: Record<string, unknown>,
    tokenizerConfig: Record<string, unknown>,
    added: readonly { id: number; content: string }[],
  ) {
    const json = {
      normalizer: null,
      decoder: null,
      post_processor: null,
      ...tokenizerJson,
      added_tokens: added.map(({ id, content }) => ({ id, content, special: true })),
      pre_tokenizer: withRustDigits(tokenizerJson.pre_tokenizer ?? null),
    };
    // The library reads the end token's text from here and expects a string.
    this.library = new Tokenizer(json, { ...tokenizerConfig, eos_token: undefined });
    if (this.library.pre_tokenizer) splitAsRust(this.library.pre_tokenizer, tokenizerJson.pre_tokenizer);
    if (this.library.decoder) decodeAsRust(this.library.decoder, tokenizerJson.decoder);
    const model = tokenizerJson.model as Record<string, unknown> | undefined;
    const { model: own } = this.library;
    if (own instanceof Unigram) own.tokenize = (text) => unigramPieces(own, text);
    this.byteFallback = own instanceof Unigram && model?.byte_fallback === true;
  }

  normalize(text: string): string {
    return this.library.normalizer ? this.library.normalizer.normalize(text) : text;
  }

  get hasNormalizer(): boolean {
    return this.library.normalizer !== null;
  }

  /** Ids of normalised text without added tokens. @param first whether the text begins what was given. */
  encode(normalized: string, first: boolean): number[] {
    const { model, pre_tokenizer } = this.library;
    if (!model) return [];
    const words = pre_tokenizer
      ? pre_tokenizer.pre_tokenize(normalized, { section_index: first ? 0 : 1 })
      : [normalized];
    const ids: number[] = [];
    for (const token of model._call(words)) {
      const id = model.tokens_to_ids.get(token);
      if (id !== undefined) ids.push(id);
      else if (!this.byteFallback || !this.pushBytes(token, ids)) {
        if (model.unk_token_id !== undefined) ids.push(model.unk_token_id);
      }
    }
    return ids;
  }

  private pushBytes(text: string, ids: number[]): boolean {
    const found: number[] = [];
    for (const byte of this.encoder.encode(text)) {
      const name = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
      const id = this.library.model?.tokens_to_ids.get(name);
      if (id === undefined) return false;
      found.push(id);
    }
    for (const id of found) ids.push(id);
    return true;
  }

  idOf(token: string): number | undefined {
    return this.library.token_to_id(token);
  }

  tokenOf(id: number): string | undefined {
    return this.library.id_to_token(id);
  }

  /** One more than the largest id. */
  get size(): number {
    return this.library.model?.vocab.length ?? 0;
  }

  decode(ids: readonly number[], cleanUp: boolean): string {
    if (ids.length === 0) return '';
    return this.library.decode([...ids], { clean_up_tokenization_spaces: cleanUp });
  }
}

function decodeAsRust(decoder: Decoder, json: unknown): void {
  if (decoder instanceof SequenceDecoder) {
    const { decoders } = decoder as unknown as { decoders: Decoder[] };
    const parts = (json as { decoders: unknown[] }).decoders;
    decoders.forEach((part, i) => {
      decodeAsRust(part, parts[i]);
    });
  } else if (decoder instanceof ByteFallbackDecoder) {
    // Bytes are text inside a text: U+FEFF among them is a character, which a `TextDecoder` would drop.
    const own = decoder as unknown as { text_decoder: TextDecoder };
    own.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  } else if (decoder instanceof MetaspaceDecoder) decoder.decode_chain = metaspaceDecoder(json);
}

/** Rust takes every replaced space from the first token, and none where no space is ever put in front. */
function metaspaceDecoder(json: unknown): (tokens: string[]) => string[] {
  const { replacement = '\u2581', prepend_scheme } = json as {
    replacement?: string;
    prepend_scheme?: string;
  };
  return (tokens) =>
    tokens.map((token, i) => token.replaceAll(replacement, i === 0 && prepend_scheme !== 'never' ? '' : ' '));
}
