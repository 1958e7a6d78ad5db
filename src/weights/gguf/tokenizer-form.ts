import { z } from 'zod';
import type { GgufField } from './write.ts';

/** What the kinds of tokenizers that are written to GGUF are told of one, and what they say. */

export const TokenizerJson = z.looseObject({
  added_tokens: z
    .array(
      z.looseObject({
        id: z.int(),
        content: z.string(),
        special: z.boolean(),
        lstrip: z.boolean().nullish(),
        rstrip: z.boolean().nullish(),
        single_word: z.boolean().nullish(),
      }),
    )
    .default([]),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  model: z.looseObject({
    type: z.literal('BPE'),
    byte_fallback: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
    unk_token: z.string().nullish(),
    vocab: z.record(z.string(), z.int()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

export interface BpeTokenizer {
  added: readonly { id: number; content: string; special: boolean }[];
  normalizer: unknown;
  preTokenizer: unknown;
  vocab: Readonly<Record<string, number>>;
  merges: readonly (readonly [left: string, right: string])[];
  /** A word of the vocabulary is taken whole, however the merges would make it. */
  ignoreMerges: boolean;
  unknown: string | null;
}

/** How llama.cpp is told of a kind of tokenizer. */
export interface TokenizerForm {
  refused?: undefined;
  /** Keys of its own, but for the vocabulary. */
  keys: Record<string, GgufField>;
  /** By token, where the kind has scores in place of merges. */
  scores: ReadonlyMap<string, number> | null;
  /** Whether a token of the vocabulary stands for a byte. */
  isByte(token: string): boolean;
  /** Sentences on texts that llama.cpp splits otherwise. */
  differs: string[];
}
