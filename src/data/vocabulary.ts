import {
  ByteFallbackDecoder,
  ByteLevelPreTokenizer,
  type Decoder,
  MetaspacePreTokenizer,
  type PreTokenizer,
  SequenceDecoder,
  SequencePreTokenizer,
  SplitPreTokenizer,
  Tokenizer,
  Unigram,
} from '@huggingface/tokenizers';
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
    if (this.library.pre_tokenizer) matchRust(this.library.pre_tokenizer);
    if (this.library.decoder) keepByteOrderMarks(this.library.decoder);
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
    ids.push(...found);
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

/** `Digits` counts every numeric character (Nd, Nl, No) in Rust, and ASCII digits only in the library. */
function withRustDigits(config: unknown): unknown {
  if (typeof config !== 'object' || config === null) return config;
  const node = config as { type?: string; individual_digits?: boolean; pretokenizers?: unknown[] };
  if (node.type === 'Sequence' && Array.isArray(node.pretokenizers)) {
    return { ...node, pretokenizers: node.pretokenizers.map(withRustDigits) };
  }
  if (node.type !== 'Digits') return config;
  return {
    type: 'Split',
    pattern: { Regex: node.individual_digits ? '\\p{N}' : '\\p{N}+' },
    behavior: 'Isolated',
    invert: false,
  };
}

/** GPT-2's pattern with Unicode's white space, which is not JavaScript's `\s` (U+FEFF is none, U+0085 is one). */
const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function matchRust(preTokenizer: PreTokenizer): void {
  if (preTokenizer instanceof SequencePreTokenizer) {
    for (const part of preTokenizer.tokenizers) if (part) matchRust(part);
  } else if (preTokenizer instanceof ByteLevelPreTokenizer) {
    preTokenizer.pattern = GPT2_PATTERN;
  } else if (preTokenizer instanceof MetaspacePreTokenizer) {
    preTokenizer.pre_tokenize_text = metaspace(preTokenizer);
  } else if (preTokenizer instanceof SplitPreTokenizer) {
    const behaviour = splitBehaviour(preTokenizer);
    if (behaviour) preTokenizer.pre_tokenize_text = behaviour;
  }
}

/** Bytes are text inside a text: U+FEFF among them is a character, which a `TextDecoder` would drop. */
function keepByteOrderMarks(decoder: Decoder): void {
  if (decoder instanceof SequenceDecoder) {
    const { decoders } = decoder as unknown as { decoders: Decoder[] };
    for (const part of decoders) keepByteOrderMarks(part);
  } else if (decoder instanceof ByteFallbackDecoder) {
    const own = decoder as unknown as { text_decoder: TextDecoder };
    own.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  }
}

type TextSplitter = (text: string, options?: { section_index?: number }) => string[];

/** Rust's `Metaspace` also cuts before each replaced space (unless `split` is false). */
function metaspace(preTokenizer: MetaspacePreTokenizer): TextSplitter {
  const config = (preTokenizer as unknown as { config?: Record<string, unknown> }).config ?? {};
  const { replacement, prepend_scheme } = preTokenizer as unknown as {
    replacement: string;
    prepend_scheme: string;
  };
  const cut = config.split !== false;
  const pieces = new RegExp(`${escapeForRegExp(replacement)}|[^${escapeForRegExp(replacement)}]+`, 'gu');
  return (text, options) => {
    let spaced = text.replaceAll(' ', replacement);
    const prepend =
      prepend_scheme === 'always' || (prepend_scheme === 'first' && (options?.section_index ?? 0) === 0);
    if (prepend && !spaced.startsWith(replacement)) spaced = replacement + spaced;
    if (!cut) return [spaced];
    const words: string[] = [];
    for (const piece of spaced.match(pieces) ?? []) {
      const last = words.length - 1;
      if (piece !== replacement && words[last] === replacement) words[last] += piece;
      else words.push(piece);
    }
    return words;
  };
}

/** The behaviours of `Split` that the library does not have. */
function splitBehaviour(preTokenizer: SplitPreTokenizer): TextSplitter | null {
  const { config, pattern } = preTokenizer as unknown as {
    config: { behavior?: string; invert?: boolean };
    pattern: RegExp | null;
  };
  const behaviour = config.behavior?.toLowerCase();
  if (!pattern) return null;
  if (behaviour === 'isolated' && !config.invert) return null;
  if (behaviour === 'removed' && config.invert !== undefined) return null;
  return (text) => {
    const parts: { text: string; match: boolean }[] = [];
    let at = 0;
    for (const found of text.matchAll(pattern)) {
      if (found.index > at) parts.push({ text: text.slice(at, found.index), match: config.invert === true });
      if (found[0] !== '') parts.push({ text: found[0], match: config.invert !== true });
      at = found.index + found[0].length;
    }
    if (at < text.length) parts.push({ text: text.slice(at), match: config.invert === true });
    return joinParts(parts, behaviour);
  };
}

function joinParts(parts: { text: string; match: boolean }[], behaviour: string | undefined): string[] {
  const words: string[] = [];
  let previous: boolean | null = null;
  for (let i = 0; i < parts.length; i++) {
    const { text, match } = parts[i];
    const last = words.length - 1;
    if (behaviour === 'removed') {
      if (!match) words.push(text);
    } else if (behaviour === 'mergedwithprevious') {
      if (match && previous === false) words[last] += text;
      else words.push(text);
    } else if (behaviour === 'mergedwithnext') {
      if (!match && previous === true) words[last] += text;
      else words.push(text);
    } else if (behaviour === 'contiguous') {
      if (match === previous) words[last] += text;
      else words.push(text);
    } else words.push(text);
    previous = match;
  }
  return words;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
