import { UserError } from '../../errors.ts';
import type { TokenizerFiles } from '../source.ts';
import type { GgufValue } from './read.ts';

/**
 * A `tokenizer.json` made again from a GGUF file's metadata. Splitting patterns by their name in `pre`, from
 * llama.cpp's `llama-vocab.cpp` and the tokenizer.json files of the models themselves.
 */

type Json = Record<string, unknown>;
type Metadata = ReadonlyMap<string, GgufValue>;

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
const split = (regex: string): Json => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Isolated',
  invert: false,
});
const sequence = (...pretokenizers: Json[]): Json => ({ type: 'Sequence', pretokenizers });
const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const GPT2 = { ...BYTE_LEVEL, use_regex: true };
const DIGITS = { type: 'Digits', individual_digits: true };

export interface Splitting {
  preTokenizer: Json;
  normalizer: Json | null;
  ignoreMerges: boolean;
  addBos: boolean;
}
const plain = (preTokenizer: Json, more: Partial<Splitting> = {}): Splitting => ({
  preTokenizer,
  normalizer: null,
  ignoreMerges: false,
  addBos: false,
  ...more,
});
const llama3 = plain(sequence(split(LLAMA3), { ...BYTE_LEVEL, use_regex: false }), {
  ignoreMerges: true,
  addBos: true,
});
const qwen2 = plain(sequence(split(LLAMA3.replace('{1,3}', '')), { ...BYTE_LEVEL, use_regex: false }), {
  normalizer: { type: 'NFC' },
});
const gpt2 = plain(GPT2);
const smollm = plain(sequence(DIGITS, GPT2));

export const SPLITTINGS: Readonly<Record<string, Splitting>> = {
  'gpt-2': gpt2,
  smollm,
  starcoder: smollm,
  'llama-bpe': llama3,
  llama3,
  'llama-v3': llama3,
  qwen2,
  default: plain(
    sequence(
      split('[\\p{P}\\$\\+<=>\\^~\\|]+'),
      split("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)"),
      split('\\p{N}+'),
      split('[0-9][0-9][0-9]'),
      { ...BYTE_LEVEL, use_regex: false },
    ),
  ),
};

/** `tokenizer.ggml.token_type`. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/** @throws UserError `gguf-no-tokenizer`, `gguf-unknown-tokenizer` */
export function tokenizerOf(metadata: Metadata): TokenizerFiles {
  const tokens = metadata.get('tokenizer.ggml.tokens');
  const model = metadata.get('tokenizer.ggml.model');
  if (!isTexts(tokens) || typeof model !== 'string') {
    throw new UserError(
      'gguf-no-tokenizer',
      'This GGUF file contains no tokenizer, so it is not a complete language model. Choose another file.',
    );
  }
  const types = metadata.get('tokenizer.ggml.token_type');
  const kinds =
    Array.isArray(types) && types.length === tokens.length ? (types as number[]) : tokens.map(() => 1);
  const bos = idOf(metadata, 'bos');
  const eos = idOf(metadata, 'eos');
  const addEos = metadata.get('tokenizer.ggml.add_eos_token') === true;

  const parts =
    model === 'gpt2'
      ? byteLevel(metadata, tokens, kinds)
      : model === 'llama'
        ? sentencePiece(metadata, tokens, kinds)
        : null;
  if (!parts)
    throw new UserError(
      'gguf-unknown-tokenizer',
      `This GGUF file’s tokenizer is of the kind “${model}”, which is not supported; gpt2 and llama are. Choose another model.`,
    );
  const addBos = (metadata.get('tokenizer.ggml.add_bos_token') ?? parts.addBos) === true;

  const added = tokens.flatMap((content, id) =>
    kinds[id] === CONTROL || kinds[id] === USER_DEFINED || kinds[id] === UNKNOWN
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: kinds[id] !== USER_DEFINED,
          },
        ]
      : [],
  );
  const template = metadata.get('tokenizer.chat_template');
  const name = (id: number | null) => (id === null ? null : (tokens[id] ?? null));
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: parts.normalizer,
      pre_tokenizer: parts.preTokenizer,
      post_processor: postProcessor(
        addBos && bos !== null ? { id: bos, text: tokens[bos] } : null,
        addEos && eos !== null ? { id: eos, text: tokens[eos] } : null,
        model,
      ),
      decoder: parts.decoder,
      model: parts.model,
    },
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      add_bos_token: addBos,
      add_eos_token: addEos,
      ...(bos === null ? {} : { bos_token: name(bos) }),
      ...(eos === null ? {} : { eos_token: name(eos) }),
      ...(idOf(metadata, 'unknown') === null ? {} : { unk_token: name(idOf(metadata, 'unknown')) }),
      ...(idOf(metadata, 'padding') === null ? {} : { pad_token: name(idOf(metadata, 'padding')) }),
    },
    chatTemplate: typeof template === 'string' ? template : null,
  };
}

interface TokenizerParts {
  model: Json;
  normalizer: Json | null;
  preTokenizer: Json | null;
  decoder: Json;
  addBos: boolean;
}

function byteLevel(metadata: Metadata, tokens: readonly string[], kinds: readonly number[]): TokenizerParts {
  const pre = metadata.get('tokenizer.ggml.pre') ?? 'default';
  const splitting = typeof pre === 'string' && Object.hasOwn(SPLITTINGS, pre) ? SPLITTINGS[pre] : null;
  if (!splitting) {
    throw new UserError(
      'gguf-unknown-tokenizer',
      `This GGUF file’s tokenizer splits text by the pattern “${String(pre).slice(0, 60)}”, which is not supported; supported are ${Object.keys(SPLITTINGS).join(', ')}. Choose the model as a safetensors folder instead.`,
    );
  }
  const merges = metadata.get('tokenizer.ggml.merges');
  if (!isTexts(merges))
    throw new UserError(
      'gguf-no-tokenizer',
      'This GGUF file’s tokenizer has no merges, so text cannot be split as the model learned it. Choose another file.',
    );
  // Control tokens too: Python’s tokenizers gives an added token that is not in the vocabulary a new id.
  const vocab: Record<string, number> = Object.create(null);
  for (const [id, token] of tokens.entries()) if (kinds[id] !== UNUSED) vocab[token] = id;
  return {
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: splitting.ignoreMerges,
      vocab,
      // The space that parts the two halves is the first one behind the first character.
      merges: merges.map((merge) => {
        const at = merge.indexOf(' ', 1);
        return [merge.slice(0, at), merge.slice(at + 1)];
      }),
    },
    normalizer: splitting.normalizer,
    preTokenizer: splitting.preTokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    addBos: splitting.addBos,
  };
}

/** SentencePiece BPE: two pieces merge where their join is a token, tokens of higher score first. */
function sentencePiece(
  metadata: Metadata,
  tokens: readonly string[],
  kinds: readonly number[],
): TokenizerParts {
  const scores = metadata.get('tokenizer.ggml.scores');
  if (!Array.isArray(scores) || scores.length !== tokens.length) {
    throw new UserError(
      'gguf-no-tokenizer',
      'This GGUF file’s tokenizer has no scores, so text cannot be split as the model learned it. Choose another file.',
    );
  }
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) if (kinds[id] !== UNUSED) ids.set(token, id);
  const merges: { pair: [string, string]; score: number; left: number; right: number }[] = [];
  for (const [token, id] of ids) {
    if (kinds[id] !== 1) continue;
    const characters = [...token];
    for (let cut = 1; cut < characters.length; cut++) {
      const left = characters.slice(0, cut).join('');
      const right = characters.slice(cut).join('');
      const [l, r] = [ids.get(left), ids.get(right)];
      if (l !== undefined && r !== undefined)
        merges.push({ pair: [left, right], score: (scores as number[])[id], left: l, right: r });
    }
  }
  merges.sort((a, b) => b.score - a.score || a.left - b.left || a.right - b.right);
  const unknown = idOf(metadata, 'unknown');
  const prefix = (metadata.get('tokenizer.ggml.add_space_prefix') ?? true) === true;
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const steps = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  return {
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown === null ? null : tokens[unknown],
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges: merges.map(({ pair }) => pair),
    },
    normalizer: prefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, spaces] }
      : spaces,
    preTokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: prefix ? [...steps, { type: 'Strip', content: ' ', start: 1, stop: 0 }] : steps,
    },
    addBos: true,
  };
}

interface Special {
  id: number;
  text: string;
}

function postProcessor(bos: Special | null, eos: Special | null, model: string): Json | null {
  if (!bos && !eos) return model === 'gpt2' ? { ...BYTE_LEVEL, type: 'ByteLevel', use_regex: true } : null;
  const piece = (special: Special | null, type: number) =>
    special ? [{ SpecialToken: { id: special.text, type_id: type } }] : [];
  const text = (id: string, type: number) => [
    ...piece(bos, type),
    { Sequence: { id, type_id: type } },
    ...piece(eos, type),
  ];
  const specials = [bos, eos].filter((special) => special !== null);
  return {
    type: 'TemplateProcessing',
    single: text('A', 0),
    pair: [...text('A', 0), ...text('B', 1)],
    special_tokens: Object.fromEntries(
      specials.map(({ id, text: token }) => [token, { id: token, ids: [id], tokens: [token] }]),
    ),
  };
}

/** `tokenizer.ggml.<name>_token_id`, or null. */
export function idOf(metadata: Metadata, name: string): number | null {
  const id = metadata.get(`tokenizer.ggml.${name}_token_id`);
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 ? id : null;
}

function isTexts(value: GgufValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
