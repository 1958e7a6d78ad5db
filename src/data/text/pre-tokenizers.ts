import {
  ByteLevelPreTokenizer,
  MetaspacePreTokenizer,
  type PreTokenizer,
  SequencePreTokenizer,
  SplitPreTokenizer,
  WhitespacePreTokenizer,
  WhitespaceSplitPreTokenizer,
} from '@huggingface/tokenizers';
import { escapeForRegExp } from './escape.ts';

/**
 * Where the pre-tokenizers of `@huggingface/tokenizers` cut a text otherwise than Rust's `tokenizers`, they are set
 * right here.
 */

/** `Digits` counts every numeric character (Nd, Nl, No) in Rust, and ASCII digits only in the library. */
export function withRustDigits(config: unknown): unknown {
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

/** Rust's `\w` and what is neither that nor white space: combining marks are of a word, and U+FEFF is no white space. */
const WORDS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
const NO_WHITE_SPACE = /\P{White_Space}+/gu;

/** @param json what `preTokenizer` was made from: the library does not keep all of it. */
export function splitAsRust(preTokenizer: PreTokenizer, json: unknown): void {
  if (preTokenizer instanceof SequencePreTokenizer) {
    const parts = (json as { pretokenizers: unknown[] }).pretokenizers;
    preTokenizer.tokenizers.forEach((part, i) => {
      if (part) splitAsRust(part, parts[i]);
    });
    preTokenizer.pre_tokenize_text = sequence(preTokenizer.tokenizers);
  } else if (preTokenizer instanceof ByteLevelPreTokenizer) {
    preTokenizer.pattern = GPT2_PATTERN;
  } else if (preTokenizer instanceof MetaspacePreTokenizer) {
    preTokenizer.pre_tokenize_text = metaspace(json as MetaspaceJson);
  } else if (preTokenizer instanceof WhitespacePreTokenizer) {
    preTokenizer.pre_tokenize_text = (text) => text.match(WORDS) ?? [];
  } else if (preTokenizer instanceof WhitespaceSplitPreTokenizer) {
    preTokenizer.pre_tokenize_text = (text) => text.match(NO_WHITE_SPACE) ?? [];
  } else if (preTokenizer instanceof SplitPreTokenizer) {
    const behaviour = splitBehaviour(preTokenizer);
    if (behaviour) preTokenizer.pre_tokenize_text = behaviour;
  }
}

/** `section_index` is 0 for the stretch that begins the whole text. */
type TextSplitter = (text: string, options?: { section_index?: number }) => string[];

/** Each on the words of the one before. Only the first word can begin the text, and only where nothing was cut off it. */
function sequence(parts: readonly (PreTokenizer | null)[]): TextSplitter {
  return (text, options) => {
    let words = [text];
    let first = (options?.section_index ?? 0) === 0;
    for (const part of parts) {
      if (!part) continue;
      const before = words;
      words = before.flatMap((word, i) =>
        part.pre_tokenize_text(word, { section_index: first && i === 0 ? 0 : 1 }),
      );
      first &&= words.length > 0 && before[0].startsWith(words[0]);
    }
    return words;
  };
}

interface MetaspaceJson {
  replacement?: string;
  prepend_scheme?: 'always' | 'first' | 'never';
  split?: boolean | null;
}

/** Rust's `Metaspace` also cuts before each replaced space, unless `split` is false. */
function metaspace(json: MetaspaceJson): TextSplitter {
  const { replacement = '\u2581', prepend_scheme = 'always' } = json;
  const cut = json.split !== false;
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
