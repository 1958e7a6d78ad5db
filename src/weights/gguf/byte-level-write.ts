import { SPLITTINGS } from './tokenizer.ts';
import type { BpeTokenizer, TokenizerForm } from './tokenizer-form.ts';

/** Byte-level BPE: llama.cpp's name for the way that text is split before merging. */
export function byteLevelForm({
  normalizer,
  preTokenizer,
  ignoreMerges,
}: BpeTokenizer): TokenizerForm | { refused: string } {
  const wanted = signature(preTokenizer);
  const named = Object.entries(SPLITTINGS).filter(([, known]) => signature(known.preTokenizer) === wanted);
  if (named.length === 0) return { refused: 'splits text in a way that llama.cpp has no name for' };
  const [pre] = named.find(([, known]) => known.ignoreMerges === ignoreMerges) ?? [];
  if (pre === undefined)
    return {
      refused: `${ignoreMerges ? 'looks words up' : 'does not look words up'} before it merges, which llama.cpp does otherwise for its splitting of text (${named[0][0]})`,
    };
  const kind = (normalizer as { type?: unknown } | null | undefined)?.type ?? null;
  if (kind !== null && kind !== 'NFC')
    return {
      refused: `changes text before it splits it (${String(kind).slice(0, 40)}), which llama.cpp does not`,
    };
  return {
    keys: { 'tokenizer.ggml.pre': { type: 'string', value: pre } },
    scores: null,
    isByte: () => false,
    differs:
      kind === 'NFC'
        ? [
            'llama.cpp does not compose characters (NFC): accents that are characters of their own become other tokens there.',
          ]
        : [],
  };
}

/** What matters of a pre-tokenizer: the kinds of its steps, their patterns, whether digits stand alone. */
function signature(step: unknown): string {
  if (typeof step !== 'object' || step === null) return '';
  const {
    type,
    pretokenizers,
    pattern,
    behavior,
    invert,
    individual_digits: digits,
    use_regex: regex,
    add_prefix_space: prefix,
  } = step as Record<string, unknown>;
  if (Array.isArray(pretokenizers)) return pretokenizers.map(signature).join('|');
  return JSON.stringify([
    type,
    pattern ?? null,
    behavior ?? null,
    invert ?? null,
    digits ?? null,
    type === 'ByteLevel' ? [regex ?? true, prefix ?? true] : null,
  ]);
}
